import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { failingD1 } from '../../test/faults.ts'
import { errorOf, eventAt, matchOf } from '../../test/findings.ts'
import { freshStorage } from '../../test/storage.ts'
import { worldFor } from '../../test/world.ts'
import type { Finding } from '../detect/finding.ts'
import { routing as routingOf } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { alertById, listAlerts } from '../store/alerts.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { matchesOfAlert } from '../store/matches.ts'
import { timelineOf } from '../store/timeline.ts'
import { type Intake, intakeFindings, isConflict } from './intake.ts'

const routing = routingOf({
  destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }],
})
const HOUR = 3_600_000

beforeEach(freshStorage)

/** What the ingest consumer does: plan, commit, and begin again when someone else was quicker. */
async function commit(world: World, findings: readonly Finding[]): Promise<Intake> {
  for (let tries = 0; tries < 10; tries += 1) {
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

async function allAlerts() {
  return (await listAlerts(env.DB, {}, null, 100))?.items ?? []
}

async function countOf(table: string): Promise<unknown> {
  return env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first('n')
}

async function deliveriesMade(): Promise<readonly unknown[]> {
  const { results } = await env.DB.prepare('SELECT action FROM deliveries ORDER BY sequence').all()
  return results.map(({ action }) => action)
}

describe('findings', () => {
  it('become an alert with its matches, its delivery and its timeline in one batch', async () => {
    const world = worldFor(env)
    const { deliveryIds } = await commit(world, [matchOf(1), matchOf(2)])
    const [alert] = await allAlerts()
    if (alert === undefined) throw new Error('no alert')
    expect(alert).toMatchObject({
      kind: 'match',
      status: 'open',
      severity: 'high',
      hostname: 'web-1.example.com',
      eventCount: 2,
      firstEventAt: world.now(),
      createdAt: world.now(),
    })
    const [delivery] = await deliveriesOf(env.DB, alert.alertId)
    expect(delivery).toMatchObject({
      action: 'trigger',
      state: 'pending',
      destination: 'pagerduty',
      attempts: 0,
    })
    expect(deliveryIds).toEqual([delivery?.deliveryId])
    const matches = (await matchesOfAlert(env.DB, alert.alertId, null, 10))?.items ?? []
    expect(matches.map(({ rowId }) => rowId)).toEqual([matchOf(2).event.p_row_id, matchOf(1).event.p_row_id])
    expect(JSON.parse(matches[0]?.event ?? '')).toEqual(matchOf(2).event)
    expect((await timelineOf(env.DB, alert.alertId)).map(({ kind }) => kind)).toEqual(['created', 'routed'])
  })

  it('are read and written not at all when there are none', async () => {
    const { store, calls } = failingD1(env.DB, { failAt: 0, lasting: true })
    const world = worldFor({ ...env, DB: store })
    expect(await intakeFindings(world, [], routing, new Map())).toEqual({ statements: [], deliveryIds: [] })
    expect(calls()).toBe(0)
  })

  it('append to the alert of the running window, and plan one update', async () => {
    const world = worldFor(env)
    await commit(world, [matchOf(1)])
    world.advance(HOUR / 2)
    expect((await commit(world, [matchOf(2), matchOf(3)])).deliveryIds).toEqual([])
    expect(await allAlerts()).toMatchObject([
      { eventCount: 3, lastEventAt: world.now(), title: 'Cron fetches code, 1' },
    ])
    expect(await deliveriesMade()).toEqual(['trigger', 'update'])
  })

  it('open the next episode when the window is over', async () => {
    const world = worldFor(env)
    await commit(world, [matchOf(1)])
    world.advance(HOUR + 1)
    await commit(world, [matchOf(2)])
    expect((await allAlerts()).map(({ episode, eventCount }) => [episode, eventCount])).toEqual([
      [2, 1],
      [1, 1],
    ])
  })

  it('keep what the window opened with until the threshold is met', async () => {
    const world = worldFor(env)
    const counted = (order: number) => matchOf(order, { threshold: 3, context: { order }, destinations: [] })
    await commit(world, [counted(1)])
    await commit(world, [counted(2)])
    expect(await allAlerts()).toEqual([])
    await commit(world, [matchOf(3, { threshold: 3 })])
    expect(await allAlerts()).toMatchObject([{ title: 'Cron fetches code, 1', context: '{"order":1}' }])
    expect(await countOf('deliveries')).toBe(0)
    expect(await env.DB.prepare('SELECT opening FROM windows').first('opening')).toBe('')
  })

  it('count distinct values exactly across chunks', async () => {
    const world = worldFor(env)
    const valued = (order: number, unique: string) => matchOf(order, { threshold: 3, unique })
    await commit(world, [valued(1, 'a'), valued(2, 'b')])
    await commit(world, [valued(3, 'a'), valued(4, 'b')])
    expect(await allAlerts()).toEqual([])
    await commit(world, [valued(5, 'b'), valued(6, 'c\u0000\ud800')])
    expect(await allAlerts()).toMatchObject([{ eventCount: 6 }])
  })

  it('of a signal leave a match and no alert', async () => {
    await commit(worldFor(env), [matchOf(1, { alert: false })])
    expect([await countOf('matches'), await countOf('alerts'), await countOf('windows')]).toEqual([1, 0, 0])
  })

  it('of a rule that throws stand apart from its matches', async () => {
    await commit(worldFor(env), [matchOf(1), errorOf(1)])
    expect((await allAlerts()).map(({ kind }) => kind).sort()).toEqual(['match', 'rule_error'])
    expect(await countOf('matches')).toBe(2)
  })

  it('survive a column named __proto__, huge values and odd text', async () => {
    const columns = JSON.parse('{"__proto__":"kept","blob":""}') as Record<string, string>
    columns['blob'] = 'ü"\\'.repeat(500_000)
    const context = { text: '\u0000\ud800', nested: { __proto__: null, a: [1] } }
    await commit(worldFor(env), [matchOf(1, { event: eventAt(1, { columns }), context })])
    const [alert] = await allAlerts()
    const [match] = (await matchesOfAlert(env.DB, alert?.alertId ?? '', null, 1))?.items ?? []
    expect(Object.keys(JSON.parse(match?.event ?? '{}').columns)).toEqual(['__proto__', 'blob'])
    expect(JSON.parse(alert?.context ?? '')).toEqual({ text: '\u0000\ud800', nested: { a: [1] } })
  })
})

describe('a chunk that was committed', () => {
  it('adds nothing when it comes again', async () => {
    const world = worldFor(env)
    const chunk = [matchOf(1), matchOf(2, { alert: false }), errorOf(3), matchOf(4, { unique: 'a' })]
    await commit(world, chunk)
    world.advance(2 * HOUR)
    expect(await commit(world, chunk)).toEqual({ statements: [], deliveryIds: [] })
    expect(await countOf('alerts')).toBe(2)
  })

  it('adds nothing when its answer was lost', async () => {
    const { store } = failingD1(env.DB, { failAt: 1, after: true })
    const world = worldFor({ ...env, DB: store })
    await expect(commit(world, [matchOf(1)])).rejects.toThrow('Network connection lost')
    await commit(worldFor(env), [matchOf(1), matchOf(2)])
    expect(await allAlerts()).toMatchObject([{ eventCount: 2 }])
  })
})

describe('two intakes at the same time', () => {
  it('conflict on the window, and the loser counts on top of the winner', async () => {
    const world = worldFor(env)
    const one = await intakeFindings(world, [matchOf(1), matchOf(2)], routing, new Map())
    const other = await intakeFindings(world, [matchOf(2), matchOf(3)], routing, new Map())
    await env.DB.batch(one.statements)
    const refused = await env.DB.batch(other.statements).catch((error: unknown) => error)
    expect(isConflict(refused)).toBe(true)
    expect(await countOf('matches')).toBe(2)
    await commit(world, [matchOf(2), matchOf(3)])
    expect(await allAlerts()).toMatchObject([{ eventCount: 3 }])
    expect(await deliveriesMade()).toEqual(['trigger', 'update'])
  })

  it('conflict on a signal that both bring', async () => {
    const world = worldFor(env)
    const signal = [matchOf(1, { alert: false })]
    const one = await intakeFindings(world, signal, routing, new Map())
    const other = await intakeFindings(world, signal, routing, new Map())
    await env.DB.batch(one.statements)
    await expect(env.DB.batch(other.statements)).rejects.toSatisfy(isConflict)
  })

  it('come out exact however many race', async () => {
    const world = worldFor(env)
    const chunks = [1, 2, 3, 4, 5].map(order => [matchOf(order), matchOf(order + 1), matchOf(order + 2)])
    await Promise.all(chunks.map(chunk => commit(world, chunk)))
    expect(await allAlerts()).toMatchObject([{ eventCount: 7 }])
    expect(await countOf('matches')).toBe(7)
    expect(await deliveriesMade()).toEqual(['trigger', 'update'])
  })

  it('tell a conflict from a lost connection', () => {
    expect(isConflict(new Error('D1_ERROR: Network connection lost.'))).toBe(false)
    expect(isConflict(new Error('D1_ERROR: CHECK constraint failed: kind IN (…)'))).toBe(false)
    expect(isConflict('CHECK constraint failed: ok = 1')).toBe(false)
  })
})

describe('the size of a chunk', () => {
  it('is split over as many statements as D1 takes', async () => {
    const blob = 'x'.repeat(400_000)
    const findings = Array.from({ length: 12 }, (_, order) =>
      matchOf(order, {
        event: eventAt(order, { columns: { blob } }),
        context: { blob: blob.slice(0, 150_000) },
      }),
    )
    await commit(worldFor(env), findings)
    expect(await allAlerts()).toMatchObject([{ eventCount: 12 }])
  })
})

describe('reading one alert', () => {
  it('answers null when there is none', async () => {
    expect(await alertById(env.DB, 'nothing')).toBeNull()
  })
})
