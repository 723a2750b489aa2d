import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { failingD1 } from '../../test/faults.ts'
import { heldQueue } from '../../test/held-queue.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, type TestWorld, worldFor } from '../../test/world.ts'
import type { AlertWakeUp } from '../alerts/wake-up.ts'
import type { HostId } from '../detect/event.ts'
import { routing as routingOf } from '../detect/routing.ts'
import { alertById, listAlerts } from '../store/alerts.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { HOST_SILENCE_PAGE } from '../store/host-silence.ts'
import { type Channel, enrollHost, touchHosts } from '../store/hosts.ts'
import { timelineOf } from '../store/timeline.ts'
import { checkSilence } from './check.ts'

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

const hostId = (n: number) => `host-${String(n).padStart(4, '0')}` as HostId

async function enroll(world: TestWorld, n: number): Promise<void> {
  await enrollHost(env.DB, {
    hostId: hostId(n),
    instanceId: `instance-${n}`,
    hostIdentifier: `host-${n}.example.com`,
    hostname: `host-${n}.example.com`,
    hardwareUuid: '',
    hardwareSerial: '',
    platform: 'ubuntu',
    osName: 'Ubuntu',
    osVersion: '26.04',
    osqueryVersion: '5.19.0',
    label: 'default',
    details: '{}',
    at: world.now(),
  })
}

/** Hosts enroll and are heard, and the first run notes the time: from here on runs judge. */
async function fleetOf(size: number): Promise<TestWorld> {
  const world = quietWorld()
  const all = Array.from({ length: size }, (_, n) => n)
  for (const n of all) await enroll(world, n)
  await hear(world, all)
  expect((await checkSilence(world, routing)).outcome).toBe('skipped')
  await checkSilence(world, routing)
  return world
}

async function hear(world: TestWorld, hosts: readonly number[], channel: Channel = 'pulse'): Promise<void> {
  const touches = hosts.map(n => ({ hostId: hostId(n), channel, at: world.now() }))
  await touchHosts(env.DB, touches).run()
}

/** Cron each minute; those that `beats` names are heard each minute. */
async function pass(
  world: TestWorld,
  minutes: number,
  beats: readonly number[] = [],
  told = routing,
): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    world.advance(MINUTE)
    await hear(world, beats)
    await checkSilence(world, told)
  }
}

async function alerts() {
  const page = await listAlerts(env.DB, {}, null, 100)
  return page?.items ?? []
}

async function stateOf(n: number) {
  return await env.DB.prepare('SELECT silence_state FROM hosts WHERE host_id = ?')
    .bind(hostId(n))
    .first<string>('silence_state')
}

describe('one host', () => {
  it('opens one alert when it falls silent and resolves it when it returns', async () => {
    const world = await fleetOf(6)
    await pass(world, 15, [1, 2, 3, 4, 5])
    expect(await alerts()).toEqual([])

    await pass(world, 5, [1, 2, 3, 4, 5])
    const [alert, ...others] = await alerts()
    expect(others).toEqual([])
    expect(alert).toMatchObject({
      kind: 'silence',
      ruleId: 'margay.host-silent',
      status: 'open',
      severity: 'high',
      title: 'Host host-0.example.com is silent',
      hostId: hostId(0),
      episode: 1,
    })
    expect(JSON.parse(alert?.context ?? '')).toMatchObject({
      reason:
        'No sign of life for 16 min; the limit is 15 min. Last heard: heartbeat at 2026-11-24T12:00:00Z.',
      last_sign: 'pulse',
    })

    await pass(world, 1, [0, 1, 2, 3, 4, 5])
    const id = alert?.alertId ?? ''
    expect(await alertById(env.DB, id)).toMatchObject({ status: 'resolved', statusBy: 'margay' })
    const deliveries = await deliveriesOf(env.DB, id)
    expect(deliveries.map(({ action }) => action)).toEqual(['trigger', 'resolve'])
    expect(woken.map(({ deliveryId }) => deliveryId)).toEqual(deliveries.map(({ deliveryId }) => deliveryId))
    expect((await timelineOf(env.DB, id)).at(-1)?.detail).toContain('after 21 min of silence')
  })

  it('opens another alert the next time', async () => {
    const world = await fleetOf(6)
    for (const _ of [1, 2]) {
      await pass(world, 17, [1, 2, 3, 4, 5])
      await pass(world, 1, [0, 1, 2, 3, 4, 5])
    }
    expect((await alerts()).map(({ episode, status }) => [episode, status])).toEqual([
      [2, 'resolved'],
      [1, 'resolved'],
    ])
  })

  it('is told to those whom a route by its tag names', async () => {
    const world = await fleetOf(6)
    await env.DB.prepare(`UPDATE hosts SET tags = '["default","lab"]' WHERE host_id = ?`)
      .bind(hostId(0))
      .run()
    const { destinations } = routing
    const muting = routingOf({ destinations, routes: [{ id: 'lab', when: { tag: 'lab' }, mute: true }] })
    await pass(world, 20, [2, 3, 4, 5], muting)
    const told = await env.DB.prepare(
      `SELECT a.host_id AS host, count(d.delivery_id) AS n FROM alerts a
       LEFT JOIN deliveries d ON d.alert_id = a.alert_id GROUP BY a.host_id ORDER BY a.host_id`,
    ).all()
    expect(told.results).toEqual([
      { host: hostId(0), n: 0 },
      { host: hostId(1), n: 1 },
    ])
  })

  it('is reported when it enrolled and was never heard of', async () => {
    const world = await fleetOf(6)
    await enroll(world, 99)
    await pass(world, 30, [0, 1, 2, 3, 4, 5])
    expect(await alerts()).toEqual([])
    await pass(world, 1, [0, 1, 2, 3, 4, 5])
    expect((await alerts()).map(({ title }) => title)).toEqual([
      'Host host-99.example.com enrolled and was never heard of',
    ])
  })

  it('stays resolved by a person until it returns and falls silent again', async () => {
    const world = await fleetOf(6)
    await pass(world, 16, [1, 2, 3, 4, 5])
    await env.DB.prepare("UPDATE alerts SET status = 'resolved', status_by = 'someone'").run()
    await pass(world, 60, [1, 2, 3, 4, 5])
    expect((await alerts()).map(({ status, statusBy }) => [status, statusBy])).toEqual([
      ['resolved', 'someone'],
    ])
  })

  it('is let go, and its alert resolved, when it is revoked', async () => {
    const world = await fleetOf(6)
    await pass(world, 16, [1, 2, 3, 4, 5])
    await env.DB.prepare('UPDATE hosts SET revoked_at = ? WHERE host_id = ?')
      .bind(world.now(), hostId(0))
      .run()
    await pass(world, 60, [1, 2, 3, 4, 5])
    expect((await alerts()).map(({ status }) => status)).toEqual(['resolved'])
    expect(await stateOf(0)).toBe('revoked')
  })
})

