import type { AlertStatus } from './alerts.ts'

/** How the alert of a window stands. Times are milliseconds since the epoch. */
export interface Standing {
  readonly groupId: string
  readonly alertId: string
  readonly status: AlertStatus
  readonly resolvedAt: number | null
  /** The host that the alert's row names. */
  readonly hostId: string | null
  /** Of a resolved alert: how often it opened or was resolved in the last `FLAP_WINDOW_MS`. */
  readonly changes: number
  /** Of a resolved alert: when it was last said to be flapping, null when not within `FLAP_QUIET_MS`. */
  readonly flappingAt: number | null
  /** Of a resolved alert, by destination: when it last took word that the alert opened, where that is within `TOLD_EVERY_MS`. */
  readonly toldAt: ReadonlyMap<string, number>
}

/** A standing as it is read. */
export type StandingRow = Omit<Standing, 'toldAt'> & { readonly toldAt: string | null }

/** Each destination is told that one alert opened once in this time at most. */
export const TOLD_EVERY_MS = 60 * 60_000

/** Time in which the changes of a flapping alert are counted. */
const FLAP_WINDOW_MS = 20 * 60_000
/** Time in which it is said once that an alert is flapping. */
export const FLAP_QUIET_MS = 60 * 60_000

/**
 * When each destination last took a trigger of the alert `a`, where that is after `since`: JSON, time by destination. Read from
 * the timeline, for the delivery itself forgets when it is made anew.
 */
export const toldAtSince = (since: string): string => `(
  SELECT json_group_object(destination, at) FROM (
    SELECT d.destination AS destination, (SELECT max(t.at) FROM timeline t
      WHERE t.alert_id = d.alert_id AND t.at > ${since}
        AND substr(t.entry_id, 1, length(d.delivery_id) + 10) = 'accepted:' || d.delivery_id || ':') AS at
    FROM deliveries d WHERE d.alert_id = a.alert_id AND d.action = 'trigger') WHERE at IS NOT NULL)`

/** Reads how the alerts of windows stand, where there is one, as `StandingRow`. @param groupIds  JSON array */
export function selectStandings(db: D1Database, groupIds: string, now: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT w.group_id AS groupId, a.alert_id AS alertId, a.status AS status, a.resolved_at AS resolvedAt,
         a.host_id AS hostId,
         CASE WHEN a.status = 'resolved' THEN (SELECT count(*) FROM timeline t
           WHERE t.alert_id = a.alert_id AND t.at > ?2 - ${FLAP_WINDOW_MS}
             AND t.kind IN ('created', 'reopened', 'resolved')) ELSE 0 END AS changes,
         CASE WHEN a.status = 'resolved' THEN (SELECT max(t.at) FROM timeline t
           WHERE t.alert_id = a.alert_id AND t.at > ?2 - ${FLAP_QUIET_MS} AND t.kind = 'flapping') END AS flappingAt,
         CASE WHEN a.status = 'resolved' THEN ${toldAtSince(`?2 - ${TOLD_EVERY_MS}`)} END AS toldAt
       FROM json_each(?1) g CROSS JOIN windows w ON w.group_id = g.value
       CROSS JOIN alerts a ON a.alert_id = w.alert_id`,
    )
    .bind(groupIds, now)
}

/** The standing that a row holds. */
export function standingOf(row: StandingRow): Standing {
  return { ...row, toldAt: timesOf(row.toldAt) }
}

/** Times by destination, as `toldAtSince` writes them; null is none. */
export function timesOf(json: string | null): ReadonlyMap<string, number> {
  return new Map(Object.entries(JSON.parse(json ?? '{}') as Record<string, number>)) // as toldAtSince writes it
}

/**
 * Refuses the batch when an alert was resolved, or opened again, since it was read.
 * @param seen  JSON array of `[alert id, resolved at or null]`
 */
export function assertStandings(db: D1Database, seen: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO assertions SELECT 0 WHERE EXISTS (
         SELECT 1 FROM json_each(?) s CROSS JOIN alerts a ON a.alert_id = s.value ->> 0
         WHERE a.resolved_at IS NOT s.value ->> 1)`,
    )
    .bind(seen)
}

/** Opens resolved alerts again. @param openings  JSON array of `{ alertId, at, by }` */
export function openAlertsAgain(db: D1Database, openings: string): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE alerts SET status = 'open', acknowledged_at = NULL, resolved_at = NULL, opened_at = o.value ->> 'at',
         updated_at = max(updated_at, o.value ->> 'at'), status_by = o.value ->> 'by'
       FROM json_each(?) AS o WHERE alerts.alert_id = o.value ->> 'alertId' AND alerts.status = 'resolved'`,
    )
    .bind(openings)
}
