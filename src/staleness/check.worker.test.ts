import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { failingD1 } from '../../test/faults.ts'
import { heldQueue } from '../../test/held-queue.ts'
import { freshStorage } from '../../test/storage.ts'
import { type TestWorld, testSettings, worldFor } from '../../test/world.ts'
import { alertIdOf, openAlert } from '../alerts/lifecycle.ts'
import type { AlertWakeUp } from '../alerts/wake-up.ts'
import type { HostId } from '../detect/event.ts'
import { routing as routingOf } from '../detect/routing.ts'
import { alertById, listAlerts } from '../store/alerts.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { enrollHost } from '../store/hosts.ts'
import { timelineOf } from '../store/timeline.ts'
import { checkSilence } from './check.ts'
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
  return worldFor(env, { alerts: queue, settings: testSettings({ silenceLearningSeconds: 0 }) })
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

/** Hosts enroll and are heard, and evaluations have gone on for so long that they judge. */
async function fleetOf(size: number): Promise<TestWorld> {
  const world = quietWorld()
  const all = Array.from({ length: size }, (_, n) => n)
  for (const n of all) await enroll(world, n)
  await hear(world, all)
  expect(await checkSilence(world, routing)).toMatchObject({ outcome: 'evaluated', feed: 'settling' })
  await pass(world, 31, all)
  return world
}

