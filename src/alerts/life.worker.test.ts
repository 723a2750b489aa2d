import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { eventAt, hostId, matchOf } from '../../test/findings.ts'
import { freshStorage } from '../../test/storage.ts'
import { type TestWorld, worldFor } from '../../test/world.ts'
import type { Finding } from '../detect/finding.ts'
import { routing as routingOf } from '../detect/routing.ts'
import { type Alert, listAlerts } from '../store/alerts.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { timelineOf } from '../store/timeline.ts'
import { type Intake, intakeFindings, isConflict } from './intake.ts'
import { acknowledgeAlert, resolveAlert } from './lifecycle.ts'
import { tendAlerts } from './tend.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const routing = routingOf({
  destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }],
})

beforeEach(freshStorage)

/** What the ingest consumer does: plan, commit, and begin again when someone else was quicker. */
async function take(world: TestWorld, findings: readonly Finding[]): Promise<Intake> {
  for (let tries = 0; tries < 12; tries += 1) {
    const intake = await intakeFindings(world, findings, routing, new Map())
    if (intake.statements.length === 0) return intake
    try {
      await world.db.batch(intake.statements)
      return intake
    } catch (error) {
      if (!isConflict(error)) throw error
    }
  }
  throw new Error('never came through')
}

async function all(): Promise<readonly Alert[]> {
  return (await listAlerts(env.DB, {}, null, 10_000))?.items ?? []
}

async function one(): Promise<Alert> {
  const [alert, ...others] = await all()
  if (alert === undefined || others.length > 0) throw new Error('not one alert')
  return alert
}

async function change(world: TestWorld, alertId: string, to: 'acknowledge' | 'resolve'): Promise<void> {
  const request = { alertId, at: world.now(), by: 'someone', note: '' }
  const make = to === 'resolve' ? resolveAlert : acknowledgeAlert
  await env.DB.batch(make(env.DB, routing.destinations, request).statements)
}

/** As if everything pending was sent. */
async function sendAll(until: number): Promise<readonly string[]> {
  const { results } = await env.DB.prepare(
    `UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, delivered_at = ?1
     WHERE state = 'pending' AND next_attempt_at <= ?1 RETURNING delivery_id AS id, action`,
  )
    .bind(until)
    .all<{ id: string; action: string }>()
  return results.map(({ action }) => action)
}

async function pairOf(alertId: string): Promise<readonly string[]> {
  return (await deliveriesOf(env.DB, alertId)).map(
    ({ action, state, sequence }) => `${sequence} ${action} ${state}`,
  )
}

