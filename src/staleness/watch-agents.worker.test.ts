import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { failingD1 } from '../../test/faults.ts'
import { heldQueue } from '../../test/held-queue.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, type TestWorld, testSettings, worldFor } from '../../test/world.ts'
import type { AlertWakeUp } from '../alerts/wake-up.ts'
import { pack } from '../detect/pack.ts'
import { routing as routingOf } from '../detect/routing.ts'
import { listAlerts } from '../store/alerts.ts'
import { addToCounters, minuteOf } from '../store/counters.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { NO_VITALS, type Pulses } from './vitals.ts'
import { vitalsText } from './vitals-text.ts'
import { watchAgents } from './watch-agents.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const routing = routingOf({ destinations: [{ id: 'slack', type: 'slack', minSeverity: 'low' }] })
const stock = pack({
  name: 'stock',
  description: 'A snapshot',
  queries: { ports: { query: 'SELECT 1;', interval: 3600, snapshot: true } },
})
const packs = [stock]

beforeEach(freshStorage)

const quietWorld = () =>
  worldFor(env, {
    alerts: heldQueue<AlertWakeUp>().queue,
    settings: testSettings({ heartbeatSeconds: 300 }),
  })

/** A host as of now: it pulses and runs the config that it was given long ago. */
async function host(
  world: TestWorld,
  id: string,
  beats: Partial<Pulses> = {},
  state = 'live',
): Promise<void> {
  const now = world.now()
  const pulses = { count: 500, lastAt: now, configId: 'aaaaaaaaaaaa', configPulses: 400, ...beats }
  await env.DB.prepare(
    `INSERT INTO hosts (host_id, hostname, platform, tags, enrolled_at, last_enroll_at, last_seen_at, last_pulse_at,
       last_config_at, silence_state, silence_since, served_config, served_config_at, vitals)
     VALUES (?1, ?1 || '.example.com', 'ubuntu', '[]', 1, 1, ?2, ?2, ?2, ?3, 1, 'aaaaaaaaaaaa', ?4, ?5)
     ON CONFLICT (host_id) DO UPDATE SET last_pulse_at = ?2, silence_state = ?3, vitals = ?5`,
  )
    .bind(
      id,
      now,
      state,
      TEST_NOW - 48 * HOUR,
      vitalsText({ ...NO_VITALS, pulses: { ...NO_VITALS.pulses, ...pulses } }),
    )
    .run()
}

async function sighting(id: string, lastAt: number, seen = 3, pulses = 400): Promise<void> {
  await env.DB.prepare('INSERT OR REPLACE INTO query_sightings VALUES (?1, ?2, ?3, ?4, ?5)')
    .bind(id, 'stock/ports', lastAt, seen, pulses)
    .run()
}

/** Cron each minute, for some minutes. */
async function pass(world: TestWorld, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    world.advance(MINUTE)
    await watchAgents(world, routing, packs)
  }
}

const alerts = async () => (await listAlerts(env.DB, {}, null, 100))?.items ?? []
const told = async () =>
  (await alerts()).map(({ ruleId, episode, status }) => `${ruleId} ${episode} ${status}`).toSorted()

