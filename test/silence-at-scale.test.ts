import { beforeAll, describe, expect, it } from 'vitest'
import type { AlertWakeUp } from '../src/alerts/wake-up.ts'
import { routing as routingOf } from '../src/detect/routing.ts'
import { checkSilence } from '../src/staleness/check.ts'
import { vitalsText } from '../src/staleness/vitals-text.ts'
import { heldQueue } from './held-queue.ts'
import { sqliteD1 } from './sqlite-d1.ts'
import { vitals } from './watched-host.ts'
import { TEST_NOW, type TestWorld, testSettings, worldFor } from './world.ts'

const HOSTS = 100_000
const MINUTE = 60_000
/** Of one invocation of cron, which runs other jobs besides (developers.cloudflare.com/workers/platform/limits). */
const CPU_LIMIT_MS = 30_000
const QUERY_LIMIT = 1_000
/** What one check may take of those, on a machine that is busy with other tests. */
const SHARE = 1 / 3

const routing = routingOf({ destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }] })

/** A database that counts queries, each of a batch for itself. */
function counting(db: D1Database) {
  const count = { queries: 0 }
  const counted = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name === 'bind') return (...values: unknown[]) => counted(target.bind(...values))
        return (...args: unknown[]) => {
          count.queries += 1
          return Reflect.apply(member, target, args)
        }
      },
    })
  const store = new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => counted(target.prepare(sql))
      if (name === 'batch') {
        return (statements: D1PreparedStatement[]) => {
          count.queries += statements.length
          return target.batch(statements)
        }
      }
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return { store, count }
}

/** A hundred thousand servers with a week of rhythm, each heard within the last five minutes. */
async function bigFleet(): Promise<{ world: TestWorld; count: { readonly queries: number } }> {
  const { store, count } = counting(sqliteD1())
  const { queue } = heldQueue<AlertWakeUp>()
  const unused = new Proxy({}, {}) as R2Bucket & Queue // nothing here reads or posts
  const world = worldFor(
    { DB: store, BUCKET: unused, INGEST: unused, ALERTS: queue },
    { settings: testSettings({ heartbeatSeconds: 300 }) },
  )
  const days = Array.from({ length: 7 }, (_, n) => ({
    day: Math.floor(TEST_NOW / 86_400_000) - n,
    learntMs: 400_000,
    longestMs: 500_000,
  }))
  const text = vitalsText(vitals({ pulses: { count: 2_000, lastAt: TEST_NOW }, rhythm: { days } }))
  await world.db
    .prepare(
      `WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < ?1 - 1)
       INSERT INTO hosts (host_id, hostname, platform, tags, details, enrolled_at, last_enroll_at, last_seen_at,
         last_pulse_at, silence_state, silence_since, vitals)
       SELECT printf('host-%06d', n), printf('web-%d.example.com', n), 'ubuntu',
         json_array('default', printf('site-%d', n % 200)), printf('%.1000c', 'x'), 1, 1, ?2, ?2 - (n % 300) * 1000,
         'live', 1, ?3 FROM n`,
    )
    .bind(HOSTS, TEST_NOW, text)
    .run()
  // A week of posts, so that total silence has something to be compared with.
  await world.db
    .prepare(
      `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 8 * 1440)
       INSERT INTO counters (minute, name, label, value) SELECT ?1 - n, 'posts', '', 20000 FROM n`,
    )
    .bind(TEST_NOW / MINUTE)
    .run()
  return { world, count }
}

interface Cost {
  readonly queries: number
  /** Of the Worker and of the database together: here both work in one thread. D1's own time does not count in a Worker. */
  readonly cpuMs: number
}

let world: TestWorld
let count: { readonly queries: number }

async function costOf(what: string): Promise<Cost> {
  const before = count.queries
  const cpu = process.threadCpuUsage()
  const run = await checkSilence(world, routing)
  const { user, system } = process.threadCpuUsage(cpu)
  expect(run.outcome).toBe('evaluated')
  const cost = { queries: count.queries - before, cpuMs: Math.round((user + system) / 1_000) }
  console.log(JSON.stringify({ what, hosts: HOSTS, ...cost }))
  return cost
}

/** Time passes in which evaluations went on as ever. */
async function later(minutes: number): Promise<void> {
  world.advance(minutes * MINUTE)
  const settled = "UPDATE states SET value = json_set(value, '$.evaluatedAt', ?1, '$.runningSince', 1)"
  await world.db
    .prepare(`${settled} WHERE name = 'feed'`)
    .bind(world.now() - MINUTE)
    .run()
}

