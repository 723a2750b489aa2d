import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { eventOf } from '../../test/event.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW } from '../../test/world.ts'
import type { OsqueryEvent, RowId } from '../detect/event.ts'
import type { Finding } from '../detect/finding.ts'
import {
  addToCounters,
  countNewEvents,
  countNewFindings,
  countNewPosts,
  countNewRejections,
  hotEventsOfDay,
  minuteOf,
} from './counters.ts'
import { insertEvents } from './events.ts'
import { hotJson } from './hot-event.ts'

const MINUTE = minuteOf(TEST_NOW)
const DAY_MS = 86_400_000
const idOf = (text: string) => text as RowId

/** All counters as `name label @minutes since noon: value`. */
async function counters(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    "SELECT * FROM counters WHERE name != 'hot_events_of_day' ORDER BY minute, name, label",
  ).all<{ minute: number; name: string; label: string; value: number }>()
  return results.map(({ minute, name, label, value }) => `${name} ${label} @${minute - MINUTE}: ${value}`)
}

const made = (id: string, overrides: Partial<OsqueryEvent> = {}) =>
  eventOf({ p_row_id: idOf(id), p_parse_time: TEST_NOW, ...overrides })

async function store(...events: OsqueryEvent[]): Promise<void> {
  const counted = events.map(event => ({
    id: event.p_row_id,
    minute: minuteOf(event.p_parse_time),
    logType: event.p_log_type,
  }))
  await env.DB.batch([
    ...countNewEvents(env.DB, counted, TEST_NOW),
    ...insertEvents(env.DB, events.map(hotJson)),
  ])
}

beforeEach(freshStorage)

describe('countNewEvents', () => {
  it('counts by minute of receipt and log type', async () => {
    await store(
      made('a'),
      made('b'),
      made('c', { p_log_type: 'Osquery.Status' }),
      made('d', { p_parse_time: TEST_NOW + 60_000 }),
    )
    expect(await counters()).toEqual([
      'events_stored Osquery.Differential @0: 2',
      'events_stored Osquery.Status @0: 1',
      'events_stored Osquery.Differential @1: 1',
    ])
  })

  it('counts an event once, however often it comes', async () => {
    await store(made('a'), made('b'))
    await store(made('b'), made('c'))
    await store(made('b'), made('c'))
    expect(await counters()).toEqual(['events_stored Osquery.Differential @0: 3'])
  })

  it('keeps the sum of the day for the hot budget', async () => {
    await store(made('a'), made('b'))
    await store(made('b'), made('c'))
    expect(await hotEventsOfDay(env.DB, TEST_NOW)).toBe(3)
    expect(await hotEventsOfDay(env.DB, TEST_NOW + DAY_MS)).toBe(0)
  })
})

it('looks an event up by its key, however many are stored', async () => {
  const counted = Array.from({ length: 100 }, (_, index) => ({
    id: idOf(`new-${index}`),
    minute: MINUTE,
    logType: 'Osquery.Batch' as const,
  }))
  const rowsRead = async () => (await countNewEvents(env.DB, counted, TEST_NOW)[0]?.run())?.meta.rows_read
  const before = await rowsRead()
  await store(...Array.from({ length: 500 }, (_, index) => made(`stored-${index}`)))
  expect(await rowsRead()).toBe(before)
})

describe('countNewPosts', () => {
  const post = (firstId: string, bytes: number) => ({ firstId, minute: MINUTE, bytes })

  it('counts posts and their bytes', async () => {
    await countNewPosts(env.DB, [post('a', 10), post('b', 5)]).run()
    expect(await counters()).toEqual(['post_bytes  @0: 15', 'posts  @0: 2'])
  })

  it('leaves out a post that begins with a known event or a known rejection', async () => {
    await store(made('a'))
    await env.DB.prepare(
      "INSERT INTO quarantine (quarantine_id, quarantined_at, reason, byte_count, r2_key) VALUES ('q', 0, '', 0, '')",
    ).run()
    await countNewPosts(env.DB, [post('a', 10), post('q', 10), post('b', 5)]).run()
    expect(await counters()).toEqual(expect.arrayContaining(['post_bytes  @0: 5', 'posts  @0: 1']))
  })

  it('takes two posts of one batch that begin alike for one sent twice', async () => {
    await countNewPosts(env.DB, [post('a', 10), post('a', 30)]).run()
    expect(await counters()).toEqual(['post_bytes  @0: 10', 'posts  @0: 1'])
  })
})

describe('countNewRejections', () => {
  it('counts the records that a new quarantine row stands for', async () => {
    await env.DB.prepare(
      "INSERT INTO quarantine (quarantine_id, quarantined_at, reason, byte_count, r2_key) VALUES ('old', 0, '', 0, '')",
    ).run()
    const rejection = (quarantineId: string, reason: string, records: number) => ({
      quarantineId,
      minute: MINUTE,
      reason,
      records,
    })
    await countNewRejections(env.DB, [
      rejection('old', 'not_json', 1),
      rejection('a', 'not_json', 1),
      rejection('b', 'not_json', 40),
      rejection('c', 'too_large', 1),
    ]).run()
    expect(await counters()).toEqual(['records_rejected not_json @0: 41', 'records_rejected too_large @0: 1'])
  })
})

describe('countNewFindings', () => {
  const finding = (ruleId: string, kind: 'match' | 'rule_error', rowId: string): Finding => {
    const base = {
      ruleId,
      event: made(rowId),
      severity: 'low',
      title: '',
      dedup: '',
      dedupMinutes: 60,
      runbook: '',
    } as const
    return kind === 'match'
      ? { ...base, kind, threshold: 1, alert: true, destinations: null, context: {} }
      : { ...base, kind, stage: 'detect', message: '' }
  }

  it('counts matches and rule errors apart, by rule, leaving out known ones', async () => {
    await env.DB.prepare(
      `INSERT INTO matches (rule_id, kind, p_row_id, alert_id, p_host_id, p_event_time, matched_at, severity, title, event)
       VALUES ('r1', 'match', 'a', '', '', 0, 0, '', '', '{}')`,
    ).run()
    await countNewFindings(env.DB, [
      finding('r1', 'match', 'a'),
      finding('r1', 'match', 'b'),
      finding('r1', 'rule_error', 'a'),
      finding('r2', 'match', 'a'),
    ]).run()
    expect(await counters()).toEqual([
      'rule_errors r1 @0: 1',
      'rule_matches r1 @0: 1',
      'rule_matches r2 @0: 1',
    ])
  })

  it('counts one error for one event, however many functions of the rule failed', async () => {
    await countNewFindings(env.DB, [finding('r1', 'rule_error', 'a'), finding('r1', 'rule_error', 'a')]).run()
    expect(await counters()).toEqual(['rule_errors r1 @0: 1'])
  })
})

describe('addToCounters', () => {
  it('adds, also to what is there', async () => {
    const one = { minute: MINUTE, name: 'dead_letters', label: 'ingest-dead', value: 1 } as const
    await addToCounters(env.DB, [one, one]).run()
    await addToCounters(env.DB, [one]).run()
    expect(await counters()).toEqual(['dead_letters ingest-dead @0: 3'])
  })
})