describe('a silent query', () => {
  it('is one alert about all its hosts, and is over when rows come from each', async () => {
    const world = quietWorld()
    for (const id of ['a', 'b', 'c']) {
      await host(world, id)
      await sighting(id, TEST_NOW - 5 * HOUR)
    }
    await sighting('c', TEST_NOW - HOUR)
    await watchAgents(world, routing, packs)
    expect(await alerts()).toMatchObject([
      {
        kind: 'system',
        ruleId: 'margay.query-silent',
        severity: 'medium',
        title: 'stock/ports sends no rows any more from 2 hosts',
      },
    ])
    await sighting('a', world.now())
    await pass(world, 10)
    expect(await told()).toEqual(['margay.query-silent 1 open'])
    await sighting('b', world.now())
    await pass(world, 10)
    expect(await told()).toEqual(['margay.query-silent 1 resolved'])
  })

  it('is not told of hosts that sent rows less than three times, never, or are no longer watched', async () => {
    const world = quietWorld()
    for (const [id, state] of [
      ['a', 'live'],
      ['b', 'live'],
      ['c', 'gone'],
      ['d', 'stale'],
    ] as const) {
      await host(world, id, {}, state)
    }
    await sighting('a', TEST_NOW - 5 * HOUR, 2)
    await sighting('c', TEST_NOW - 5 * HOUR)
    await sighting('d', TEST_NOW - 5 * HOUR)
    await sighting('without a row', TEST_NOW - 5 * HOUR)
    await watchAgents(world, routing, packs)
    expect(await told()).toEqual([])
  })

  it('is over when the query is served no more', async () => {
    const world = quietWorld()
    await host(world, 'a')
    await sighting('a', TEST_NOW - 5 * HOUR)
    await watchAgents(world, routing, packs)
    world.advance(10 * MINUTE)
    await watchAgents(world, routing, [])
    expect(await told()).toEqual(['margay.query-silent 1 resolved'])
  })

  it('stays open while its host is away, and is the same alert when it comes back soon', async () => {
    const world = quietWorld()
    await host(world, 'a')
    await sighting('a', TEST_NOW - 5 * HOUR)
    await watchAgents(world, routing, packs)
    await host(world, 'a', {}, 'stale')
    await pass(world, 60)
    expect(await told()).toEqual(['margay.query-silent 1 open'])
    await sighting('a', world.now())
    await pass(world, 10)
    await sighting('a', world.now() - 5 * HOUR)
    await host(world, 'a')
    await pass(world, 20)
    expect(await told()).toEqual(['margay.query-silent 1 open'])
  })
})

describe('other configs and losses', () => {
  it('are one alert each, about all hosts', async () => {
    const world = quietWorld()
    await host(world, 'old-1', { configId: 'bbbbbbbbbbbb' })
    await host(world, 'old-2', { configId: 'cccccccccccc' })
    await host(world, 'foreign', { configId: '' })
    await host(world, 'right')
    await host(world, 'loser', {
      lost: 4,
      lostAt: TEST_NOW - MINUTE,
      gaps: [{ from: 0, to: HOUR, pulses: 4 }],
    })
    const drop = { minute: minuteOf(TEST_NOW), name: 'lines_dropped', label: 'right', value: 7 } as const
    await addToCounters(env.DB, [drop]).run()
    await watchAgents(world, routing, packs)
    const said = Object.fromEntries((await alerts()).map(({ ruleId, title }) => [ruleId, title]))
    expect(said).toEqual({
      'margay.old-config': '2 hosts do not run the config they were given',
      'margay.lines-lost': '2 hosts lost lines: 4 heartbeats missing, 7 lines dropped',
    })
    const context = JSON.parse(
      (await alerts()).find(({ ruleId }) => ruleId === 'margay.old-config')?.context ?? '',
    )
    expect(context).toMatchObject({ foreign_count: 1, foreign: [{ host_id: 'foreign' }] })
    for (const id of ['old-1', 'old-2']) await host(world, id)
    await pass(world, 40)
    expect(await told()).toEqual(['margay.lines-lost 1 resolved', 'margay.old-config 1 resolved'])
  })

  it('are seen although rows of other hosts can’t be read', async () => {
    const world = quietWorld()
    await host(world, 'broken')
    await env.DB.prepare("UPDATE hosts SET vitals = '{broken'").run()
    await host(world, 'old', { configId: 'bbbbbbbbbbbb' })
    await sighting('broken', TEST_NOW - 5 * HOUR)
    await watchAgents(world, routing, packs)
    expect(await told()).toEqual(['margay.old-config 1 open'])
  })
})