describe('a match after a resolve', () => {
  it('opens the same alert again within 30 minutes, and its trigger is sent once more', async () => {
    const world = worldFor(env)
    await take(world, [matchOf(1), matchOf(2)])
    const { alertId } = await one()
    await sendAll(world.now())
    world.advance(MINUTE)
    await change(world, alertId, 'resolve')
    world.advance(30 * MINUTE)
    expect((await take(world, [matchOf(3)])).deliveryIds).toEqual([`${alertId}.pagerduty.trigger`])
    expect(await one()).toMatchObject({
      alertId,
      status: 'open',
      eventCount: 3,
      resolvedAt: null,
      openedAt: world.now(),
      statusBy: 'margay',
    })
    expect(await pairOf(alertId)).toEqual(['3 resolve pending', '4 trigger pending'])
    const entry = (await timelineOf(env.DB, alertId)).find(({ kind }) => kind === 'reopened')
    expect(entry?.detail).toContain('Opened again 30 min after it was resolved.')
  })

  it('is the next episode after 30 minutes, even within the window', async () => {
    const world = worldFor(env)
    await take(world, [matchOf(1)])
    const first = await one()
    world.advance(MINUTE)
    await change(world, first.alertId, 'resolve')
    world.advance(30 * MINUTE + 1)
    await take(world, [matchOf(2)])
    expect((await all()).map(({ episode, status, eventCount }) => [episode, status, eventCount])).toEqual([
      [2, 'open', 1],
      [1, 'resolved', 1],
    ])
  })

  it('opens the same alert again when the window was over by then', async () => {
    const world = worldFor(env)
    await take(world, [matchOf(1)])
    world.advance(2 * HOUR)
    await change(world, (await one()).alertId, 'resolve')
    world.advance(10 * MINUTE)
    await take(world, [matchOf(2)])
    expect(await one()).toMatchObject({ status: 'open', episode: 1, eventCount: 2 })
  })

  it('counts for nothing when it is a repetition', async () => {
    const world = worldFor(env)
    await take(world, [matchOf(1), matchOf(2)])
    await change(world, (await one()).alertId, 'resolve')
    world.advance(MINUTE)
    expect(await take(world, [matchOf(2), matchOf(1)])).toEqual({ statements: [], deliveryIds: [] })
    expect(await one()).toMatchObject({ status: 'resolved', eventCount: 2 })
  })

  it('has to meet the threshold of the rule anew', async () => {
    const world = worldFor(env)
    const counted = (order: number) => matchOf(order, { threshold: 3 })
    await take(world, [counted(1), counted(2), counted(3)])
    world.advance(MINUTE)
    await change(world, (await one()).alertId, 'resolve')
    world.advance(MINUTE)
    await take(world, [counted(4), counted(5)])
    expect(await one()).toMatchObject({ status: 'resolved', eventCount: 5 })
    await take(world, [counted(6)])
    expect(await one()).toMatchObject({ status: 'open', eventCount: 6 })
  })

  it('has to bring as many distinct values anew, old ones among them', async () => {
    const world = worldFor(env)
    const valued = (order: number, unique: string) => matchOf(order, { threshold: 2, unique })
    await take(world, [valued(1, 'a'), valued(2, 'b')])
    world.advance(MINUTE)
    await change(world, (await one()).alertId, 'resolve')
    world.advance(MINUTE)
    await take(world, [valued(3, 'a')])
    await take(world, [valued(4, 'a')])
    expect(await one()).toMatchObject({ status: 'resolved' })
    await take(world, [valued(5, 'b')])
    expect(await one()).toMatchObject({ status: 'open', eventCount: 5 })
  })

  it('is planned anew when the resolve comes while it is committed', async () => {
    const world = worldFor(env)
    await take(world, [matchOf(1)])
    const { alertId } = await one()
    world.advance(MINUTE)
    const { statements } = await intakeFindings(world, [matchOf(2)], routing, new Map())
    await change(world, alertId, 'resolve')
    await expect(env.DB.batch(statements)).rejects.toSatisfy(isConflict)
    await take(world, [matchOf(2)])
    expect(await one()).toMatchObject({ status: 'open', eventCount: 2 })
  })
})

describe('an acknowledge of an alert that opened again', () => {
  it.each(['pending', 'leased'])(
    'goes behind the trigger although the one before is still %s',
    async state => {
      const world = worldFor(env)
      await take(world, [matchOf(1)])
      const { alertId } = await one()
      await sendAll(world.now())
      await change(world, alertId, 'acknowledge')
      await env.DB.prepare("UPDATE deliveries SET state = ? WHERE action = 'acknowledge'").bind(state).run()
      world.advance(MINUTE)
      await change(world, alertId, 'resolve')
      await take(world, [matchOf(2)])
      await change(world, alertId, 'acknowledge')
      expect(await pairOf(alertId)).toEqual([
        '3 resolve pending',
        '4 trigger pending',
        '5 acknowledge pending',
      ])
    },
  )
})

