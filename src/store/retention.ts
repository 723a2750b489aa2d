import type { World } from '../env.ts'
import { minuteOf } from './counters.ts'
import { readProgress, writeProgress } from './progress.ts'
import { removeSightings } from './query-sightings.ts'
import { rowIdFloor } from './row-id-range.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** Counters serve charts and the comparison of one month with the last. */
const COUNTER_DAYS = 90
/** Matches outlive their events by far: they are what an alert shows. Alerts themselves are kept. */
const MATCH_DAYS = 90
/** Long enough to find out why a host posts what can't be read, and to send it in again. */
const QUARANTINE_DAYS = 90

/** How many rows one run looks at or removes at most, table by table. */
export interface RetentionLimits {
  readonly events: number
  readonly matches: number
  readonly counters: number
  readonly quarantined: number
  readonly sightings: number
}

/**
 * For a run each minute. 10,000 events keep up with 14 million a day, and are a slice short enough not to hold up the
 * single thread of D1. 1,000 matches go over a table of a million in a day. A busy minute makes some dozens of
 * counters. R2 deletes up to 1,000 keys in one call.
 */
const LIMITS: RetentionLimits = {
  events: 10_000,
  matches: 1_000,
  counters: 1_000,
  quarantined: 500,
  sightings: 1_000,
}

/** How many rows one run removed. */
export interface RetentionReport {
  readonly events: number
  readonly matches: number
  readonly counters: number
  readonly quarantined: number
  readonly sightings: number
}

/**
 * Removes what has been kept long enough from D1, a bounded slice of each table a run. Hosts, alerts, deliveries and
 * the segment index stay, and so does the lake.
 *
 * An event goes when both its time and its receipt are older than HOT_HOURS: what a laptop sends after a month offline
 * is searchable as long as anything else.
 *
 * @throws what D1 or R2 throw; the next run goes on from there
 */
export async function enforceRetention(
  world: World,
  limits: RetentionLimits = LIMITS,
): Promise<RetentionReport> {
  const { db } = world
  const now = world.now()
  // Only this function writes it.
  const cursors = ((await readProgress(db, PROGRESS)) as Cursors | null) ?? BEGINNING
  const events = await removeEvents(db, cursors.event, now - world.settings.hotHours * HOUR_MS, limits.events)
  const matches = await removeMatches(db, cursors.match, now - MATCH_DAYS * DAY_MS, limits.matches)
  await writeProgress(db, PROGRESS, cursors, { event: events.cursor, match: matches.cursor })
  return {
    events: events.removed,
    matches: matches.removed,
    counters: await removeCounters(db, minuteOf(now - COUNTER_DAYS * DAY_MS), limits.counters),
    quarantined: await removeQuarantined(world, now - QUARANTINE_DAYS * DAY_MS, limits.quarantined),
    sightings: (await removeSightings(db, now, limits.sightings).run()).meta.changes,
  }
}

type MatchKey = readonly [rule: string, kind: string, rowId: string]

/** Where the last run stopped in the tables that have no index by receipt and so are gone over in turn. */
interface Cursors {
  /** p_row_id of the last event looked at; empty at the beginning. */
  readonly event: string
  /** Primary key of the last match looked at. */
  readonly match: MatchKey
}

const BEGINNING: Cursors = { event: '', match: ['', '', ''] }
const PROGRESS = 'retention'

interface Slice<Cursor> {
  readonly removed: number
  readonly cursor: Cursor
}

async function removeEvents(
  db: D1Database,
  cursor: string,
  before: number,
  limit: number,
): Promise<Slice<string>> {
  const floor = rowIdFloor(before)
  const last = await db
    .prepare(
      'SELECT p_row_id FROM events WHERE p_row_id > ?1 AND p_row_id < ?2 ORDER BY p_row_id LIMIT 1 OFFSET ?3',
    )
    .bind(cursor, floor, limit - 1)
    .first<string>('p_row_id')
  const removal = await db
    .prepare('DELETE FROM events WHERE p_row_id > ?1 AND p_row_id <= ?2 AND p_parse_time < ?3')
    .bind(cursor, last ?? floor, before)
    .run()
  return { removed: removal.meta.changes, cursor: last ?? BEGINNING.event }
}

async function removeMatches(
  db: D1Database,
  cursor: MatchKey,
  before: number,
  limit: number,
): Promise<Slice<MatchKey>> {
  const last = await db
    .prepare(
      `SELECT rule_id, kind, p_row_id FROM matches WHERE (rule_id, kind, p_row_id) > (?1, ?2, ?3)
       ORDER BY rule_id, kind, p_row_id LIMIT 1 OFFSET ?4`,
    )
    .bind(...cursor, limit - 1)
    .first<{ rule_id: string; kind: string; p_row_id: string }>()
  const end: MatchKey | null = last === null ? null : [last.rule_id, last.kind, last.p_row_id]
  const removal = await db
    .prepare(
      `DELETE FROM matches WHERE (rule_id, kind, p_row_id) > (?1, ?2, ?3) AND matched_at < ?4
       ${end === null ? '' : 'AND (rule_id, kind, p_row_id) <= (?5, ?6, ?7)'}`,
    )
    .bind(...cursor, before, ...(end ?? []))
    .run()
  return { removed: removal.meta.changes, cursor: end ?? BEGINNING.match }
}

async function removeCounters(db: D1Database, beforeMinute: number, limit: number): Promise<number> {
  const removal = await db
    .prepare(
      `DELETE FROM counters WHERE (minute, name, label) IN
         (SELECT minute, name, label FROM counters WHERE minute < ?1 ORDER BY minute LIMIT ?2)`,
    )
    .bind(beforeMinute, limit)
    .run()
  return removal.meta.changes
}

/** The object goes first: a row without its object is found and removed by the next run, the reverse would not be. */
async function removeQuarantined(world: World, before: number, limit: number): Promise<number> {
  const { results } = await world.db
    .prepare(
      `SELECT quarantine_id, r2_key FROM quarantine WHERE quarantined_at < ?1 ORDER BY quarantined_at LIMIT ?2`,
    )
    .bind(before, limit)
    .all<{ quarantine_id: string; r2_key: string }>()
  if (results.length === 0) return 0
  await world.bucket.delete(results.map(row => row.r2_key))
  const removal = await world.db
    .prepare('DELETE FROM quarantine WHERE quarantine_id IN (SELECT value FROM json_each(?1))')
    .bind(JSON.stringify(results.map(row => row.quarantine_id)))
    .run()
  return removal.meta.changes
}