describe('the feed', () => {
  const most = Array.from({ length: 14 }, (_, n) => n + 6)

  it('opens exactly one alert and no host alert when 30 % fall silent, and resolves it when they return', async () => {
    const world = await fleetOf(20)
    await pass(world, 60, most)
    expect((await alerts()).map(({ ruleId, status, title }) => [ruleId, status, title])).toEqual([
      ['margay.feed-silent', 'open', 'The feed is silent: 6 of 20 hosts stopped reporting'],
    ])
    await pass(world, 2, [...most, 0, 1, 2, 3, 4, 5])
    expect((await alerts()).map(({ ruleId, status }) => [ruleId, status])).toEqual([
      ['margay.feed-silent', 'resolved'],
    ])
  })

  it('leaves the hosts that stay away to alerts of their own, after the patience', async () => {
    const world = await fleetOf(20)
    await pass(world, 30, most)
    await pass(world, 75, [...most, 1, 2, 3, 4, 5])
    expect((await alerts()).map(({ ruleId }) => ruleId)).toEqual(['margay.feed-silent'])
    await pass(world, 2, [...most, 1, 2, 3, 4, 5])
    expect((await alerts()).map(({ ruleId, hostId: host }) => [ruleId, host])).toEqual([
      ['margay.host-silent', hostId(0)],
      ['margay.feed-silent', null],
    ])
  })
})

describe('a failed run', () => {
  /** Host 0 is due to fall silent, and the run before is fresh. */
  async function fallDue(): Promise<TestWorld> {
    const world = await fleetOf(6)
    await pass(world, 14, [1, 2, 3, 4, 5])
    world.advance(2 * MINUTE)
    await hear(world, [1, 2, 3, 4, 5])
    return world
  }

  it.each([
    ['reading the feed', 0],
    ['reading the hosts', 1],
    ['writing the feed', 2],
    ['opening the alert', 3],
  ])('at %s changes no state, opens no alert, and is counted', async (_, failAt) => {
    const world = await fallDue()
    const { store } = failingD1(env.DB, { failAt })
    expect(await checkSilence({ ...world, db: store }, routing)).toMatchObject({ outcome: 'failed' })
    expect(await alerts()).toEqual([])
    expect(await stateOf(0)).toBe('live')
    expect(world.logged.at(-1)).toMatchObject({ event: 'silence.failed' })
    const counted = "SELECT sum(value) AS n FROM counters WHERE name = 'silence_checks_failed'"
    expect(await env.DB.prepare(counted).first('n')).toBe(1)
  })

  it.each([0, 1, 2, 3].flatMap(failAt => [false, true].map(after => ({ failAt, after }))))(
    'is made up for by the next one: $failAt, answer lost $after',
    async plan => {
      const world = await fallDue()
      const { store } = failingD1(env.DB, plan)
      await checkSilence({ ...world, db: store }, routing)
      await checkSilence(world, routing)
      const open = await alerts()
      expect(open.map(({ hostId: host, status }) => [host, status])).toEqual([[hostId(0), 'open']])
      expect(await deliveriesOf(env.DB, open[0]?.alertId ?? '')).toHaveLength(1)
    },
  )

  it('does not throw when nothing of D1 works', async () => {
    const { store } = failingD1(env.DB, { failAt: 0, lasting: true })
    const world = worldFor(env, { db: store })
    expect(await checkSilence(world, routing)).toMatchObject({ outcome: 'failed' })
    expect(world.logged.map(({ event }) => event)).toEqual(['silence.failed', 'silence.failure-not-counted'])
  })
})

