import type { Severity } from '../detect/severity.ts'
import { type Page, pageOf, positionOf } from './page.ts'

/** One event that matched one rule, or in which the rule threw. Times are milliseconds since the epoch. */
export interface Match {
  readonly ruleId: string
  readonly kind: 'match' | 'rule_error'
  readonly rowId: string
  /** Empty for a signal, which belongs to no alert. Below the threshold: the id the alert would get. */
  readonly alertId: string
  readonly hostId: string
  readonly eventTime: number
  readonly matchedAt: number
  readonly severity: Severity
  readonly title: string
  readonly uniqueValue: string | null
  /** Of a rule that stands in sequences; written, never listed. */
  readonly sequence?: { readonly key: string; readonly at: number }
  /** JSON text of an object. */
  readonly context: string
  /** JSON text of the event; values are cut where the whole would not fit a row. */
  readonly event: string
}

const COLUMNS = `
  m.rule_id AS ruleId, m.kind AS kind, m.p_row_id AS rowId, m.alert_id AS alertId, m.p_host_id AS hostId,
  m.p_event_time AS eventTime, m.matched_at AS matchedAt, m.severity AS severity, m.title AS title,
  m.unique_value AS uniqueValue, m.context AS context, m.event AS event`

/**
 * Reads which of the matches exist, as `{ ruleId, kind, rowId }`.
 * @param keys  JSON array of `[rule id, kind, p_row_id]`
 */
export function selectKnownMatches(db: D1Database, keys: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT m.rule_id AS ruleId, m.kind AS kind, m.p_row_id AS rowId
       FROM json_each(?) k CROSS JOIN matches m
         ON m.rule_id = k.value ->> 0 AND m.kind = k.value ->> 1 AND m.p_row_id = k.value ->> 2`,
    )
    .bind(keys)
}

/**
 * Reads which values the windows of groups have seen, as `{ groupId, value }`.
 * @param values  JSON array of `[group id, value]`
 */
export function selectKnownUniqueValues(db: D1Database, values: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT v.value ->> 0 AS groupId, v.value ->> 1 AS value
       FROM json_each(?) v CROSS JOIN windows w ON w.group_id = v.value ->> 0
       WHERE EXISTS (SELECT 1 FROM matches m
         WHERE m.alert_id = w.alert_id AND m.unique_value = v.value ->> 1 AND m.unique_value IS NOT NULL
           AND m.matched_at >= w.started_at)`,
    )
    .bind(values)
}

/** Refuses the batch when one of the matches exists. @param keys  JSON array of `[rule id, kind, p_row_id]` */
export function assertMatchesUnknown(db: D1Database, keys: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO assertions SELECT 0 WHERE EXISTS (
         SELECT 1 FROM json_each(?) k CROSS JOIN matches m
           ON m.rule_id = k.value ->> 0 AND m.kind = k.value ->> 1 AND m.p_row_id = k.value ->> 2)`,
    )
    .bind(keys)
}

/** What `insertMatches` takes for one match. The event stands in it as JSON, not as text: escaping would double it. */
export function matchJson({ event, ...rest }: Match): string {
  return `${JSON.stringify(rest).slice(0, -1)},"event":${event}}`
}

/** Inserts matches. @param matches  JSON array of what `matchJson` gives */
export function insertMatches(db: D1Database, matches: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO matches (rule_id, kind, p_row_id, alert_id, p_host_id, p_event_time, matched_at, severity, title,
         unique_value, sequence_key, sequence_time, context, event)
       SELECT value ->> 'ruleId', value ->> 'kind', value ->> 'rowId', value ->> 'alertId', value ->> 'hostId',
         value ->> 'eventTime', value ->> 'matchedAt', value ->> 'severity', value ->> 'title',
         value ->> 'uniqueValue', value ->> '$.sequence.key', value ->> '$.sequence.at', value ->> 'context',
         value -> 'event'
       FROM json_each(?) WHERE true
       ON CONFLICT (rule_id, kind, p_row_id) DO NOTHING`,
    )
    .bind(matches)
}

/** Reads the event of the match that an alert shows, as `{ event }`: no row when any of the three is gone. */
export function selectFirstEventOfDelivery(db: D1Database, deliveryId: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT m.event AS event FROM deliveries d
       JOIN alerts a ON a.alert_id = d.alert_id
       JOIN matches m ON m.rule_id = a.rule_id AND m.kind = a.kind AND m.p_row_id = a.first_row_id
       WHERE d.delivery_id = ?`,
    )
    .bind(deliveryId)
}

/**
 * Reads the names of the hosts that the latest matches of an alert are about, as `{ host }`.
 * @param matches  how many matches are looked at
 */
export function selectHostsOfDelivery(
  db: D1Database,
  deliveryId: string,
  matches: number,
  limit: number,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT coalesce(nullif(h.hostname, ''), l.host_id) AS host FROM (
         SELECT m.p_host_id AS host_id FROM deliveries d JOIN matches m ON m.alert_id = d.alert_id
         WHERE d.delivery_id = ?1 ORDER BY m.p_event_time DESC LIMIT ?2) AS l
       LEFT JOIN hosts h ON h.host_id = l.host_id
       GROUP BY l.host_id ORDER BY host LIMIT ?3`,
    )
    .bind(deliveryId, matches, limit)
}

/**
 * Lists the matches of an alert, latest event first.
 * @param cursor  null for the first page, else the `nextCursor` of the page before
 * @returns null when the cursor is not one of ours
 */
export async function matchesOfAlert(
  db: D1Database,
  alertId: string,
  cursor: string | null,
  limit: number,
): Promise<Page<Match> | null> {
  const after = positionOf(cursor)
  if (after === null) return null
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM matches m
       WHERE m.alert_id = ?1 AND m.p_event_time <= ?2 AND (m.p_event_time < ?2 OR m.p_row_id < ?3)
       ORDER BY m.p_event_time DESC, m.p_row_id DESC LIMIT ?4`,
    )
    .bind(alertId, after.time, after.id, limit + 1)
    .all<Match>()
  return pageOf(results, limit, match => ({ time: match.eventTime, id: match.rowId }))
}