async function openAlerts(): Promise<readonly string[]> {
  const { results } = await world.db
    .prepare("SELECT rule_id AS rule FROM alerts WHERE status <> 'resolved'")
    .all<{ rule: string }>()
  return results.map(({ rule }) => rule)
}

async function allHeard(): Promise<void> {
  await world.db.prepare('UPDATE hosts SET last_pulse_at = ?').bind(world.now()).run()
  await countPosts()
}

/** Posts come in this minute. */
async function countPosts(): Promise<void> {
  const minute = Math.floor(world.now() / MINUTE)
  await world.db
    .prepare(
      "INSERT INTO counters (minute, name, label, value) VALUES (?, 'posts', '', 20000) ON CONFLICT DO NOTHING",
    )
    .bind(minute)
    .run()
}

describe('one check of 100,000 hosts', () => {
  beforeAll(async () => {
    const fleet = await bigFleet()
    world = fleet.world
    count = fleet.count
    await checkSilence(world, routing)
    await later(60)
    await allHeard()
    expect(await checkSilence(world, routing)).toMatchObject({ feed: 'flowing' })
  }, 60_000)

  it('that are well is a handful of queries, and no page of hosts', async () => {
    world.advance(MINUTE)
    await allHeard()
    const { queries, cpuMs } = await costOf('all well')
    expect(queries).toBeLessThanOrEqual(10)
    expect(cpuMs).toBeLessThan(CPU_LIMIT_MS * SHARE)
    expect(await openAlerts()).toEqual([])
  })

  it('of which 10,000 sleep reads those and counts the others', async () => {
    await world.db
      .prepare(
        "UPDATE hosts SET class = 'laptop', silence_state = 'stale', silence_since = last_pulse_at WHERE host_id < 'host-010000'",
      )
      .run()
    world.advance(MINUTE)
    await allHeard()
    await world.db
      .prepare("UPDATE hosts SET last_pulse_at = silence_since WHERE host_id < 'host-010000'")
      .run()
    const { queries, cpuMs } = await costOf('10,000 laptops asleep')
    expect(queries).toBeLessThanOrEqual(20)
    expect(cpuMs).toBeLessThan(CPU_LIMIT_MS * SHARE)
    await world.db.prepare("UPDATE hosts SET class = '', silence_state = 'live'").run()
    expect(await openAlerts()).toEqual([])
  })

  it('that all fall silent stays within what cron may take, and is one alert', async () => {
    await allHeard()
    const costs: Cost[] = []
    for (const minutes of [4, 12, 1, 1]) {
      await later(minutes)
      costs.push(await costOf(`outage, ${minutes} min later`))
    }
    const worst = {
      queries: Math.max(...costs.map(cost => cost.queries)),
      cpuMs: Math.max(...costs.map(cost => cost.cpuMs)),
    }
    expect(worst.queries).toBeLessThan(QUERY_LIMIT * SHARE)
    expect(worst.cpuMs).toBeLessThan(CPU_LIMIT_MS * SHARE)
    expect(await openAlerts()).toEqual(['margay.feed-silent'])
  }, 120_000)

  it('of which one in seven dies, too few for the gates, pages ten times and holds the rest for one digest', async () => {
    await world.db
      .prepare(
        `UPDATE states SET value = json_set(value, '$.phase', 'flowing', '$.gates', json('[]')) WHERE name = 'feed'`,
      )
      .run()
    await world.db.prepare("UPDATE alerts SET status = 'resolved'").run()
    await later(1)
    await allHeard()
    await later(16)
    await world.db
      .prepare('UPDATE hosts SET last_pulse_at = ? WHERE CAST(substr(host_id, 6) AS INTEGER) % 7 > 0')
      .bind(world.now())
      .run()
    await countPosts()
    const costs = [await costOf('14,286 die: late')]
    for (let minute = 0; minute < 2; minute++) {
      await later(1)
      await countPosts()
      costs.push(await costOf('14,286 die: stale'))
    }
    expect(Math.max(...costs.map(({ queries }) => queries))).toBeLessThan(QUERY_LIMIT * SHARE)
    expect(Math.max(...costs.map(({ cpuMs }) => cpuMs))).toBeLessThan(CPU_LIMIT_MS * SHARE)
    const open = await openAlerts()
    expect(open.filter(rule => rule === 'margay.host-silent')).toHaveLength(10)
    expect(open.filter(rule => rule !== 'margay.host-silent')).toEqual(['margay.many-hosts-silent'])
  }, 60_000)
})