describe('hosts that join an open alert', () => {
  async function drops(world: TestWorld, id: string, value = 1): Promise<void> {
    const drop = { minute: minuteOf(world.now()), name: 'lines_dropped', label: id, value } as const
    await addToCounters(env.DB, [drop]).run()
  }
  const only = async () => {
    const [alert, ...more] = await alerts()
    if (alert === undefined || more.length > 0) throw new Error('not one alert')
    return alert
  }
  const updates = async () =>
    (await deliveriesOf(env.DB, (await only()).alertId)).filter(({ action }) => action === 'update')
  /** A host that claims a drop at each look, for hours. */
  async function lying(world: TestWorld, looks: number): Promise<void> {
    for (let look = 0; look < looks; look++) {
      world.advance(10 * MINUTE)
      await drops(world, 'liar')
      await watchAgents(world, routing, packs)
    }
  }
  async function opened(): Promise<TestWorld> {
    const world = quietWorld()
    await host(world, 'liar')
    await host(world, 'victim')
    await drops(world, 'liar', 9)
    await watchAgents(world, routing, packs)
    return world
  }

  it('are told by an update, first of all hosts, whatever holds the alert open', async () => {
    const world = await opened()
    await lying(world, 12)
    expect(await only()).toMatchObject({ title: 'liar.example.com lost lines: 9 lines dropped' })
    expect(await updates()).toEqual([])
    await drops(world, 'victim', 2)
    await lying(world, 1)
    const { title, context, status, eventCount } = await only()
    expect({ title, status, eventCount }).toEqual({
      title: '2 hosts lost lines: 5 lines dropped, now also victim.example.com',
      status: 'open',
      eventCount: 2,
    })
    expect(JSON.parse(context)).toMatchObject({
      host_count: 2,
      joined: ['victim.example.com'],
      hosts: [{ host_id: 'victim', dropped_lines: 2 }, { host_id: 'liar' }],
    })
    expect(await updates()).toMatchObject([{ destination: 'slack', state: 'pending' }])
    await lying(world, 12)
    expect(await updates()).toHaveLength(1)
  })

  it('and that were told within a day stand in the alert when they are back, and are told no more', async () => {
    const world = await opened()
    await drops(world, 'victim')
    await lying(world, 12)
    await host(world, 'other')
    await drops(world, 'other')
    await lying(world, 12)
    expect(await updates()).toHaveLength(2)
    expect((await only()).title).toContain('now also other.example.com')
    await drops(world, 'victim')
    await lying(world, 1)
    expect(JSON.parse((await only()).context).hosts).toMatchObject([
      { host_id: 'liar' },
      { host_id: 'victim' },
    ])
    expect(await updates()).toHaveLength(2)
    await lying(world, 25 * 6)
    await drops(world, 'victim')
    await lying(world, 1)
    expect((await only()).title).toContain('now also victim.example.com')
    expect(await updates()).toHaveLength(3)
  })

  it('leave an acknowledged one acknowledged, and are told within the hour', async () => {
    const world = await opened()
    const { alertId, createdAt } = await only()
    await env.DB.prepare("UPDATE alerts SET status = 'acknowledged'").run()
    await drops(world, 'victim')
    await lying(world, 1)
    expect(await only()).toMatchObject({ alertId, status: 'acknowledged' })
    expect(await updates()).toMatchObject([{ nextAttemptAt: createdAt + HOUR }])
  })

  it('are told by those about configs and queries too', async () => {
    const world = quietWorld()
    await host(world, 'a', { configId: 'bbbbbbbbbbbb' })
    await host(world, 'c')
    await sighting('c', TEST_NOW - 5 * HOUR)
    await watchAgents(world, routing, packs)
    await host(world, 'b', { configId: 'bbbbbbbbbbbb' })
    await host(world, 'd')
    await sighting('d', TEST_NOW - 5 * HOUR)
    await host(world, 'away', {}, 'stale')
    await sighting('away', TEST_NOW - 5 * HOUR)
    await pass(world, 10)
    expect((await alerts()).map(({ title }) => title).toSorted()).toEqual([
      '2 hosts do not run the config they were given, now also b.example.com',
      'stock/ports sends no rows any more from 2 hosts, now also d.example.com',
    ])
    const deliveries = await Promise.all((await alerts()).map(a => deliveriesOf(env.DB, a.alertId)))
    expect(deliveries.flat().filter(({ action }) => action === 'update')).toHaveLength(2)
  })

  it('open again one that a person resolved, and those of which it told do not', async () => {
    const world = quietWorld()
    await host(world, 'a', { configId: 'bbbbbbbbbbbb' })
    await watchAgents(world, routing, packs)
    await env.DB.prepare("UPDATE alerts SET status = 'resolved', resolved_at = ?").bind(world.now()).run()
    await pass(world, 20)
    expect(await told()).toEqual(['margay.old-config 1 resolved'])
    await host(world, 'b', { configId: 'bbbbbbbbbbbb' })
    await pass(world, 10)
    expect(await only()).toMatchObject({
      status: 'open',
      title: '2 hosts do not run the config they were given',
    })
  })

  it('are told although the record is of before it was kept who was told', async () => {
    const world = await opened()
    await env.DB.prepare(
      "UPDATE states SET value = json_remove(value, '$.told') WHERE name = 'agent-trouble'",
    ).run()
    await drops(world, 'victim')
    await lying(world, 1)
    expect((await only()).title).toBe('2 hosts lost lines: 11 lines dropped')
    await lying(world, 6)
    expect(await updates()).toHaveLength(1)
  })
})

