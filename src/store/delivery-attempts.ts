/** How an attempt ended, for `settleDelivery`. */
export interface Settlement {
  readonly state: 'pending' | 'delivered' | 'parked'
  readonly nextAttemptAt: number
  readonly responseStatus: number | null
  readonly reason: string
  /** When the destination took it first (ms since the epoch). Absent: now, if it is delivered. */
  readonly deliveredAt?: number | null
  /** No answer came: what was sent may take effect later. */
  readonly isAmbiguous?: boolean
}

/**
 * Nothing earlier for the same alert and destination is under way: what keeps a resolve behind its trigger. An update that
 * waits for its time holds nobody up.
 */
const NOTHING_BEFORE = `NOT EXISTS (
  SELECT 1 FROM deliveries e WHERE e.alert_id = d.alert_id AND e.destination = d.destination
    AND e.sequence < d.sequence AND (e.state = 'leased' OR e.state = 'pending' AND e.action <> 'update'))`

/**
 * What a delivery says is true at this very moment, as far as a send of it could do harm that does not heal by itself:
 *
 * - A trigger or update of an alert that was resolved opens an incident that nobody closes when the resolve came from
 *   where it is sent.
 * - An update between a resolve and the trigger behind it opens an incident of its own.
 * - An acknowledge of an alert that was let go of, or a resolve of one that was opened again, comes back by PagerDuty's
 *   webhook as a later word and takes that back.
 */
const STILL_TRUE = `EXISTS (SELECT 1 FROM alerts a WHERE a.alert_id = d.alert_id AND CASE d.action
    WHEN 'acknowledge' THEN a.status = 'acknowledged'
    WHEN 'resolve' THEN a.status = 'resolved' OR EXISTS (
      SELECT 1 FROM deliveries l WHERE l.alert_id = d.alert_id AND l.destination = d.destination
        AND l.sequence > d.sequence AND l.action = 'trigger' AND l.state = 'pending')
    ELSE a.status <> 'resolved' END)
  AND (d.action <> 'update' OR NOT EXISTS (
    SELECT 1 FROM deliveries l WHERE l.alert_id = d.alert_id AND l.destination = d.destination
      AND l.sequence > d.sequence AND l.action IN ('resolve', 'trigger') AND l.state IN ('pending', 'leased', 'parked')))`

/**
 * Takes the lease on a delivery if it is due, nothing before it is under way and it is still true. Answers the row when
 * it was taken: of two consumers at the same moment one gets it. The attempt counts from here, for the send may outlive
 * our memory of it. One that is not true any more is left as it is: whoever is woken next reads so and says why.
 *
 * Not asked again, because what was read a moment ago does no harm: a silence or a pause that began since (it is as if the
 * send had been quicker), and what the alert counts (the next update tells).
 */
export function claimDelivery(
  db: D1Database,
  deliveryId: string,
  lease: { readonly token: string; readonly now: number; readonly expiresAt: number },
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE deliveries AS d SET state = 'leased', lease_token = ?2, lease_expires_at = ?4,
         attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, ?3),
         -- Whoever held the lease may have sent it before they died.
         ambiguous_at = CASE WHEN d.state = 'leased' THEN d.lease_expires_at ELSE d.ambiguous_at END
       WHERE d.delivery_id = ?1
         AND (d.state = 'pending' AND d.next_attempt_at <= ?3 OR d.state = 'leased' AND d.lease_expires_at <= ?3)
         AND ${NOTHING_BEFORE} AND ${STILL_TRUE}
       RETURNING attempts, first_attempt_at AS firstAttemptAt`,
    )
    .bind(deliveryId, lease.token, lease.now, lease.expiresAt)
}

/** Writes how an attempt ended, unless the lease has passed to another meanwhile. */
export function settleDelivery(
  db: D1Database,
  deliveryId: string,
  token: string,
  at: number,
  end: Settlement,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE deliveries SET state = ?4, next_attempt_at = ?5, response_status = ?6, reason = ?7,
         delivered_at = ?8, ambiguous_at = CASE WHEN ?9 THEN ?3 ELSE ambiguous_at END,
         lease_token = NULL, lease_expires_at = NULL
       WHERE delivery_id = ?1 AND lease_token = ?2`,
    )
    .bind(
      deliveryId,
      token,
      at,
      end.state,
      end.nextAttemptAt,
      end.responseStatus,
      end.reason,
      end.deliveredAt ?? (end.state === 'delivered' ? at : null),
      end.isAmbiguous === true ? 1 : 0,
    )
}

