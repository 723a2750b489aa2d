const MINUTE_MS = 60_000

/** Of an open alert that grows, each destination hears once in this time at most. */
const UPDATE_INTERVAL_MS = 5 * MINUTE_MS
/** Of one that somebody has in hand. A whole number of the interval above, so that the same time has the same id. */
const ACKNOWLEDGED_UPDATE_INTERVAL_MS = 60 * MINUTE_MS
/** A critical alert that nobody acknowledged is told again after this, and after as long again. */
const REPEAT_INTERVAL_MS = 4 * 60 * MINUTE_MS

/** Behind all there is of the same alert and destination. */
const NEXT_SEQUENCE = `(SELECT 1 + max(e.sequence) FROM deliveries e
  WHERE e.alert_id = t.alert_id AND e.destination = t.destination)`

/**
 * Plans that destinations hear of alerts that grew: at the end of the running five minutes since the alert was created, so
 * that one row stands for all growth until then. Says nothing of resolved alerts, nor to those who were never to know.
 * What the row says is read when it is sent.
 * @param growths  JSON array of objects with an `alertId`
 */
export function planUpdates(db: D1Database, growths: string, now: number): D1PreparedStatement {
  return db
    .prepare(
      `WITH due AS (
         SELECT a.alert_id AS alert_id, a.created_at AS created_at,
           CASE a.status WHEN 'acknowledged' THEN ${ACKNOWLEDGED_UPDATE_INTERVAL_MS} ELSE ${UPDATE_INTERVAL_MS} END AS every
         FROM json_each(?1) g CROSS JOIN alerts a ON a.alert_id = g.value ->> 'alertId'
         WHERE a.status <> 'resolved')
       INSERT INTO deliveries (delivery_id, alert_id, destination, action, sequence, state, next_attempt_at, created_at)
       SELECT t.alert_id || '.' || t.destination || '.update.'
           || ((max(CAST(?2 AS INTEGER) - d.created_at, 0) / d.every + 1) * d.every / ${UPDATE_INTERVAL_MS}),
         t.alert_id, t.destination, 'update', ${NEXT_SEQUENCE}, 'pending',
         d.created_at + (max(CAST(?2 AS INTEGER) - d.created_at, 0) / d.every + 1) * d.every, CAST(?2 AS INTEGER)
       FROM due d CROSS JOIN deliveries t ON t.alert_id = d.alert_id AND t.action = 'trigger'
       ON CONFLICT (delivery_id) DO NOTHING`,
    )
    .bind(growths, now)
}

/** Open criticals whose time to be told again came since they were last: the earliest created first. ?1 now, ?2 most. */
const TO_REPEAT = `
  SELECT a.alert_id AS alert_id,
    (CAST(?1 AS INTEGER) - coalesce(a.opened_at, a.created_at)) / ${REPEAT_INTERVAL_MS} AS times, coalesce(a.opened_at, a.created_at) AS since
  FROM alerts a
  WHERE a.status = 'open' AND a.severity = 'critical' AND a.created_at <= CAST(?1 AS INTEGER) - ${REPEAT_INTERVAL_MS}
    AND coalesce(a.opened_at, a.created_at) <= CAST(?1 AS INTEGER) - ${REPEAT_INTERVAL_MS}
    AND EXISTS (SELECT 1 FROM deliveries t WHERE t.alert_id = a.alert_id AND t.action = 'trigger')
    AND NOT EXISTS (SELECT 1 FROM timeline t WHERE t.alert_id = a.alert_id AND t.kind = 'repeated'
      AND t.at >= coalesce(a.opened_at, a.created_at)
        + (CAST(?1 AS INTEGER) - coalesce(a.opened_at, a.created_at)) / ${REPEAT_INTERVAL_MS} * ${REPEAT_INTERVAL_MS})
  ORDER BY a.created_at LIMIT CAST(?2 AS INTEGER)`

/**
 * Repeats criticals that are open and that nobody acknowledged, once every four hours: a delivery for each destination
 * that was to be told, and the word of it in the timeline. Both statements stand in one batch, in this order. The first
 * answers the ids of the deliveries.
 */
export function repeatCriticals(db: D1Database, now: number, limit: number): D1PreparedStatement[] {
  return [
    db
      .prepare(
        `WITH due AS (${TO_REPEAT})
         INSERT INTO deliveries (delivery_id, alert_id, destination, action, sequence, state, next_attempt_at, created_at)
         SELECT t.alert_id || '.' || t.destination || '.update.r' || due.since || '-' || due.times,
           t.alert_id, t.destination, 'update', ${NEXT_SEQUENCE}, 'pending', CAST(?1 AS INTEGER), CAST(?1 AS INTEGER)
         FROM due CROSS JOIN deliveries t ON t.alert_id = due.alert_id AND t.action = 'trigger'
         ON CONFLICT (delivery_id) DO NOTHING RETURNING delivery_id AS deliveryId`,
      )
      .bind(now, limit),
    db
      .prepare(
        `WITH due AS (${TO_REPEAT})
         INSERT INTO timeline (alert_id, at, entry_id, kind, detail)
         SELECT alert_id, CAST(?1 AS INTEGER), 'repeated', 'repeated',
           'Nobody acknowledged it for ' || (times * ${REPEAT_INTERVAL_MS / (60 * MINUTE_MS)}) || ' hours: told again.'
         FROM due WHERE true ON CONFLICT (alert_id, at, entry_id) DO NOTHING`,
      )
      .bind(now, limit),
  ]
}