describe('looks', () => {
  async function due(): Promise<TestWorld> {
    const world = quietWorld()
    await host(world, 'a', { configId: 'bbbbbbbbbbbb' })
    await host(world, 'b')
    await sighting('b', TEST_NOW - 5 * HOUR)
    return world
  }
  const both = ['margay.old-config 1 open', 'margay.query-silent 1 open']

  it('are ten minutes apart, and not kept from it by a clock that went back', async () => {
    const world = await due()
    await watchAgents(world, routing, [])
    await pass(world, 9)
    expect(await told()).toEqual(['margay.old-config 1 open'])
    await pass(world, 1)
    expect(await told()).toEqual(both)
    world.advance(-HOUR)
    await host(world, 'a')
    await watchAgents(world, routing, packs)
    expect(await told()).toEqual(['margay.old-config 1 resolved', 'margay.query-silent 1 open'])
  })

  it('that overlap make an alert once', async () => {
    const world = await due()
    await Promise.all([1, 2, 3].map(() => watchAgents(world, routing, packs)))
    expect(await told()).toEqual(both)
    for (const { alertId } of await alerts()) expect(await deliveriesOf(env.DB, alertId)).toHaveLength(1)
  })

  it.each([0, 1, 2, 3, 4])('change nothing if D1 fails at call %i, and are repeated', async failAt => {
    const world = await due()
    const { store, calls } = failingD1(env.DB, { failAt, lasting: true })
    await expect(watchAgents({ ...world, db: store }, routing, packs)).rejects.toThrow('connection lost')
    expect(calls()).toBe(failAt + 1)
    expect(await told()).toEqual([])
    await watchAgents(world, routing, packs)
    expect(await told()).toEqual(both)
  })

  it('tell once if the answer to the last call is lost', async () => {
    const world = await due()
    const { store } = failingD1(env.DB, { failAt: 4, after: true })
    await expect(watchAgents({ ...world, db: store }, routing, packs)).rejects.toThrow('connection lost')
    await pass(world, 11)
    expect(await told()).toEqual(both)
    for (const { alertId } of await alerts()) expect(await deliveriesOf(env.DB, alertId)).toHaveLength(1)
  })

  it('do not guess when the record is unreadable, and keep what only a newer version knows', async () => {
    const world = await due()
    const write = env.DB.prepare("INSERT OR REPLACE INTO states VALUES ('agent-trouble', ?1, 7)")
    await write.bind('{"alerts": 1}').run()
    await expect(watchAgents(world, routing, packs)).rejects.toThrow()
    expect(await told()).toEqual([])
    const alertsBefore = { 'margay.other': { episode: 5, open: true } }
    await write.bind(JSON.stringify({ lookedAt: 0, alerts: alertsBefore })).run()
    await watchAgents(world, routing, packs)
    const value = await env.DB.prepare("SELECT value FROM states WHERE name = 'agent-trouble'").first<string>(
      'value',
    )
    expect(JSON.parse(value ?? '').alerts).toMatchObject(alertsBefore)
  })
})