/**
 * Refuses the batch when one of the deliveries is no longer as it was read.
 * @param seen  JSON array of `[delivery id, state, attempts]`
 */
export function assertDeliveriesUnchanged(db: D1Database, seen: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO assertions SELECT 0 WHERE EXISTS (
         SELECT 1 FROM json_each(?) s LEFT JOIN deliveries d ON d.delivery_id = s.value ->> 0
         WHERE d.state IS NOT s.value ->> 1 OR d.attempts IS NOT s.value ->> 2)`,
    )
    .bind(seen)
}

/**
 * Takes deliveries out of the way without sending them. One that is parked has this moment for its `next_attempt_at`, as
 * `settleDelivery` gives it: what is parked is found by when that was.
 * @param deliveryIds  JSON array
 */
export function closeDeliveries(
  db: D1Database,
  deliveryIds: string,
  state: 'parked' | 'superseded',
  reason: string,
  at: number,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE deliveries SET state = ?2, reason = ?3, lease_token = NULL, lease_expires_at = NULL,
         ambiguous_at = CASE WHEN state = 'leased' THEN lease_expires_at ELSE ambiguous_at END,
         next_attempt_at = CASE WHEN ?2 = 'parked' THEN ?4 ELSE next_attempt_at END
       WHERE delivery_id IN (SELECT value FROM json_each(?1))`,
    )
    .bind(deliveryIds, state, reason, at)
}

/** Holds pending deliveries back until a time. @param deliveryIds  JSON array */
export function holdDeliveries(db: D1Database, deliveryIds: string, until: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE deliveries SET next_attempt_at = max(next_attempt_at, ?2)
       WHERE delivery_id IN (SELECT value FROM json_each(?1)) AND state = 'pending'`,
    )
    .bind(deliveryIds, until)
}

/** Reads the ids of deliveries that wait although they were due by `dueBy` and nothing is before them, oldest first. */
export function selectOverdue(db: D1Database, dueBy: number, limit: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT d.delivery_id AS deliveryId FROM deliveries d
       WHERE d.state = 'pending' AND d.next_attempt_at <= ?1 AND ${NOTHING_BEFORE}
       ORDER BY d.next_attempt_at LIMIT ?2`,
    )
    .bind(dueBy, limit)
}

/** Reads the ids of deliveries whose consumer never came back. */
export function selectExpiredLeases(db: D1Database, now: number, limit: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT d.delivery_id AS deliveryId FROM deliveries d
       WHERE d.state = 'leased' AND d.lease_expires_at <= ?1 LIMIT ?2`,
    )
    .bind(now, limit)
}

/** Reads until when the destination of a delivery is paused, as `{ until }`: no row when it never was. */
export function selectPauseOfDelivery(db: D1Database, deliveryId: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT CAST(s.value AS INTEGER) AS until FROM deliveries d
       JOIN states s ON s.name = 'pause:' || d.destination WHERE d.delivery_id = ?`,
    )
    .bind(deliveryId)
}

/** Pauses a destination until a time, unless it is paused for longer. */
export function pauseDestination(db: D1Database, destination: string, until: number): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO states (name, value, version) VALUES ('pause:' || ?1, CAST(?2 AS TEXT), 1)
       ON CONFLICT (name) DO UPDATE SET version = version + 1,
         value = CAST(max(CAST(value AS INTEGER), CAST(?2 AS INTEGER)) AS TEXT)`,
    )
    .bind(destination, until)
}

/**
 * Reads the ids of what waits behind a delivery: the same alert and destination, later in order, and not settled.
 */
export function selectFollowing(db: D1Database, deliveryId: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT d.delivery_id AS deliveryId FROM deliveries w
       JOIN deliveries d ON d.alert_id = w.alert_id AND d.destination = w.destination AND d.sequence > w.sequence
       WHERE w.delivery_id = ? AND d.state = 'pending' ORDER BY d.sequence`,
    )
    .bind(deliveryId)
}
