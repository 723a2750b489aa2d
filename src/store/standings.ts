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
}

/** Time in which the changes of a flapping alert are counted. */
const FLAP_WINDOW_MS = 20 * 60_000
/** Quiet that follows when an alert was said to be flapping. */
export const FLAP_QUIET_MS = 60 * 60_000

/** Reads how the alerts of windows stand, where there is one. @param groupIds  JSON array */
export function selectStandings(db: D1Database, groupIds: string, now: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT w.group_id AS groupId, a.alert_id AS alertId, a.status AS status, a.resolved_at AS resolvedAt,
         a.host_id AS hostId,
         CASE WHEN a.status = 'resolved' THEN (SELECT count(*) FROM timeline t
           WHERE t.alert_id = a.alert_id AND t.at > ?2 - ${FLAP_WINDOW_MS}
             AND t.kind IN ('created', 'reopened', 'resolved')) ELSE 0 END AS changes,
         CASE WHEN a.status = 'resolved' THEN (SELECT max(t.at) FROM timeline t
           WHERE t.alert_id = a.alert_id AND t.at > ?2 - ${FLAP_QUIET_MS} AND t.kind = 'flapping') END AS flappingAt
       FROM json_each(?1) g CROSS JOIN windows w ON w.group_id = g.value
       CROSS JOIN alerts a ON a.alert_id = w.alert_id`,
    )
    .bind(groupIds, now)
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
