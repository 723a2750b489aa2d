import type { LogType, RowId } from '../detect/event.ts'
import type { Finding } from '../detect/finding.ts'

/**
 * What is counted, minute by minute, and what the label of each says. See docs/storage.md for which counts are exact.
 *
 * - `posts`, `post_bytes`: accepted posts and their compressed bytes; no label
 * - `events_stored`: events kept in D1; label = log type
 * - `events_lake_only`: events beyond the hot budget; label = log type
 * - `records_rejected`: records in quarantine, in the minute in which they came there; label = reason
 * - `rule_matches`, `rule_errors`: matches and failures of rules; label = rule id
 * - `posts_missing`: pointers to a spooled post that was processed before; no label
 * - `dead_letters`: wake-ups of deliveries that ran out of retries (posts go to quarantine instead); no label
 * - `posts_refused`: posts that we could not take although the host did nothing wrong, at best effort; label = reason
 * - `enroll_failed`: refused enrollments, those of an address that is shut out at each doubling only; label = address of
 *   the client, for IPv6 its first 64 bits, or `others` once 500 failed everywhere within ten minutes
 * - `enroll_throttled`: enrollments refused because the same host enrolled too often; label = host id
 * - `enroll_moved`: hosts that enrolled with another secret than before; label = `<old label> to <new label>`
 * - `classes_lowered`: hosts that were taken for servers for a day and, by what they say of themselves, no longer are; label =
 *   host id
 * - `lines_dropped`: log lines that hosts say they threw away, in the minute in which we read so; label = host id
 * - `silence_minutes_missed`: minutes in which nobody looked for silence because cron did not come or its runs failed, in the
 *   minute of the first run after them; no label
 * - `silence_checks_failed`: runs that could not tell who is silent, and so judged nobody; no label
 * - `pagerduty_webhooks`: webhooks that concerned alerts of ours and were news; label = what happened to the incident
 * - `pagerduty_webhooks_refused`: webhooks without a right signature, at best effort; label = reason
 */
export type CounterName =
  | 'posts'
  | 'post_bytes'
  | 'events_stored'
  | 'events_lake_only'
  | 'records_rejected'
  | 'rule_matches'
  | 'rule_errors'
  | 'posts_missing'
  | 'dead_letters'
  | 'posts_refused'
  | 'enroll_failed'
  | 'enroll_throttled'
  | 'enroll_moved'
  | 'classes_lowered'
  | 'lines_dropped'
  | 'silence_checks_failed'
  | 'silence_minutes_missed'
  | 'pagerduty_webhooks'
  | 'pagerduty_webhooks_refused'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** The running count of hot events of one UTC day; its row stands at the first minute of that day. */
const HOT_EVENTS_OF_DAY = 'hot_events_of_day'

/** Minutes since the epoch, from milliseconds since the epoch. */
export function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MS)
}