/** A pulse, as the consumer notes it. */
async function hear(world: TestWorld, hosts: readonly number[]): Promise<void> {
  await env.DB.prepare(
    `UPDATE hosts SET last_pulse_at = ?1, last_seen_at = ?1, vitals = json_object('pulses', json_object(
       'count', coalesce(iif(vitals = '', '{}', vitals) ->> '$.pulses.count', 0) + 1,
       'lastAt', ?1, 'previousAt', iif(vitals = '', '{}', vitals) ->> '$.pulses.lastAt'))
     WHERE host_id IN (SELECT value FROM json_each(?2))`,
  )
    .bind(world.now(), JSON.stringify(hosts.map(hostId)))
    .run()
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
    await pass(world, 16, [1, 2, 3, 4, 5])
    expect(await alerts()).toEqual([])
    expect(await stateOf(0)).toBe('late')

    await pass(world, 4, [1, 2, 3, 4, 5])
    const [alert, ...others] = await alerts()
    expect(others).toEqual([])
    expect(alert).toMatchObject({
      kind: 'silence',
      ruleId: 'margay.host-silent',
      status: 'open',
      severity: 'high',
      title: 'Host host-0.example.com is silent: no logs since 12:31 UTC',
      hostId: hostId(0),
      episode: 1,
    })
    expect(JSON.parse(alert?.context ?? '')).toMatchObject({
      reason:
        'No logs for 17 min; its threshold is 15 min: the least there is; its mean gap is not known. ' +
        'Last heard: heartbeat at 2026-11-24T12:31:00Z.',
      state: 'stale',
      since: '2026-11-24T12:31:00Z',
      threshold: '15 min',
      class: 'server',
    })

    await pass(world, 1, [0, 1, 2, 3, 4, 5])
    const id = alert?.alertId ?? ''
    expect(await alertById(env.DB, id)).toMatchObject({ status: 'open' })
    await env.DB.prepare('UPDATE hosts SET late_lines = 7').run()
    await pass(world, 1, [0, 1, 2, 3, 4, 5])
    expect(await alertById(env.DB, id)).toMatchObject({ status: 'resolved', statusBy: 'margay' })
    const deliveries = await deliveriesOf(env.DB, id)
    expect(deliveries.map(({ action }) => action)).toEqual(['trigger', 'resolve'])
    expect(woken.map(({ deliveryId }) => deliveryId)).toEqual(deliveries.map(({ deliveryId }) => deliveryId))
    expect((await timelineOf(env.DB, id)).at(-1)?.detail).toContain(
      'after 21 min of silence: two heartbeats since 2026-11-24T12:52:00Z. 7 buffered lines came late.',
    )
  })

  it('opens another alert the next time, when that is an hour later', async () => {
    const world = await fleetOf(6)
    for (const _ of [1, 2]) {
      await pass(world, 17, [1, 2, 3, 4, 5])
      await pass(world, 60, [0, 1, 2, 3, 4, 5])
    }
    expect((await alerts()).map(({ episode, status }) => [episode, status])).toEqual([
      [2, 'resolved'],
      [1, 'resolved'],
    ])
  })

  it('opens the same alert again when it falls silent within the hour, and tells of it when that is over', async () => {
    const world = await fleetOf(6)
    await pass(world, 17, [1, 2, 3, 4, 5])
    const [alert] = await alerts()
    const toldAt = world.now()
    await pass(world, 2, [0, 1, 2, 3, 4, 5])
    const id = alert?.alertId ?? ''
    await env.DB.prepare("UPDATE deliveries SET state = 'delivered', attempts = 1, delivered_at = 1").run()
    await pass(world, 17, [1, 2, 3, 4, 5])
    expect((await alerts()).map(({ alertId, status }) => [alertId, status])).toEqual([[id, 'open']])
    const due = (await deliveriesOf(env.DB, id)).filter(({ state }) => state === 'pending')
    expect(due.map(({ action, nextAttemptAt }) => [action, nextAttemptAt])).toEqual([
      ['trigger', toldAt + 60 * MINUTE],
    ])
    await pass(world, 2, [0, 1, 2, 3, 4, 5])
    expect(await alertById(env.DB, id)).toMatchObject({ status: 'resolved' })
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
    await pass(world, 31, [0, 1, 2, 3, 4, 5])
    expect(await alerts()).toEqual([])
    await pass(world, 1, [0, 1, 2, 3, 4, 5])
    expect((await alerts()).map(({ title }) => title)).toEqual([
      'Host host-99.example.com enrolled and never logged anything',
    ])
  })

  it('stays resolved by a person until it returns and falls silent again', async () => {
    const world = await fleetOf(6)
    await pass(world, 17, [1, 2, 3, 4, 5])
    await env.DB.prepare("UPDATE alerts SET status = 'resolved', status_by = 'someone'").run()
    await pass(world, 60, [1, 2, 3, 4, 5])
    expect((await alerts()).map(({ status, statusBy }) => [status, statusBy])).toEqual([
      ['resolved', 'someone'],
    ])
  })

  it('is let go, and its alert resolved, when it is revoked', async () => {
    const world = await fleetOf(6)
    await pass(world, 17, [1, 2, 3, 4, 5])
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
      ['margay.feed-silent', 'open', 'The feed is silent: many hosts stopped reporting at once'],
    ])
    expect(JSON.parse((await alerts())[0]?.context ?? '')).toMatchObject({
      reason: '6 of 20 servers stopped reporting at about the same time (limit: 20 % and at least 5).',
      gates: ['mass-silence'],
    })
    await pass(world, 6, [...most, 0, 1, 2, 3, 4, 5])
    expect((await alerts()).map(({ ruleId, status }) => [ruleId, status])).toEqual([
      ['margay.feed-silent', 'resolved'],
    ])
  })

  it('leaves the hosts that stay away to alerts of their own, after the patience', async () => {
    const world = await fleetOf(20)
    await pass(world, 30, most)
    await pass(world, 80, [...most, 1, 2, 3, 4, 5])
    expect((await alerts()).map(({ ruleId }) => ruleId)).toEqual(['margay.feed-silent'])
    await pass(world, 3, [...most, 1, 2, 3, 4, 5])
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
    await pass(world, 16, [1, 2, 3, 4, 5])
    world.advance(MINUTE)
    await hear(world, [1, 2, 3, 4, 5])
    return world
  }

  it.each([
    ['reading the record', 0],
    ['reading the counters', 1],
    ['reading the hosts', 2],
    ['counting servers', 3],
    ['writing the record', 4],
    ['opening the alert', 5],
  ])('at %s changes no state, opens no alert, and is counted', async (_, failAt) => {
    const world = await fallDue()
    const { store } = failingD1(env.DB, { failAt })
    expect(await checkSilence({ ...world, db: store }, routing)).toMatchObject({ outcome: 'failed' })
    expect(await alerts()).toEqual([])
    expect(await stateOf(0)).toBe('late')
    expect(world.logged.at(-1)).toMatchObject({ event: 'silence.failed' })
    const counted = "SELECT sum(value) AS n FROM counters WHERE name = 'silence_checks_failed'"
    expect(await env.DB.prepare(counted).first('n')).toBe(1)
  })

  it.each([0, 1, 2, 3, 4, 5].flatMap(failAt => [false, true].map(after => ({ failAt, after }))))(
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
  it('judges nobody for a time after a gap of cron, and says for how long nobody looked', async () => {
    const world = await fleetOf(6)
    await hear(world, [0])
    world.advance(30 * MINUTE)
    await hear(world, [1, 2, 3, 4, 5])
    expect(await checkSilence(world, routing)).toMatchObject({ outcome: 'evaluated', feed: 'settling' })
    await watchTrouble(world, routing)
    const [missed] = await alerts()
    expect(missed).toMatchObject({
      ruleId: 'margay.checks-missed',
      severity: 'medium',
      title: 'For 30 minutes nobody looked whether hosts are silent',
    })
    const { until } = JSON.parse(missed?.context ?? '')
    expect(Date.parse(until)).toBe(Math.floor(world.now() / MINUTE) * MINUTE)
    expect(JSON.parse(missed?.context ?? '')).toMatchObject({
      reason: expect.stringContaining(`until ${until}`),
    })
    await pass(world, 29, [1, 2, 3, 4, 5])
    expect(await alerts()).toHaveLength(1)
    await pass(world, 2, [1, 2, 3, 4, 5])
    const about = (await alerts()).filter(({ ruleId }) => ruleId !== 'margay.checks-missed')
    expect(about.map(({ hostId: host }) => host)).toEqual([hostId(0)])
  })

  it('opens one alert, with one delivery, when two runs happen at once', async () => {
    const world = await fleetOf(6)
    await pass(world, 16, [1, 2, 3, 4, 5])
    world.advance(MINUTE)
    await hear(world, [1, 2, 3, 4, 5])
    const runs = await Promise.all([1, 2, 3].map(() => checkSilence(world, routing)))
    expect(runs.map(run => run.outcome).toSorted()).toEqual(['evaluated', 'overtaken', 'overtaken'])
    const open = await alerts()
    expect(open).toHaveLength(1)
    expect(await deliveriesOf(env.DB, open[0]?.alertId ?? '')).toHaveLength(1)
  })

  it('opens no alert on a host that is heard between the look and the commit', async () => {
    const world = await fleetOf(6)
    await pass(world, 16, [1, 2, 3, 4, 5])
    world.advance(MINUTE)
    await hear(world, [1, 2, 3, 4, 5])
    let batches = 0
    const racing = new Proxy(env.DB, {
      get(db, property) {
        const value: unknown = Reflect.get(db, property)
        if (property !== 'batch') return typeof value === 'function' ? value.bind(db) : value
        return async (statements: D1PreparedStatement[]) => {
          batches += 1
          // The first reads the counters, before the hosts are read.
          if (batches > 1) await hear(world, [0])
          return await db.batch(statements)
        }
      },
    })
    expect(await checkSilence({ ...world, db: racing }, routing)).toMatchObject({ opened: 0 })
    expect(await alerts()).toEqual([])
    expect(await stateOf(0)).toBe('late')
  })

  it('leaves alone a host in a state that only a newer version knows', async () => {
    const world = await fleetOf(6)
    await env.DB.prepare("UPDATE hosts SET silence_state = 'asleep' WHERE host_id = ?").bind(hostId(0)).run()
    await pass(world, 20, [1, 2, 3, 4, 5])
    expect(await alerts()).toEqual([])
    expect(await stateOf(0)).toBe('asleep')
  })

  it('fails, and does not guess the episode, when the record of the feed is unreadable', async () => {
    const world = await fleetOf(6)
    await env.DB.prepare("UPDATE states SET value = '{}' WHERE name = 'feed'").run()
    expect(await checkSilence(world, routing)).toMatchObject({ outcome: 'failed' })
  })

  it('goes on where the version before stopped: its record, its states, its alerts', async () => {
    const world = await fleetOf(6)
    const id = alertIdOf('silence', 'margay.host-silent', hostId(0), 3)
    await env.DB.batch([
      env.DB.prepare("UPDATE states SET value = ? WHERE name = 'feed'").bind(
        JSON.stringify({ phase: 'flowing', episode: 4, evaluatedAt: world.now() }),
      ),
      env.DB.prepare(
        `UPDATE hosts SET silence_state = 'silent', silence_episode = 3, silence_since = last_pulse_at - 1, silence_alert = ''
         WHERE host_id = ?`,
      ).bind(hostId(0)),
      ...openAlert(env.DB, routing, {
        kind: 'silence',
        ruleId: 'margay.host-silent',
        dedup: hostId(0),
        episode: 3,
        severity: 'high',
        title: 'Host host-0 is silent',
        runbook: '',
        context: {},
        at: world.now(),
      }).statements,
    ])
    await pass(world, 2, [0, 1, 2, 3, 4, 5])
    expect(await alertById(env.DB, id)).toMatchObject({ status: 'resolved' })
    expect(await stateOf(0)).toBe('live')
  })

  it('judges hosts whose vitals can not be read, and the others with them', async () => {
    const world = await fleetOf(6)
    await env.DB.prepare('UPDATE hosts SET vitals = \'{"pulses":[3\' WHERE host_id IN (?, ?)')
      .bind(hostId(0), hostId(1))
      .run()
    await pass(
      world,
      17,
      [2, 3, 4, 5].filter(n => n > 2),
    )
    expect((await alerts()).map(({ hostId: host }) => host).toSorted()).toEqual([0, 1, 2].map(hostId))
  })

  it('tells of a laptop nothing, except right after a grave alert on it', async () => {
    const world = await fleetOf(6)
    await env.DB.prepare("UPDATE hosts SET class_guess = 'laptop' WHERE host_id IN (?, ?)")
      .bind(hostId(0), hostId(1))
      .run()
    await env.DB.prepare(
      `INSERT INTO alerts (alert_id, kind, rule_id, dedup, episode, status, severity, title, host_id, event_count,
         first_event_at, last_event_at, created_at, updated_at)
       VALUES ('a', 'match', 'r', 'd', 1, 'open', 'critical', 't', ?2, 1, ?1, ?1, ?1, ?1)`,
    )
      .bind(world.now(), hostId(1))
      .run()
    await pass(world, 30, [2, 3, 4, 5])
    const silence = (await alerts()).filter(({ kind }) => kind === 'silence')
    expect(silence.map(({ ruleId, hostId: host, severity }) => [ruleId, host, severity])).toEqual([
      ['margay.silent-after-alert', hostId(1), 'critical'],
    ])
    expect(await stateOf(0)).toBe('stale')
  })

  it('pages ten times, tells of the others by one digest, and resolves all when they return', async () => {
    const world = await fleetOf(60)
    const all = Array.from({ length: 60 }, (_, n) => n)
    // Two more each minute, but those of an earlier window: each batch is too small for the gates.
    await env.DB.prepare("UPDATE hosts SET class = 'server'").run()
    for (let batch = 0; batch < 4; batch++) {
      await pass(world, 12, all.slice(4 * (batch + 1)))
    }
    await pass(world, 18, all.slice(16))
    const open = await alerts()
    const rules = open.map(({ ruleId }) => ruleId)
    expect(rules.filter(rule => rule === 'margay.host-silent')).toHaveLength(10)
    expect(rules.filter(rule => rule === 'margay.many-hosts-silent')).toHaveLength(1)
    const digest = open.find(({ ruleId }) => ruleId === 'margay.many-hosts-silent')
    expect(digest).toMatchObject({ title: '6 more hosts are silent', eventCount: 6, status: 'open' })
    await pass(world, 4, all)
    expect((await alerts()).filter(({ status }) => status !== 'resolved')).toEqual([])
  })

  it('tells of a group that is silent alone, by its tag or its platform, and of none of its hosts', async () => {
    const world = await fleetOf(60)
    await env.DB.prepare(`UPDATE hosts SET platform = 'windows', tags = '["lab","x"]' WHERE host_id < ?`)
      .bind(hostId(10))
      .run()
    const others = Array.from({ length: 50 }, (_, n) => n + 10)
    await pass(world, 20, others)
    expect((await alerts()).map(({ ruleId, title }) => [ruleId, title])).toEqual([
      ['margay.group-silent', 'Hosts of lab are silent: 10 of 10 servers'],
    ])
    await pass(world, 3, [...others, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect((await alerts()).map(({ status }) => status)).toEqual(['resolved'])
  })

  it('reads a fleet that is well once, and one that is silent thrice at most', async () => {
    const size = 2_500
    const world = quietWorld()
    const { db, rowsRead } = countingRows(env.DB)
    const look = async () => {
      const before = rowsRead()
      expect(await checkSilence({ ...world, db }, routing)).toMatchObject({ outcome: 'evaluated' })
      return rowsRead() - before
    }
    await env.DB.prepare(
      `INSERT INTO hosts (host_id, enrolled_at, last_enroll_at, last_seen_at, last_pulse_at, silence_state, silence_since)
       SELECT printf('host-%04d', value), ?1, ?1, ?1, ?1, 'live', ?1 FROM json_each(?2)`,
    )
      .bind(world.now(), JSON.stringify(Array.from({ length: size }, (_, n) => n)))
      .run()
    await look()
    const well = await look()
    world.advance(17 * MINUTE)
    const silent = await look()
    expect(well).toBeLessThan(1.1 * size + 100)
    expect(silent).toBeLessThan(3 * size + 100)
    expect((await alerts()).map(({ ruleId }) => ruleId)).toEqual(['margay.feed-silent'])
  })
})

/** A database that adds up the rows it read, as D1 counts and bills them. */
function countingRows(real: D1Database): { readonly db: D1Database; readonly rowsRead: () => number } {
  let rows = 0
  const note = <Result extends D1Result>(result: Result): Result => {
    rows += result.meta.rows_read
    return result
  }
  const db = new Proxy(real, {
    get(target, name) {
      if (name === 'batch') {
        return async (statements: D1PreparedStatement[]) => (await target.batch(statements)).map(note)
      }
      if (name === 'prepare') return (sql: string) => noting(target.prepare(sql))
      return Reflect.get(target, name)
    },
  })
  function noting(statement: D1PreparedStatement): D1PreparedStatement {
    const bind = statement.bind.bind(statement)
    const all = statement.all.bind(statement)
    statement.bind = (...values: unknown[]) => noting(bind(...values))
    statement.all = async () => note(await all()) as never // of the type that the caller named
    return statement
  }
  return { db, rowsRead: () => rows }
}
