import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { failingD1 } from '../../test/faults.ts'
import { heldQueue } from '../../test/held-queue.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, type TestWorld, worldFor } from '../../test/world.ts'
import { resolveAlert } from '../alerts/lifecycle.ts'
import type { AlertWakeUp } from '../alerts/wake-up.ts'
import type { HostId } from '../detect/event.ts'
import { routing as routingOf } from '../detect/routing.ts'
import { alertById, listAlerts } from '../store/alerts.ts'
import { addToCounters, countNewRejections, minuteOf } from '../store/counters.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { closeDeliveries } from '../store/delivery-attempts.ts'
import { indexQuarantine, insertQuarantine, putQuarantineUnindexed } from '../store/quarantine.ts'
import { watchTrouble } from './watch-trouble.ts'

const MINUTE = 60_000
const routing = routingOf({
  destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }],
})

beforeEach(freshStorage)

/** Deliveries that were put on the queue. */
let woken: AlertWakeUp[] = []

function quietWorld(): TestWorld {
  const { queue, sent } = heldQueue<AlertWakeUp>()
  woken = sent
  return worldFor(env, { alerts: queue })
}

let made = 0

/** Puts records in quarantine as the consumer does. */
async function reject(world: TestWorld, host: string | null, reason: string, records = 1): Promise<void> {
  made += 1
  const quarantineId = `20261124-${String(made).padStart(8, '0')}`
  await env.DB.batch([
    countNewRejections(env.DB, [{ quarantineId, minute: minuteOf(world.now()), reason, records }]),
    insertQuarantine(env.DB, [
      {
        quarantineId,
        quarantinedAt: world.now(),
        // Invented by the test; nothing reads more into it.
        hostId: host as HostId | null,
        reason,
        detail: '',
        position: 0,
        byteCount: 1,
        r2Key: 'quarantine/x',
      },
    ]),
  ])
}

async function failEnrollments(world: TestWorld, address: string, value: number): Promise<void> {
  const minute = minuteOf(world.now())
  await addToCounters(env.DB, [{ minute, name: 'enroll_failed', label: address, value }]).run()
}

async function loseWakeUps(world: TestWorld, value: number): Promise<void> {
  const minute = minuteOf(world.now())
  await addToCounters(env.DB, [{ minute, name: 'dead_letters', label: '', value }]).run()
}

/** Parks every delivery of an alert as the consumer does when its destination has no key. */
async function park(world: TestWorld, alertId: string): Promise<void> {
  const ids = (await deliveriesOf(env.DB, alertId)).map(({ deliveryId }) => deliveryId)
  await closeDeliveries(env.DB, JSON.stringify(ids), 'parked', 'No key.', world.now()).run()
}

/** Cron each minute. */
async function pass(world: TestWorld, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    world.advance(MINUTE)
    await watchTrouble(world, routing)
  }
}

async function alerts() {
  return (await listAlerts(env.DB, {}, null, 100))?.items ?? []
}

/** Sends what is due, as the consumer does, and says which triggers were sent. */
async function deliver(world: TestWorld): Promise<readonly string[]> {
  const { results } = await env.DB.prepare(
    `SELECT d.delivery_id, d.action, a.status FROM deliveries d JOIN alerts a USING (alert_id)
     WHERE d.state = 'pending' AND d.next_attempt_at <= ?1`,
  )
    .bind(world.now())
    .all<{ delivery_id: string; action: string; status: string }>()
  const sent = results.filter(({ action, status }) => action !== 'trigger' || status === 'open')
  const overtaken = results.filter(delivery => !sent.includes(delivery))
  const ids = (deliveries: typeof results) => JSON.stringify(deliveries.map(({ delivery_id }) => delivery_id))
  await env.DB.batch([
    env.DB.prepare(
      "UPDATE deliveries SET state = 'delivered' WHERE delivery_id IN (SELECT value FROM json_each(?1))",
    ).bind(ids(sent)),
    closeDeliveries(env.DB, ids(overtaken), 'superseded', '', world.now()),
  ])
  return sent.flatMap(({ action, delivery_id }) => (action === 'trigger' ? [delivery_id] : []))
}

