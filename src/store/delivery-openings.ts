import type { AlertStatus } from './alerts.ts'
import { LATE_EFFECT_MS } from './deliveries.ts'

/** Behind all there is of the same alert and destination. */
const NEXT_SEQUENCE = `(SELECT 1 + max(e.sequence) FROM deliveries e
  WHERE e.alert_id = t.alert_id AND e.destination = t.destination)`

/**
 * Tells every destination that was to be told of an alert that it opened again, if it has one of the statuses: its
 * trigger is pending anew, as `insertTriggersAgain` makes it. One that is not settled yet stays as it is.
 * @param knowing  ids of destinations that know already
 */
export function renewTriggers(
  db: D1Database,
  alertId: string,
  at: number,
  whileStatus: readonly AlertStatus[],
  knowing: readonly string[],
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE deliveries AS t SET state = 'pending', attempts = min(t.attempts, 1), sequence = ${NEXT_SEQUENCE},
         next_attempt_at = max(?2, coalesce((SELECT max(e.ambiguous_at) + ${LATE_EFFECT_MS} FROM deliveries e
           WHERE e.alert_id = t.alert_id AND e.destination = t.destination AND e.action = 'resolve'), 0)),
         created_at = ?2, first_attempt_at = NULL, delivered_at = NULL, response_status = NULL, reason = ''
       WHERE t.alert_id = ?1 AND t.action = 'trigger' AND t.state IN ('delivered', 'superseded', 'parked')
         AND t.destination NOT IN (SELECT value FROM json_each(?4))
         AND EXISTS (SELECT 1 FROM alerts WHERE alert_id = ?1 AND status IN (SELECT value FROM json_each(?3)))`,
    )
    .bind(alertId, at, JSON.stringify(whileStatus), JSON.stringify(knowing))
}

/** The id of the delivery that says that an alert is no longer acknowledged, as `insertUnacknowledged` spells it. */
export function unacknowledgedIdOf(alertId: string, destination: string, at: number): string {
  return `${alertId}.${destination}.update.u${at}`
}

/**
 * Tells every destination that was to be told of an acknowledged alert that it no longer is: an update that says why.
 * @param knowing  ids of destinations that know already
 */
export function insertUnacknowledged(
  db: D1Database,
  alertId: string,
  at: number,
  knowing: readonly string[],
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO deliveries
         (delivery_id, alert_id, destination, action, cause, sequence, state, next_attempt_at, created_at)
       SELECT t.alert_id || '.' || t.destination || '.update.u' || CAST(?2 AS INTEGER), t.alert_id, t.destination,
         'update', 'unacknowledged', ${NEXT_SEQUENCE}, 'pending', CAST(?2 AS INTEGER), CAST(?2 AS INTEGER)
       FROM deliveries t
       WHERE t.alert_id = ?1 AND t.action = 'trigger' AND t.destination NOT IN (SELECT value FROM json_each(?3))
         AND EXISTS (SELECT 1 FROM alerts WHERE alert_id = ?1 AND status = 'acknowledged')
       ON CONFLICT (delivery_id) DO NOTHING`,
    )
    .bind(alertId, at, JSON.stringify(knowing))
}