describe('an alert that grows', () => {
  it('is told of once in five minutes, however often it grows', async () => {
    const world = worldFor(env)
    await take(world, [matchOf(0)])
    const { alertId, createdAt } = await one()
    await sendAll(world.now())
    for (let order = 1; order <= 14; order += 1) {
      world.advance(MINUTE)
      await take(world, [matchOf(order)])
    }
    const rows = await deliveriesOf(env.DB, alertId)
    expect(rows.map(({ deliveryId, nextAttemptAt }) => [deliveryId, nextAttemptAt - createdAt])).toEqual([
      [`${alertId}.pagerduty.trigger`, 0],
      [`${alertId}.pagerduty.update.1`, 5 * MINUTE],
      [`${alertId}.pagerduty.update.2`, 10 * MINUTE],
      [`${alertId}.pagerduty.update.3`, 15 * MINUTE],
    ])
  })

  it('is told of once an hour when somebody has it in hand', async () => {
    const world = worldFor(env)
    await take(world, [matchOf(0, { dedupMinutes: 600 })])
    const { alertId, createdAt } = await one()
    await change(world, alertId, 'acknowledge')
    for (let order = 1; order <= 20; order += 1) {
      world.advance(7 * MINUTE)
      await take(world, [matchOf(order, { dedupMinutes: 600 })])
    }
    const updates = (await deliveriesOf(env.DB, alertId)).filter(({ action }) => action === 'update')
    expect(updates.map(({ nextAttemptAt }) => (nextAttemptAt - createdAt) / HOUR)).toEqual([1, 2, 3])
  })

  it('is not told to those who were never to know of it', async () => {
    const world = worldFor(env)
    await take(world, [matchOf(1, { destinations: [] })])
    world.advance(MINUTE)
    await take(world, [matchOf(2)])
    expect(await deliveriesOf(env.DB, (await one()).alertId)).toEqual([])
  })

  it('counts its hosts exactly', async () => {
    const world = worldFor(env)
    const on = (order: number, host: string) =>
      matchOf(order, { event: eventAt(order, { p_host_id: hostId(host) }) })
    await take(world, [on(1, 'host-1')])
    expect((await one()).hostCount).toBe(1)
    await take(world, [on(2, 'host-2'), on(3, 'host-1')])
    await take(world, [on(4, 'host-2'), on(5, 'host-3')])
    expect((await one()).hostCount).toBe(3)
  })

  it('does not keep an acknowledge waiting behind its update', async () => {
    const world = worldFor(env)
    await take(world, [matchOf(1)])
    await take(world, [matchOf(2)])
    const { alertId } = await one()
    await change(world, alertId, 'acknowledge')
    expect(await pairOf(alertId)).toEqual(['1 trigger pending', '2 update pending', '3 acknowledge pending'])
  })
})

describe('a critical that nobody acknowledges', () => {
  it('is told again every four hours', async () => {
    const world = worldFor(env)
    await take(world, [matchOf(1, { severity: 'critical' }), matchOf(2, { dedup: 'other' })])
    await sendAll(world.now())
    const repeats: number[] = []
    for (let minute = 10; minute <= 9 * 60; minute += 10) {
      world.advance(10 * MINUTE)
      await tendAlerts(world, routing)
      if ((await sendAll(world.now())).length > 0) repeats.push(minute)
    }
    expect(repeats).toEqual([240, 480])
  }, 30_000)

  it('is left alone once it is acknowledged', async () => {
    const world = worldFor(env)
    await take(world, [matchOf(1, { severity: 'critical' })])
    await change(world, (await one()).alertId, 'acknowledge')
    world.advance(5 * HOUR)
    await tendAlerts(world, routing)
    expect(await pairOf((await one()).alertId)).not.toContain(expect.stringContaining('update'))
  })
})