/** Triggers that wait, and for how many minutes since the world began. */
async function pendingTriggers() {
  const { results } = await env.DB.prepare(
    `SELECT alert_id, (next_attempt_at - ?1) / 60000 AS minutes FROM deliveries
     WHERE state = 'pending' AND action = 'trigger'`,
  )
    .bind(TEST_NOW)
    .all()
  return results
}

/** Every alert as `rule episode status`, in order. */
async function told(): Promise<string[]> {
  return (await alerts()).map(({ ruleId, episode, status }) => `${ruleId} ${episode} ${status}`).toSorted()
}

describe('quarantine', () => {
  it('opens one alert that says how much, of whom and why, and resolves it after half an hour of quiet', async () => {
    const world = quietWorld()
    await reject(world, 'host-1', 'not_json', 4)
    await reject(world, 'host-2', 'not_json')
    await reject(world, null, 'over_cap')
    await watchTrouble(world, routing)
    const [alert, ...others] = await alerts()
    expect(others).toEqual([])
    expect(alert).toMatchObject({
      kind: 'system',
      ruleId: 'margay.quarantine',
      status: 'open',
      severity: 'medium',
      episode: 1,
      title: '6 records or posts from 2 hosts could not be processed: not_json 5, over_cap 1',
      hostId: null,
    })
    expect(alert?.runbook).toContain('GET /api/v1/quarantine')
    const context = JSON.parse(alert?.context ?? '')
    expect(context).toMatchObject({ by_reason: { not_json: 5, over_cap: 1 }, host_count: 2 })
    expect(context.host_ids.toSorted()).toEqual(['host-1', 'host-2'])
    expect(context.newest_quarantine_ids).toHaveLength(3)

    await pass(world, 29)
    expect(await told()).toEqual(['margay.quarantine 1 open'])
    await pass(world, 1)
    expect(await told()).toEqual(['margay.quarantine 1 resolved'])
    const deliveries = await deliveriesOf(env.DB, alert?.alertId ?? '')
    expect(deliveries.map(({ action }) => action)).toEqual(['trigger', 'resolve'])
    expect(woken.map(({ deliveryId }) => deliveryId)).toEqual(deliveries.map(({ deliveryId }) => deliveryId))
    await pass(world, 60)
    expect(await told()).toEqual(['margay.quarantine 1 resolved'])
  })

  it('stays one alert while a host goes on posting junk now and then, and is another one the next time', async () => {
    const world = quietWorld()
    for (let i = 0; i < 5; i++) {
      await reject(world, 'host-1', 'not_json')
      await pass(world, 20)
    }
    expect(await told()).toEqual(['margay.quarantine 1 open'])
    await pass(world, 50)
    expect(await told()).toEqual(['margay.quarantine 1 resolved'])
    await reject(world, 'host-1', 'not_json')
    await pass(world, 1)
    expect(await told()).toEqual(['margay.quarantine 1 resolved', 'margay.quarantine 2 open'])
  })

  it('is the same alert when it comes back within half an hour, told again an hour after it was told', async () => {
    const world = quietWorld()
    await reject(world, 'host-1', 'not_json')
    await watchTrouble(world, routing)
    const [alert] = await alerts()
    const alertId = alert?.alertId ?? ''
    await deliver(world)
    await pass(world, 31)
    await deliver(world)
    await pass(world, 9)
    woken = []
    await reject(world, 'host-2', 'over_cap')
    await pass(world, 1)
    expect(await told()).toEqual(['margay.quarantine 1 open'])
    expect(await alertById(env.DB, alertId)).toMatchObject({ resolvedAt: null })
    expect(await pendingTriggers()).toEqual([{ alert_id: alertId, minutes: 60 }])
    await pass(world, 30)
    expect(await told()).toEqual(['margay.quarantine 1 resolved'])
  })

  it('that comes and goes pages once an hour at most, whatever its wave', async () => {
    for (const [on, off] of [
      [1, 31],
      [1, 33],
      [5, 45],
      [31, 31],
      [1, 62],
    ] as const) {
      await freshStorage()
      const world = quietWorld()
      const pages: number[] = []
      for (let minute = 0; minute < 8 * 60; minute++) {
        if (minute % (on + off) < on) await reject(world, 'host-1', 'not_json')
        await watchTrouble(world, routing)
        pages.push(...(await deliver(world)).map(() => minute))
        world.advance(MINUTE)
      }
      const gaps = pages.slice(1).map((minute, n) => minute - (pages[n] ?? 0))
      expect(pages.length).toBeGreaterThan(2)
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60)
    }
  })

  it('tells of a post that the log route put aside without D1', async () => {
    const world = quietWorld()
    const bytes = new TextEncoder().encode('{"cut": ')
    const item = { hostId: null, reason: 'over_cap', detail: '', position: null, bytes, at: world.now() }
    await putQuarantineUnindexed(world, item)
    world.advance(45 * MINUTE)
    for (let i = 0; i < 2; i++) await indexQuarantine(world)
    await watchTrouble(world, routing)
    expect((await alerts()).map(({ title }) => title)).toEqual([
      '1 record or post could not be processed: over_cap 1',
    ])
  })

  it('names twenty hosts of many and says how many there are', async () => {
    const world = quietWorld()
    for (let n = 0; n < 25; n++) await reject(world, `host-${n}`, 'not_json')
    await watchTrouble(world, routing)
    const [alert] = await alerts()
    expect(alert?.title).toContain('25 records or posts from 25 hosts')
    expect(JSON.parse(alert?.context ?? '').host_ids).toHaveLength(20)
  })

  it('opens again when it goes on after a person resolved it, and not for what was before', async () => {
    const world = quietWorld()
    await reject(world, 'host-1', 'not_json')
    await pass(world, 2)
    const [alert] = await alerts()
    const by = { alertId: alert?.alertId ?? '', at: world.now(), by: 'someone', note: '' }
    await env.DB.batch(resolveAlert(env.DB, routing.destinations, by).statements)
    await pass(world, 5)
    expect(await told()).toEqual(['margay.quarantine 1 resolved'])
    await reject(world, 'host-2', 'over_cap')
    await pass(world, 5)
    expect(await told()).toEqual(['margay.quarantine 1 open'])
    const { results } = await env.DB.prepare("SELECT detail FROM timeline WHERE kind = 'reopened'").all()
    expect(results).toEqual([
      {
        detail: expect.stringContaining('1 record or post from 1 host could not be processed: over_cap 1'),
      },
    ])
  })
})

