/** The deliveries that are redriven: parked ones of a destination, parked before a moment, the oldest alerts first. */
const CHOSEN = `
  SELECT delivery_id FROM deliveries
  WHERE state = 'parked' AND next_attempt_at < ?2 AND destination = ?1
  ORDER BY created_at, delivery_id LIMIT ?3`

/** Notes in the timeline that deliveries are redriven: stands before `redriveParked`, with the same choice. */
export function insertTimelineOfRedrives(
  db: D1Database,
  destination: string,
  parkedBefore: number,
  limit: number,
  at: number,
  detail: string,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO timeline (alert_id, at, entry_id, kind, detail)
       SELECT alert_id, ?4, 'redriven:' || delivery_id, 'redriven', ?5 FROM deliveries
       WHERE delivery_id IN (${CHOSEN})
       ON CONFLICT (alert_id, at, entry_id) DO NOTHING`,
    )
    .bind(destination, parkedBefore, limit, at, detail)
}

/** Makes parked deliveries of a destination due again, with a new 72 hours. Answers them as `{ deliveryId, createdAt }`. */
export function redriveParked(
  db: D1Database,
  destination: string,
  parkedBefore: number,
  limit: number,
  at: number,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE deliveries SET state = 'pending', next_attempt_at = ?4, first_attempt_at = NULL, reason = ''
       WHERE delivery_id IN (${CHOSEN}) RETURNING delivery_id AS deliveryId, created_at AS createdAt`,
    )
    .bind(destination, parkedBefore, limit, at)
}
