import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { eventOf } from '../../test/event.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, testSettings, worldFor } from '../../test/world.ts'
import type { RowId } from '../detect/event.ts'
import { insertEvents } from './events.ts'
import { hotJson } from './hot-event.ts'
import { enforceRetention } from './retention.ts'
import { rowIdTime } from './row-id-range.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const LIMITS = { events: 10, matches: 10, counters: 10, quarantined: 10, sightings: 10 }

const world = () => worldFor(env, { settings: testSettings({ hotHours: 72 }) })

async function storeEvent(name: string, eventTime: number, receivedAt: number): Promise<void> {
  const event = eventOf({
    name,
    p_row_id: `${rowIdTime(eventTime)}-${name}` as RowId,
    p_event_time: eventTime,
    p_parse_time: receivedAt,
  })
  await env.DB.batch(insertEvents(env.DB, [hotJson(event)]))
}

async function storeMatch(rule: string, rowId: string, matchedAt: number): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO matches (rule_id, kind, p_row_id, alert_id, p_host_id, p_event_time, matched_at, severity, title, event)
     VALUES (?1, 'match', ?2, 'a', 'h', 0, ?3, 'low', 't', '{}')`,
  )
    .bind(rule, rowId, matchedAt)
    .run()
}

const column = async (sql: string): Promise<unknown[]> =>
  (await env.DB.prepare(sql).raw()).map(([value]) => value)
const eventNames = () => column('SELECT name FROM events ORDER BY name')

beforeEach(freshStorage)

describe('enforceRetention', () => {
  it('removes events whose time and receipt are older than HOT_HOURS', async () => {
    await storeEvent('old', TEST_NOW - 73 * HOUR_MS, TEST_NOW - 73 * HOUR_MS)
    await storeEvent('young', TEST_NOW - 71 * HOUR_MS, TEST_NOW - 71 * HOUR_MS)
    expect(await enforceRetention(world())).toMatchObject({ events: 1 })
    expect(await eventNames()).toEqual(['young'])
  })

  it('keeps what came late as long as what came in time', async () => {
    await storeEvent('late', TEST_NOW - 30 * DAY_MS, TEST_NOW - HOUR_MS)
    await enforceRetention(world())
    expect(await eventNames()).toEqual(['late'])
  })

  it('gets past late events to the old ones behind them, a slice a run, and starts over at the end', async () => {
    for (const index of [1, 2, 3]) await storeEvent(`late${index}`, index, TEST_NOW)
    await storeEvent('old1', TEST_NOW - 80 * HOUR_MS, TEST_NOW - 80 * HOUR_MS)
    await storeEvent('old2', TEST_NOW - 79 * HOUR_MS, TEST_NOW - 79 * HOUR_MS)
    const removed: number[] = []
    for (let run = 0; run < 3; run += 1) {
      removed.push((await enforceRetention(world(), { ...LIMITS, events: 2 })).events)
    }
    expect(removed).toEqual([0, 1, 1])
    await storeEvent('old0', 0, 0) // before where the cursor stood
    expect(await enforceRetention(world(), { ...LIMITS, events: 2 })).toMatchObject({ events: 1 })
    expect(await eventNames()).toEqual(['late1', 'late2', 'late3'])
  })

  it('goes over the matches in turn and removes those of long ago', async () => {
    const old = TEST_NOW - 91 * DAY_MS
    await storeMatch('a', '1', old)
    await storeMatch('a', '2', TEST_NOW)
    await storeMatch('b', '1', TEST_NOW)
    await storeMatch('b', '2', old)
    const first = await enforceRetention(world(), { ...LIMITS, matches: 2 })
    const second = await enforceRetention(world(), { ...LIMITS, matches: 2 })
    expect([first.matches, second.matches]).toEqual([1, 1])
    expect(await column('SELECT rule_id || p_row_id FROM matches ORDER BY 1')).toEqual(['a2', 'b1'])
    const third = await enforceRetention(world(), { ...LIMITS, matches: 2 })
    expect(third.matches).toBe(0)
  })

  it('removes counters of long ago, no more than the limit at once', async () => {
    const minute = Math.floor((TEST_NOW - 91 * DAY_MS) / 60_000)
    const insert = env.DB.prepare("INSERT INTO counters VALUES (?1, 'posts', '', 1)")
    await env.DB.batch([minute, minute + 1, minute + 2, minute + 10 * 1440].map(at => insert.bind(at)))
    expect(await enforceRetention(world(), { ...LIMITS, counters: 2 })).toMatchObject({ counters: 2 })
    expect(await enforceRetention(world(), { ...LIMITS, counters: 2 })).toMatchObject({ counters: 1 })
    expect(await column('SELECT minute FROM counters')).toEqual([minute + 10 * 1440])
  })

  it('removes quarantined bytes together with their rows', async () => {
    const insert = env.DB.prepare(
      "INSERT INTO quarantine (quarantine_id, quarantined_at, reason, byte_count, r2_key) VALUES (?1, ?2, 'not_json', 1, ?3)",
    )
    await env.BUCKET.put('quarantine/old', 'x')
    await env.BUCKET.put('quarantine/young', 'x')
    await env.DB.batch([
      insert.bind('old', TEST_NOW - 91 * DAY_MS, 'quarantine/old'),
      insert.bind('young', TEST_NOW, 'quarantine/young'),
    ])
    expect(await enforceRetention(world())).toMatchObject({ quarantined: 1 })
    expect((await env.BUCKET.list()).objects.map(({ key }) => key)).toEqual(['quarantine/young'])
    expect(await column('SELECT quarantine_id FROM quarantine')).toEqual(['young'])
  })

  it('writes nothing when there is nothing to remove', async () => {
    expect(await enforceRetention(world())).toEqual({
      events: 0,
      matches: 0,
      counters: 0,
      quarantined: 0,
      sightings: 0,
    })
    expect(await column('SELECT count(*) FROM states')).toEqual([0])
  })

  it.each([
    [
      'events',
      'SELECT p_row_id FROM events WHERE p_row_id > ?1 AND p_row_id < ?2 ORDER BY p_row_id LIMIT 1 OFFSET ?3',
    ],
    [
      'matches',
      'DELETE FROM matches WHERE (rule_id, kind, p_row_id) > (?1, ?2, ?3) AND matched_at < ?4 AND (rule_id, kind, p_row_id) <= (?5, ?6, ?7)',
    ],
  ])('finds its slice of %s by the primary key', async (_table, sql) => {
    const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...Array.from({ length: sql.match(/\?\d/g)?.length ?? 0 }, () => ''))
      .raw()
    expect(plan.map(row => row.at(3)).join('\n')).toMatch(/^SEARCH \w+ USING PRIMARY KEY/)
  })
})
