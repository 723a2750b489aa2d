/** What a delivery waits for, besides its ladder. */
export interface Hold {
  /** The silence that it last waited for, or null. */
  readonly silencedBy: string | null
  /** Until when, ms since the epoch. */
  readonly silencedUntil: number | null
  /** When the budget of its destination lets it go, ms since the epoch, or null. */
  readonly slotAt: number | null
  /** How many attempts there were when that was said: a slot serves one attempt. */
  readonly slotAttempts: number | null
}

/** Reads what a delivery waits for: no row when there is no such delivery. */
export function selectHold(db: D1Database, deliveryId: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT silenced_by AS silencedBy, silenced_until AS silencedUntil, slot_at AS slotAt,
         slot_attempts AS slotAttempts
       FROM deliveries WHERE delivery_id = ?`,
    )
    .bind(deliveryId)
}

/**
 * Lets a delivery wait until a silence ends, if nobody is sending it. Its 72 hours begin anew afterwards, for it was
 * kept on purpose.
 */
export function silenceDelivery(
  db: D1Database,
  deliveryId: string,
  silence: { readonly silenceId: string; readonly endsAt: number },
  now: number,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE deliveries SET silenced_by = ?2, silenced_until = ?3, next_attempt_at = ?3, first_attempt_at = NULL,
         reason = 'silenced by ' || ?2,
         ambiguous_at = CASE WHEN state = 'leased' THEN lease_expires_at ELSE ambiguous_at END,
         state = 'pending', lease_token = NULL, lease_expires_at = NULL
       WHERE delivery_id = ?1 AND (state = 'pending' OR state = 'leased' AND lease_expires_at <= ?4)`,
    )
    .bind(deliveryId, silence.silenceId, silence.endsAt, now)
}

/** Makes due what waits for a silence that ends now. Answers the deliveries as `{ deliveryId }`. */
export function releaseSilenced(db: D1Database, silenceId: string, at: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE deliveries SET silenced_until = ?2, next_attempt_at = ?2, reason = ''
       WHERE silenced_by = ?1 AND state = 'pending' AND silenced_until > ?2
       RETURNING delivery_id AS deliveryId`,
    )
    .bind(silenceId, at)
}

/** Lets a pending delivery wait for its turn in the budget of its destination. */
export function holdForSlot(
  db: D1Database,
  deliveryId: string,
  attempts: number,
  slotAt: number,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE deliveries SET slot_at = ?3, slot_attempts = ?2, next_attempt_at = max(next_attempt_at, ?3),
         reason = 'waits for its turn in the budget of its destination'
       WHERE delivery_id = ?1 AND state = 'pending' AND attempts = ?2`,
    )
    .bind(deliveryId, attempts, slotAt)
}
