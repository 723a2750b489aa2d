/** When deliveries were parked, ms since the epoch: `before` does not count. */
export interface ParkedTime {
  readonly from: number
  readonly before: number
}

/** The deliveries that are redriven: those of a destination that were parked within a time, the oldest alerts first. */
const CHOSEN = `
  SELECT delivery_id FROM deliveries
  WHERE state = 'parked' AND next_attempt_at >= ?2 AND next_attempt_at < ?3 AND destination = ?1
  ORDER BY created_at, delivery_id LIMIT ?4`

/** Notes in the timeline that deliveries are redriven: stands before `redriveParked`, with the same choice. */
export function insertTimelineOfRedrives(
  db: D1Database,
  destination: string,
  parked: ParkedTime,
  limit: number,
  at: number,
  detail: string,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO timeline (alert_id, at, entry_id, kind, detail)
       SELECT alert_id, ?5, 'redriven:' || delivery_id, 'redriven', ?6 FROM deliveries
       WHERE delivery_id IN (${CHOSEN})
       ON CONFLICT (alert_id, at, entry_id) DO NOTHING`,
    )
    .bind(destination, parked.from, parked.before, limit, at, detail)
}

/** Makes parked deliveries of a destination due again, with a new 72 hours. Answers them as `{ deliveryId, createdAt }`. */
export function redriveParked(
  db: D1Database,
  destination: string,
  parked: ParkedTime,
  limit: number,
  at: number,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE deliveries SET state = 'pending', next_attempt_at = ?5, first_attempt_at = NULL, reason = ''
       WHERE delivery_id IN (${CHOSEN}) RETURNING delivery_id AS deliveryId, created_at AS createdAt`,
    )
    .bind(destination, parked.from, parked.before, limit, at)
}
