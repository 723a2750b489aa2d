/**
 * How far the canary came: a made-up post that cron sends through every stage each minute. Times are those at which it
 * was sent, ms since the epoch: it is named by them.
 */
export interface CanaryRound {
  /** The latest that was stored, or null. */
  readonly storedAt: number | null
  /** The latest that came all the way round, or null. */
  readonly seenAt: number | null
}

/** The host id of its posts. No host has it: those of hosts are random and signed. */
export const CANARY_HOST = 'margay-canary'
/** Where its bytes lie, each time over the last. */
export const CANARY_KEY = 'state/canary'
const WAKE_UP_PREFIX = `${CANARY_HOST}.`

/** The delivery id by which it goes through the ALERTS queue; no delivery has it. */
export function canaryWakeUp(sentAt: number): string {
  return `${WAKE_UP_PREFIX}${sentAt}`
}

/** When the canary was sent that a delivery id stands for; null when it is a delivery's. */
export function canaryIn(deliveryId: string): number | null {
  if (!deliveryId.startsWith(WAKE_UP_PREFIX)) return null
  const text = deliveryId.slice(WAKE_UP_PREFIX.length)
  return /^\d{1,15}$/.test(text) ? Number(text) : null
}

/** Notes that a canary was stored; a late one changes nothing. */
export function markCanaryStored(db: D1Database, sentAt: number): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO states (name, value, version) VALUES ('canary', json_object('storedAt', ?1, 'seenAt', NULL), 1)
       ON CONFLICT (name) DO UPDATE SET version = version + 1,
         value = json_set(value, '$.storedAt', max(coalesce(value ->> 'storedAt', 0), ?1))`,
    )
    .bind(sentAt)
}

/** Notes that a canary came all the way round, if it was stored. */
export function markCanarySeen(db: D1Database, sentAt: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE states SET version = version + 1,
         value = json_set(value, '$.seenAt', max(coalesce(value ->> 'seenAt', 0), ?1))
       WHERE name = 'canary' AND value ->> 'storedAt' >= ?1`,
    )
    .bind(sentAt)
}

/** Reads how far it came: no row when none was ever stored. */
export function selectCanary(db: D1Database): D1PreparedStatement {
  return db.prepare(
    `SELECT value ->> 'storedAt' AS storedAt, value ->> 'seenAt' AS seenAt FROM states WHERE name = 'canary'`,
  )
}
