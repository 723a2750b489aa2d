/** A critical alert whose destination has not taken it. */
export interface Untold {
  readonly alertId: string
  readonly state: string
  readonly reason: string
}

/**
 * Reads critical alerts, open still, that a destination was to be told of before `dueBy` and was not, while the fallback
 * was not to be told. A delivery that a silence kept is due when that ended.
 */
export function selectUntold(
  db: D1Database,
  destination: string,
  fallback: string,
  due: { readonly since: number; readonly by: number },
  limit: number,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT d.alert_id AS alertId, d.state AS state, d.reason AS reason FROM deliveries d
       JOIN alerts a ON a.alert_id = d.alert_id
       WHERE (d.state IN ('pending', 'leased') OR d.state = 'parked' AND d.next_attempt_at >= ?3)
         AND d.destination = ?1 AND d.action = 'trigger'
         AND max(d.created_at, coalesce(d.silenced_until, 0)) <= ?4
         AND a.severity = 'critical' AND a.status = 'open'
         AND NOT EXISTS (SELECT 1 FROM deliveries f WHERE f.delivery_id = d.alert_id || '.' || ?2 || '.trigger')
       LIMIT ?5`,
    )
    .bind(destination, fallback, due.since, due.by, limit)
}