describe('failed enrollments', () => {
  it('open one alert when they are a burst, with the addresses that failed most', async () => {
    const world = quietWorld()
    for (let n = 0; n < 3; n++) await failEnrollments(world, `192.0.2.${n}`, 4)
    await pass(world, 4)
    expect(await told()).toEqual([])
    await failEnrollments(world, '2001:db8:0:0::/64', 8)
    await pass(world, 2)
    const [alert] = await alerts()
    expect(alert).toMatchObject({
      ruleId: 'margay.enroll-failures',
      severity: 'medium',
      title: '20 enrollments from 4 addresses failed within 10 minutes',
    })
    expect(JSON.parse(alert?.context ?? '')).toEqual({
      failures: 20,
      address_count: 4,
      by_address: [
        { address: '2001:db8:0:0::/64', failures: 8 },
        { address: '192.0.2.0', failures: 4 },
        { address: '192.0.2.1', failures: 4 },
        { address: '192.0.2.2', failures: 4 },
      ],
    })
    await pass(world, 30)
    expect(await told()).toEqual(['margay.enroll-failures 1 resolved'])
  })

  it('are no burst when they trickle', async () => {
    const world = quietWorld()
    for (let n = 0; n < 12; n++) {
      await failEnrollments(world, '192.0.2.1', 9)
      await pass(world, 5)
    }
    expect(await told()).toEqual([])
  })
})