describe('the run itself', () => {
  it('judges nobody after a gap of cron, and does one minute later', async () => {
    const world = await fleetOf(6)
    await hear(world, [0])
    world.advance(60 * MINUTE)
    await hear(world, [1, 2, 3, 4, 5])
    expect(await checkSilence(world, routing)).toEqual({ outcome: 'skipped' })
    expect(await alerts()).toEqual([])
    await pass(world, 1, [1, 2, 3, 4, 5])
    expect(await alerts()).toHaveLength(1)
  })

  it('opens one alert, with one delivery, when two runs happen at once', async () => {
    const world = await fleetOf(6)
    await pass(world, 14, [1, 2, 3, 4, 5])
    world.advance(2 * MINUTE)
    await hear(world, [1, 2, 3, 4, 5])
    const runs = await Promise.all([1, 2, 3].map(() => checkSilence(world, routing)))
    expect(runs.map(run => run.outcome).toSorted()).toEqual(['evaluated', 'overtaken', 'overtaken'])
    const open = await alerts()
    expect(open).toHaveLength(1)
    expect(await deliveriesOf(env.DB, open[0]?.alertId ?? '')).toHaveLength(1)
  })

  it('opens no alert on a host that is heard between the look and the commit', async () => {
    const world = await fleetOf(6)
    await pass(world, 14, [1, 2, 3, 4, 5])
    world.advance(2 * MINUTE)
    await hear(world, [1, 2, 3, 4, 5])
    const racing = new Proxy(env.DB, {
      get(db, property) {
        const value: unknown = Reflect.get(db, property)
        if (property !== 'batch') return typeof value === 'function' ? value.bind(db) : value
        return async (statements: D1PreparedStatement[]) => {
          await hear(world, [0])
          return await db.batch(statements)
        }
      },
    })
    expect(await checkSilence({ ...world, db: racing }, routing)).toMatchObject({ opened: 0 })
    expect(await alerts()).toEqual([])
    expect(await stateOf(0)).toBe('live')
  })

  it('leaves alone a host in a state that only a newer version knows', async () => {
    const world = await fleetOf(6)
    await env.DB.prepare("UPDATE hosts SET silence_state = 'lagging' WHERE host_id = ?").bind(hostId(0)).run()
    await pass(world, 20, [1, 2, 3, 4, 5])
    expect(await alerts()).toEqual([])
    expect(await stateOf(0)).toBe('lagging')
  })

  it('fails, and does not guess the episode, when the record of the feed is unreadable', async () => {
    const world = await fleetOf(6)
    await env.DB.prepare("UPDATE states SET value = '{}' WHERE name = 'feed'").run()
    expect(await checkSilence(world, routing)).toMatchObject({ outcome: 'failed' })
  })

  it('reads 2,500 hosts in pages by primary key and works off many changes a part at a time', async () => {
    const world = quietWorld()
    await env.DB.prepare(
      `INSERT INTO hosts (host_id, enrolled_at, last_enroll_at, last_seen_at, last_pulse_at, silence_since)
       SELECT printf('host-%04d', value), ?1, ?1, ?1, ?1, ?1 FROM json_each(?2)`,
    )
      .bind(TEST_NOW, JSON.stringify(Array.from({ length: 2_500 }, (_, n) => n + 1)))
      .run()
    await checkSilence(world, routing)
    await checkSilence(world, routing)
    const live = "SELECT count(*) AS n FROM hosts WHERE silence_state = 'live'"
    expect(await env.DB.prepare(live).first('n')).toBe(2_500)

    world.advance(16 * MINUTE)
    await env.DB.prepare('UPDATE hosts SET last_pulse_at = ? WHERE host_id > ?')
      .bind(world.now(), hostId(60))
      .run()
    await env.DB.prepare("UPDATE states SET value = json_set(value, '$.evaluatedAt', ?)")
      .bind(world.now())
      .run()
    expect(await checkSilence(world, routing)).toMatchObject({ opened: 50 })
    expect(await checkSilence(world, routing)).toMatchObject({ opened: 10 })
    expect(await checkSilence(world, routing)).toMatchObject({ opened: 0 })
    await env.DB.prepare('UPDATE hosts SET last_pulse_at = ?')
      .bind(world.now() + 1)
      .run()
    expect(await checkSilence(world, routing)).toMatchObject({ resolved: 50 })
    expect(await checkSilence(world, routing)).toMatchObject({ resolved: 10 })
  })

  it('reads a page by the primary key', async () => {
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${HOST_SILENCE_PAGE}`).bind('', 10).all()
    expect(results.map(({ detail }) => detail)).toEqual(['SEARCH hosts USING PRIMARY KEY (host_id>?)'])
  })
})