describe('F19: a storm', () => {
  const on = (order: number, host: number, overrides = {}) =>
    matchOf(order, {
      dedup: `dedup-${order}`,
      event: eventAt(order, { p_host_id: hostId(`host-${host}`) }),
      ...overrides,
    })

  it('has 25 alerts told and one that stands for the rest, with exact counts', async () => {
    const world = worldFor(env)
    for (let chunk = 0; chunk < 4; chunk += 1) {
      await take(
        world,
        Array.from({ length: 20 }, (_, index) => on(20 * chunk + index, index % 7)),
      )
      world.advance(MINUTE)
    }
    const alerts = await all()
    expect(alerts.filter(({ kind }) => kind === 'match')).toHaveLength(80)
    const storms = alerts.filter(({ kind }) => kind === 'system')
    expect(storms).toMatchObject([
      {
        ruleId: 'posix.cron-fetches-code',
        severity: 'high',
        status: 'open',
        eventCount: 55,
        hostCount: 7,
        title: 'Storm: 55 more high alerts of posix.cron-fetches-code on 7 hosts',
      },
    ])
    const triggers = await env.DB.prepare(
      "SELECT count(*) AS n FROM deliveries WHERE action = 'trigger'",
    ).first('n')
    expect(triggers).toBe(26)
    const held = await env.DB.prepare("SELECT count(*) AS n FROM timeline WHERE kind = 'held'").first('n')
    expect(held).toBe(55)
  })

  it('holds back nothing of other rules: their criticals are told at once', async () => {
    const world = worldFor(env)
    await take(
      world,
      Array.from({ length: 100 }, (_, order) => on(order, order)),
    )
    const chunk = [
      ...Array.from({ length: 100 }, (_, index) => on(200 + index, index)),
      on(500, 1, { ruleId: 'other', severity: 'critical' }),
    ]
    const { deliveryIds } = await take(world, chunk)
    const critical = (await all()).find(({ ruleId }) => ruleId === 'other')
    expect(deliveryIds).toContain(`${critical?.alertId}.pagerduty.trigger`)
    expect(deliveryIds).toHaveLength(2)
  })

  it('ends by itself when nothing opened for an hour', async () => {
    const world = worldFor(env)
    const chunk = (from: number) => Array.from({ length: 30 }, (_, index) => on(from + index, index))
    await take(world, chunk(0))
    const storm = async () => (await all()).filter(({ kind }) => kind === 'system')
    world.advance(HOUR - 1)
    await tendAlerts(world, routing)
    expect(await storm()).toMatchObject([{ status: 'open', eventCount: 5 }])
    world.advance(1)
    await tendAlerts(world, routing)
    expect(await storm()).toMatchObject([{ status: 'resolved', statusBy: 'margay' }])
    await take(world, chunk(100))
    expect((await storm()).map(({ episode, eventCount }) => [episode, eventCount]).toSorted()).toEqual([
      [1, 5],
      [2, 5],
    ])
  })

  it('opens its alert again when somebody resolved it and it goes on', async () => {
    const world = worldFor(env)
    await take(
      world,
      Array.from({ length: 30 }, (_, order) => on(order, order)),
    )
    const storm = async () => (await all()).find(({ kind }) => kind === 'system')
    world.advance(MINUTE)
    await change(world, (await storm())?.alertId ?? '', 'resolve')
    await take(world, [on(40, 40)])
    expect(await storm()).toMatchObject({ status: 'open', eventCount: 6, hostCount: 6 })
  })

  it('comes out exact when chunks race', async () => {
    const world = worldFor(env)
    await Promise.all(
      [0, 1, 2, 3].map(chunk =>
        take(
          world,
          Array.from({ length: 15 }, (_, index) => on(10 * chunk + index, index)),
        ),
      ),
    )
    const alerts = await all()
    expect(alerts.filter(({ kind }) => kind === 'match')).toHaveLength(45)
    expect(alerts.filter(({ kind }) => kind === 'system')).toMatchObject([{ eventCount: 20 }])
  })

  it('takes 5,000 findings of one rule over 500 hosts', async () => {
    const world = worldFor(env)
    const findings = Array.from({ length: 5_000 }, (_, order) => on(order, order % 500))
    const { deliveryIds } = await take(world, findings)
    expect(deliveryIds).toHaveLength(26)
    expect((await all()).find(({ kind }) => kind === 'system')).toMatchObject({
      eventCount: 4_975,
      hostCount: 500,
      title: 'Storm: 4975 more high alerts of posix.cron-fetches-code on 500 hosts',
    })
  }, 30_000)
})

describe('the same findings', () => {
  it('give the same alerts and counts in any order, doubled and split in any way', async () => {
    const findings = Array.from({ length: 40 }, (_, order) =>
      matchOf(order, {
        dedup: `dedup-${order % 33}`,
        event: eventAt(order, { p_host_id: hostId(`host-${order % 5}`) }),
      }),
    )
    const outcome = async () => {
      const alerts = await all()
      const facts = alerts.map(({ alertId, eventCount, hostCount, title, kind }) =>
        kind === 'system' ? [alertId, eventCount] : [alertId, eventCount, hostCount, kind, title !== ''],
      )
      const matches = await env.DB.prepare('SELECT count(*) AS n FROM matches').first('n')
      return { facts: facts.map(row => JSON.stringify(row)).sort(), matches }
    }
    await take(worldFor(env), findings)
    const expected = await outcome()
    const splits = fc.tuple(
      fc.shuffledSubarray(findings, { minLength: 40 }),
      fc.array(fc.nat(39), { maxLength: 10 }),
      fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 4, maxLength: 40 }),
    )
    await fc.assert(
      fc.asyncProperty(splits, async ([shuffled, doubled, sizes]) => {
        await freshStorage()
        const world = worldFor(env)
        const stream = [...shuffled, ...doubled.flatMap(index => findings[index] ?? [])]
        for (let from = 0, index = 0; from < stream.length; index += 1) {
          const size = sizes[index % sizes.length] ?? 1
          await take(world, stream.slice(from, from + size))
          world.advance(1_000)
          from += size
        }
        expect(await outcome()).toEqual(expected)
      }),
      { numRuns: 12 },
    )
  }, 30_000)
})