describe('dead letters', () => {
  it('open one alert of high severity, a dead post no second one of quarantine', async () => {
    const world = quietWorld()
    await reject(world, 'host-1', 'dead_letter')
    await loseWakeUps(world, 3)
    await pass(world, 2)
    expect((await alerts()).map(({ ruleId, severity, title }) => [ruleId, severity, title])).toEqual([
      [
        'margay.dead-letters',
        'high',
        'Out of retries: 1 post could not be stored, 3 wake-ups of deliveries failed',
      ],
    ])
    await pass(world, 30)
    expect(await told()).toEqual(['margay.dead-letters 1 resolved'])
  })
})

describe('a host that lowers its class', () => {
  it('opens one alert that says which host it is', async () => {
    const world = quietWorld()
    const lowered = {
      minute: minuteOf(world.now()),
      name: 'classes_lowered',
      label: 'host-1',
      value: 1,
    } as const
    await addToCounters(env.DB, [lowered]).run()
    await pass(world, 2)
    expect((await alerts()).map(({ ruleId, severity, title }) => [ruleId, severity, title])).toEqual([
      ['margay.class-lowered', 'medium', '1 host no longer counts as a server: silence there pages nobody'],
    ])
  })
})

describe('parked deliveries', () => {
  /** An alert that PagerDuty could not be told of. */
  async function parkSomething(world: TestWorld): Promise<void> {
    await failEnrollments(world, '192.0.2.1', 20)
    await watchTrouble(world, routing)
    const [alert] = await alerts()
    // It was due long ago: what counts is when it was parked.
    world.advance(45 * MINUTE)
    await park(world, alert?.alertId ?? '')
  }

  it('open one alert that says which and why', async () => {
    const world = quietWorld()
    await parkSomething(world)
    await pass(world, 1)
    const alert = (await alerts()).find(({ ruleId }) => ruleId === 'margay.parked-deliveries')
    expect(alert).toMatchObject({
      severity: 'high',
      status: 'open',
      title: '1 delivery could not be sent: pagerduty 1',
    })
    expect(JSON.parse(alert?.context ?? '')).toMatchObject({
      by_destination: { pagerduty: 1 },
      newest: [{ reason: 'No key.' }],
    })
    expect(alert?.runbook).toContain('redrive')
  })

  it('of this very alert neither hold it open nor open it again', async () => {
    const world = quietWorld()
    await parkSomething(world)
    await pass(world, 1)
    const own = (await alerts()).find(({ ruleId }) => ruleId === 'margay.parked-deliveries')
    for (let minute = 0; minute < 90; minute++) {
      await park(world, own?.alertId ?? '')
      await pass(world, 1)
    }
    expect((await told()).filter(line => line.includes('parked'))).toEqual([
      'margay.parked-deliveries 1 resolved',
    ])
  })
})