/** Adds to counters whatever was counted before: for things that have no id by which a repetition could be told. */
export function addToCounters(
  db: D1Database,
  additions: readonly { minute: number; name: CounterName; label: string; value: number }[],
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO counters (minute, name, label, value)
       SELECT value->>'minute', value->>'name', value->>'label', sum(value->>'value') FROM json_each(?1)
       WHERE true GROUP BY 1, 2, 3
       ON CONFLICT DO UPDATE SET value = value + excluded.value`,
    )
    .bind(JSON.stringify(additions))
}

/** An event about to be stored. */
interface CountedEvent {
  readonly id: RowId
  readonly minute: number
  readonly logType: LogType
}

/**
 * Counts the events that D1 does not hold yet. Must stand before their insertion, in the same batch: so an event counts
 * once however often it comes.
 * @param now  milliseconds since the epoch; tells the day whose hot budget they use
 */
export function countNewEvents(
  db: D1Database,
  events: readonly CountedEvent[],
  now: number,
): D1PreparedStatement[] {
  const json = JSON.stringify(events.map(({ id, minute, logType }) => [id, minute, logType]))
  return [
    db.prepare(COUNT_NEW_EVENTS).bind(json),
    db.prepare(COUNT_HOT_EVENTS_OF_DAY).bind(json, firstMinuteOfDay(now), HOT_EVENTS_OF_DAY),
  ]
}

// One flat list of small rows: a list within an object would be parsed anew for each of its members.
const COUNT_NEW_EVENTS = `
  INSERT INTO counters (minute, name, label, value)
  SELECT value->>1, 'events_stored', value->>2, count(*) FROM json_each(?1)
  WHERE NOT EXISTS (SELECT 1 FROM events WHERE p_row_id = value->>0)
  GROUP BY 1, 3
  ON CONFLICT DO UPDATE SET value = value + excluded.value`

const COUNT_HOT_EVENTS_OF_DAY = `
  INSERT INTO counters (minute, name, label, value)
  SELECT ?2, ?3, '', count(*) FROM json_each(?1)
  WHERE NOT EXISTS (SELECT 1 FROM events WHERE p_row_id = value->>0)
  HAVING count(*) > 0
  ON CONFLICT DO UPDATE SET value = value + excluded.value`

/** How many events of this UTC day were kept hot so far. */
export async function hotEventsOfDay(db: D1Database, now: number): Promise<number> {
  const value = await db
    .prepare("SELECT value FROM counters WHERE minute = ?1 AND name = ?2 AND label = ''")
    .bind(firstMinuteOfDay(now), HOT_EVENTS_OF_DAY)
    .first<number>('value')
  return value ?? 0
}

function firstMinuteOfDay(now: number): number {
  return minuteOf(Math.floor(now / DAY_MS) * DAY_MS)
}

/** An accepted post, known by the first thing of it that is stored: an event or a quarantined record. */
export interface CountedPost {
  /** A p_row_id or a quarantine_id. */
  readonly firstId: string
  readonly minute: number
  readonly bytes: number
}

/**
 * Counts posts whose first record is new. A post that the queue brings again, or that the host sends again because it
 * missed our answer, begins with a record that is known. Must stand before the insertion of events and quarantine rows,
 * in the same batch.
 */
export function countNewPosts(db: D1Database, posts: readonly CountedPost[]): D1PreparedStatement {
  const distinct = new Map(posts.toReversed().map(post => [post.firstId, post])) // the first of each wins
  return db.prepare(COUNT_NEW_POSTS).bind(JSON.stringify([...distinct.values()]))
}

const COUNT_NEW_POSTS = `
  INSERT INTO counters (minute, name, label, value)
  SELECT post.value->>'minute', counter.value, '',
    sum(CASE counter.value WHEN 'posts' THEN 1 ELSE post.value->>'bytes' END)
  FROM json_each(?1) AS post, json_each('["posts", "post_bytes"]') AS counter
  WHERE NOT EXISTS (SELECT 1 FROM events WHERE p_row_id = post.value->>'firstId')
    AND NOT EXISTS (SELECT 1 FROM quarantine WHERE quarantine_id = post.value->>'firstId')
  GROUP BY 1, 2
  ON CONFLICT DO UPDATE SET value = value + excluded.value`

/** Something about to be put in quarantine: one row that stands for one or more records. */
export interface CountedRejection {
  readonly quarantineId: string
  readonly minute: number
  readonly reason: string
  readonly records: number
}

/** Counts rejected records whose quarantine row is new. Must stand before the insertion of those rows, in the same batch. */
export function countNewRejections(
  db: D1Database,
  rejections: readonly CountedRejection[],
): D1PreparedStatement {
  return db.prepare(COUNT_NEW_REJECTIONS).bind(JSON.stringify(rejections))
}

const COUNT_NEW_REJECTIONS = `
  INSERT INTO counters (minute, name, label, value)
  SELECT value->>'minute', 'records_rejected', value->>'reason', sum(value->>'records')
  FROM json_each(?1)
  WHERE NOT EXISTS (SELECT 1 FROM quarantine WHERE quarantine_id = value->>'quarantineId')
  GROUP BY 1, 3
  ON CONFLICT DO UPDATE SET value = value + excluded.value`

/**
 * Counts matches and rule errors that are new, one for each rule, kind and event. Must stand before the insertion of the
 * matches, in the same batch.
 */
export function countNewFindings(db: D1Database, findings: readonly Finding[]): D1PreparedStatement {
  const rows = findings.map(({ kind, ruleId, event }) => ({
    minute: minuteOf(event.p_parse_time),
    kind,
    rule: ruleId,
    id: event.p_row_id,
  }))
  return db.prepare(COUNT_NEW_FINDINGS).bind(JSON.stringify(rows))
}

const COUNT_NEW_FINDINGS = `
  INSERT INTO counters (minute, name, label, value)
  SELECT value->>'minute', CASE value->>'kind' WHEN 'match' THEN 'rule_matches' ELSE 'rule_errors' END,
    value->>'rule', count(DISTINCT value->>'id')
  FROM json_each(?1)
  WHERE NOT EXISTS (
    SELECT 1 FROM matches
    WHERE rule_id = value->>'rule' AND kind = value->>'kind' AND p_row_id = value->>'id'
  )
  GROUP BY 1, 2, 3
  ON CONFLICT DO UPDATE SET value = value + excluded.value`
