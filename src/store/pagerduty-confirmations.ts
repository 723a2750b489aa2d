/** Since when PagerDuty tells us of incidents that it opened for alerts of ours: ms since the epoch, as text. */
const CONFIRMS_SINCE = 'pagerduty-confirms-since'

/** A trigger that PagerDuty accepted, and of which no webhook has said anything. Times are ms since the epoch. */
export interface Unconfirmed {
  readonly alertId: string
  readonly destination: string
  readonly deliveredAt: number
}

/** Notes that PagerDuty told us of an incident that it opened; only the first time counts. */
export function noteConfirming(db: D1Database, at: number): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO states (name, value, version) VALUES ('${CONFIRMS_SINCE}', CAST(CAST(?1 AS INTEGER) AS TEXT), 1)
       ON CONFLICT (name) DO NOTHING`,
    )
    .bind(at)
}

/**
 * Reads the triggers of critical alerts, open still, that PagerDuty accepted within a time and of which it has not said
 * that there is an incident, nor anything else, nor we that there is none. Nothing while it has never told us of any
 * incident, nor of what it accepted before. The earliest first.
 * @param destinations  ids of those that are PagerDuty's
 * @param accepted  both ends count
 */
export function selectUnconfirmed(
  db: D1Database,
  destinations: readonly string[],
  accepted: { readonly from: number; readonly to: number },
  limit: number,
): D1PreparedStatement {
  return db
    .prepare(
      // What is delivered has the moment of its attempt for its `next_attempt_at`: the index of what is due has it too.
      `SELECT d.alert_id AS alertId, d.destination AS destination, d.delivered_at AS deliveredAt
       FROM deliveries d JOIN alerts a ON a.alert_id = d.alert_id
       WHERE d.state = 'delivered' AND d.next_attempt_at BETWEEN ?2 AND ?3 AND d.action = 'trigger'
         AND d.destination IN (SELECT value FROM json_each(?1))
         AND a.severity = 'critical' AND a.status = 'open'
         AND d.delivered_at >= (SELECT CAST(value AS INTEGER) FROM states WHERE name = '${CONFIRMS_SINCE}')
         AND NOT EXISTS (SELECT 1 FROM pagerduty_incidents p WHERE p.alert_id = d.alert_id)
         AND NOT EXISTS (SELECT 1 FROM timeline t WHERE t.alert_id = d.alert_id AND t.at >= d.delivered_at
           AND t.entry_id = 'unconfirmed:' || d.destination)
       ORDER BY d.next_attempt_at LIMIT ?4`,
    )
    .bind(JSON.stringify(destinations), accepted.from, accepted.to, limit)
}