describe('runs', () => {
  it('that overlap open one alert with one delivery', async () => {
    const world = quietWorld()
    await reject(world, 'host-1', 'not_json')
    await Promise.all([1, 2, 3].map(() => watchTrouble(world, routing)))
    expect(await told()).toEqual(['margay.quarantine 1 open'])
    const [alert] = await alerts()
    expect(await deliveriesOf(env.DB, alert?.alertId ?? '')).toHaveLength(1)
    expect(world.logged.map(({ event }) => event).toSorted()).toEqual([
      'trouble.opens',
      'trouble.overtaken',
      'trouble.overtaken',
    ])
  })

  it('that overlap resolve it once', async () => {
    const world = quietWorld()
    await reject(world, 'host-1', 'not_json')
    await watchTrouble(world, routing)
    world.advance(30 * MINUTE)
    await Promise.all([1, 2, 3].map(() => watchTrouble(world, routing)))
    const [alert] = await alerts()
    expect(alert?.status).toBe('resolved')
    expect(await deliveriesOf(env.DB, alert?.alertId ?? '')).toHaveLength(2)
  })

  it('write nothing while nothing changes', async () => {
    const world = quietWorld()
    await watchTrouble(world, routing)
    expect(await env.DB.prepare('SELECT count(*) AS n FROM states').first('n')).toBe(0)
    await reject(world, 'host-1', 'not_json')
    await watchTrouble(world, routing)
    const version = "SELECT version FROM states WHERE name = 'trouble'"
    await pass(world, 10)
    expect(await env.DB.prepare(version).first('version')).toBe(1)
  })

  const opening = 'when an alert is to open'
  const resolving = 'when an alert is to resolve'
  const calls = [
    { when: opening, failAt: 0 },
    { when: opening, failAt: 1 },
    { when: opening, failAt: 2 },
    { when: opening, failAt: 3 },
    { when: resolving, failAt: 0 },
    { when: resolving, failAt: 1 },
    { when: resolving, failAt: 2 },
  ]

  async function due(when: string): Promise<TestWorld> {
    const world = quietWorld()
    await reject(world, 'host-1', 'not_json')
    if (when === resolving) {
      await watchTrouble(world, routing)
      world.advance(30 * MINUTE)
    }
    return world
  }

  it.each(calls)('change nothing if D1 fails at call $failAt $when', async ({ when, failAt }) => {
    const world = await due(when)
    const before = await told()
    const sent = woken.length
    const { store } = failingD1(env.DB, { failAt, lasting: true })
    await expect(watchTrouble({ ...world, db: store }, routing)).rejects.toThrow('Network connection lost.')
    expect(await told()).toEqual(before)
    expect(woken).toHaveLength(sent)
    await watchTrouble(world, routing)
    expect(await told()).toEqual([`margay.quarantine 1 ${when === opening ? 'open' : 'resolved'}`])
  })

  it.each(calls)('tell it once if the answer to call $failAt is lost $when', async ({ when, failAt }) => {
    const world = await due(when)
    const { store } = failingD1(env.DB, { failAt, after: true })
    await expect(watchTrouble({ ...world, db: store }, routing)).rejects.toThrow('Network connection lost.')
    await watchTrouble(world, routing)
    const [alert, ...others] = await alerts()
    expect(others).toEqual([])
    expect(await deliveriesOf(env.DB, alert?.alertId ?? '')).toHaveLength(when === opening ? 1 : 2)
  })

  it('do not guess the episode when the record is unreadable', async () => {
    const world = quietWorld()
    await env.DB.prepare("INSERT INTO states VALUES ('trouble', '{\"margay.quarantine\": 1}', 7)").run()
    await reject(world, 'host-1', 'not_json')
    await expect(watchTrouble(world, routing)).rejects.toThrow()
    expect(await told()).toEqual([])
  })

  it('keep in the record what only a newer version knows', async () => {
    const world = quietWorld()
    const record = { 'margay.other': { episode: 5, open: true } }
    await env.DB.prepare("INSERT INTO states VALUES ('trouble', ?, 7)").bind(JSON.stringify(record)).run()
    await reject(world, 'host-1', 'not_json')
    await watchTrouble(world, routing)
    const value = await env.DB.prepare("SELECT value FROM states WHERE name = 'trouble'").first<string>(
      'value',
    )
    expect(JSON.parse(value ?? '')).toEqual({
      ...record,
      'margay.quarantine': { episode: 1, open: true, toldAt: TEST_NOW },
    })
  })
})
