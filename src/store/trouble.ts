/** What one minute counted of one kind of trouble. */
export interface TroubleCount {
  /** Minutes since the epoch. */
  readonly minute: number
  readonly name:
    | 'records_rejected'
    | 'dead_letters'
    | 'silence_minutes_missed'
    | 'classes_lowered'
    | 'enroll_failed'
  /** The reason of rejected records, the id of a host that lowered its class; empty for the others, enrollments of all addresses being summed. */
  readonly label: string
  readonly value: number
}

/** A delivery that waits for a person. */
export interface ParkedDelivery {
  readonly deliveryId: string
  readonly alertId: string
  readonly destination: string
  /** Why, for people. Holds no secret. */
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly parkedAt: number
}

/** Which trouble alerts were resolved, by whomever and when (ms since the epoch). */
export interface ResolvedAlert {
  readonly alertId: string
  readonly resolvedAt: number
}

/** Something newly in quarantine. */
export interface QuarantinedThing {
  readonly quarantineId: string
  readonly hostId: string | null
}

/** One address that failed to enroll, and how often. */
export interface FailingAddress {
  readonly address: string
  readonly failures: number
}

/** Rejections have some ten reasons: 30 minutes of all of them, and room. */
const COUNTS_MAX = 1_000
/** Addresses are the client's to choose: beyond so many rows a flood is a flood, and sums are of these rows alone. */
const ENROLL_ROWS_MAX = 10_000
/** Rows looked at to tell whose they are; a storm is told by its counters. */
export const PARKED_MAX = 500
export const QUARANTINED_MAX = 500
/** Addresses that are named. */
const ADDRESSES_SHOWN = 20

/** The newest rows of failed enrollments within given minutes (?1), looked up minute by minute. */
const ENROLL_ROWS = `
  SELECT minute, label, value FROM counters
  WHERE minute IN (SELECT value FROM json_each(?1)) AND name = 'enroll_failed'
  ORDER BY minute DESC LIMIT ${ENROLL_ROWS_MAX}`

/** Counts rejected records by reason, dead letters, and minutes in which nobody looked for silence, minute by minute. @param minutes  JSON array */
export function selectRejectionCounts(db: D1Database, minutes: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT minute, name, label, value FROM counters
       WHERE minute IN (SELECT value FROM json_each(?1)) AND name IN ('dead_letters', 'records_rejected', 'silence_minutes_missed', 'classes_lowered')
       ORDER BY minute DESC LIMIT ${COUNTS_MAX}`,
    )
    .bind(minutes)
}

/** Counts failed enrollments of all addresses, minute by minute. @param minutes  JSON array */
export function selectEnrollCounts(db: D1Database, minutes: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT minute, 'enroll_failed' AS name, '' AS label, sum(value) AS value FROM (${ENROLL_ROWS})
       GROUP BY minute ORDER BY minute DESC`,
    )
    .bind(minutes)
}

/**
 * Reads what was parked since a time, latest first, `PARKED_MAX` at most.
 * @param butRules  JSON array: deliveries of alerts of these rules are left out
 */
export function selectParkedSince(db: D1Database, since: number, butRules: string): D1PreparedStatement {
  // When a delivery is parked its `next_attempt_at` becomes that moment.
  return db
    .prepare(
      `SELECT d.delivery_id AS deliveryId, d.alert_id AS alertId, d.destination AS destination, d.reason AS reason,
         d.next_attempt_at AS parkedAt
       FROM deliveries d
       WHERE d.state = 'parked' AND d.next_attempt_at >= ?1
         AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.alert_id = d.alert_id AND a.rule_id IN (SELECT value FROM json_each(?2)))
       ORDER BY d.next_attempt_at DESC LIMIT ${PARKED_MAX}`,
    )
    .bind(since, butRules)
}

/** Reads which of the alerts are resolved, and when. @param alertIds  JSON array */
export function selectResolved(db: D1Database, alertIds: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT alert_id AS alertId, resolved_at AS resolvedAt FROM alerts
       WHERE alert_id IN (SELECT value FROM json_each(?1)) AND status = 'resolved'`,
    )
    .bind(alertIds)
}

/**
 * Reads what came into quarantine since a time, latest first, `QUARANTINED_MAX` at most.
 * @param since  by the time of receipt: what was received earlier and stored late is not among it
 * @param butReason  things of this reason are left out
 */
export async function quarantinedSince(
  db: D1Database,
  since: number,
  butReason: string,
): Promise<readonly QuarantinedThing[]> {
  const { results } = await selectQuarantinedSince(db, since, butReason).all<QuarantinedThing>()
  return results
}

/** Exported for the test of its plan. */
export function selectQuarantinedSince(
  db: D1Database,
  since: number,
  butReason: string,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT quarantine_id AS quarantineId, host_id AS hostId FROM quarantine
       WHERE quarantined_at >= ?1 AND reason <> ?2
       ORDER BY quarantined_at DESC LIMIT ${QUARANTINED_MAX}`,
    )
    .bind(since, butReason)
}

/** Reads who failed to enroll most, and how many addresses did. @param minutes  JSON array */
export async function failingAddresses(
  db: D1Database,
  minutes: string,
): Promise<{ readonly addresses: number; readonly most: readonly FailingAddress[] }> {
  const [count, most] = await db.batch([
    db.prepare(`SELECT count(DISTINCT label) AS addresses FROM (${ENROLL_ROWS})`).bind(minutes),
    db
      .prepare(
        `SELECT label AS address, sum(value) AS failures FROM (${ENROLL_ROWS})
         GROUP BY label ORDER BY failures DESC, label LIMIT ${ADDRESSES_SHOWN}`,
      )
      .bind(minutes),
  ])
  // The rows are shaped by the SELECTs above.
  const counted = (count?.results ?? []) as { addresses: number }[]
  return { addresses: counted[0]?.addresses ?? 0, most: (most?.results ?? []) as FailingAddress[] }
}
