/**
 * A destination that refused what no other body would cure, as it was configured then. Times are ms since the epoch. The
 * columns are explained in migrations/0006_telling.sql.
 */
export interface Refusing {
  readonly destination: string
  readonly fingerprint: string
  readonly reason: string
  readonly isBroken: 0 | 1
  /** When it first refused. */
  readonly since: number
  /** When one delivery may try it again. */
  readonly probeAt: number
  readonly healedAt: number | null
}

/** One refusal. */
export interface Refusal {
  readonly destination: string
  readonly fingerprint: string
  readonly deliveryId: string
  readonly reason: string
  /** It can't have been about the one delivery alone. */
  readonly isCertain: boolean
  readonly at: number
  readonly probeAt: number
}

/** More destinations than anyone has; some of them may be long gone from routing. */
const ROWS_MAX = 1_000

const COLUMNS = `b.destination AS destination, b.fingerprint AS fingerprint, b.reason AS reason, b.is_broken AS isBroken,
  b.since AS since, b.probe_at AS probeAt, b.healed_at AS healedAt`

/** Reads what is known of the destination of a delivery: no row when it takes what comes. As `Refusing`. */
export function selectRefusingOfDelivery(db: D1Database, deliveryId: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT ${COLUMNS} FROM deliveries d JOIN broken_destinations b ON b.destination = d.destination
       WHERE d.delivery_id = ?`,
    )
    .bind(deliveryId)
}

/** Reads all destinations that refused. */
export async function refusingDestinations(db: D1Database): Promise<readonly Refusing[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM broken_destinations b ORDER BY b.destination LIMIT ${ROWS_MAX}`)
    .all<Refusing>()
  return results
}

/** Enough to find two that differ; each doubtful refusal looks at so many of those before it. */
const DOUBTFUL_ASKED = 100

/**
 * Whether what was refused since the first doubtful refusal, with nothing taken in between, came of more than one host
 * could bring about: alerts of two hosts and of two rules, or one without a host.
 */
const NOT_OF_ONE_HOST = `(
  SELECT count(DISTINCT refused.alert_id) > 1
    AND (max(refused.host_id IS NULL) OR count(DISTINCT refused.host_id) > 1 AND count(DISTINCT refused.rule_id) > 1)
  FROM (
    SELECT a.alert_id, a.host_id, a.rule_id
    FROM deliveries d JOIN alerts a ON a.alert_id = d.alert_id
    WHERE d.state = 'parked' AND d.next_attempt_at >= b.since AND d.destination = b.destination
      AND d.response_status = 403
    ORDER BY d.next_attempt_at DESC LIMIT ${DOUBTFUL_ASKED}
  ) refused)`

/**
 * Notes a refusal, after its delivery was parked. The destination is broken when it is certain, or when doubtful ones
 * can't be one host's doing. While what was parked is being sent again only a certain one counts. A doubtful one does not
 * put off the next probe, which whoever makes a probe does.
 */
export function noteRefusal(db: D1Database, refusal: Refusal): D1PreparedStatement {
  const { destination, fingerprint, reason, deliveryId, isCertain, at, probeAt } = refusal
  return db
    .prepare(
      `INSERT INTO broken_destinations AS b
         (destination, fingerprint, reason, refused_delivery, is_broken, since, probe_at, healed_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)
       ON CONFLICT (destination) DO UPDATE SET
         is_broken = CASE WHEN b.fingerprint <> excluded.fingerprint THEN excluded.is_broken
           ELSE max(b.is_broken, excluded.is_broken, ${NOT_OF_ONE_HOST}) END,
         since = CASE WHEN b.fingerprint <> excluded.fingerprint THEN excluded.since ELSE b.since END,
         fingerprint = excluded.fingerprint, reason = excluded.reason, refused_delivery = excluded.refused_delivery,
         probe_at = CASE WHEN b.fingerprint <> excluded.fingerprint OR excluded.is_broken = 1 THEN excluded.probe_at
           WHEN b.is_broken = 0 AND ${NOT_OF_ONE_HOST} THEN excluded.probe_at ELSE b.probe_at END,
         healed_at = NULL
       WHERE b.healed_at IS NULL OR excluded.is_broken = 1 OR b.fingerprint <> excluded.fingerprint`,
    )
    .bind(destination, fingerprint, reason, deliveryId, isCertain ? 1 : 0, at, probeAt)
}

/** Notes that a destination took something: it is not broken any more. */
export function noteAccepted(db: D1Database, destination: string, at: number): D1PreparedStatement {
  return db
    .prepare('UPDATE broken_destinations SET healed_at = ?2 WHERE destination = ?1 AND healed_at IS NULL')
    .bind(destination, at)
}

/** Takes the turn of the next probe of a broken destination, if it is due: of several at once one gets the row. */
export function takeProbe(
  db: D1Database,
  { destination, fingerprint }: Pick<Refusing, 'destination' | 'fingerprint'>,
  now: number,
  nextAt: number,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE broken_destinations SET probe_at = ?4
       WHERE destination = ?1 AND fingerprint = ?2 AND healed_at IS NULL AND probe_at <= ?3 RETURNING probe_at AS probeAt`,
    )
    .bind(destination, fingerprint, now, nextAt)
}

/** Lets the next delivery to the destination of this one be a probe: somebody asked for it. */
export function probeAtOnce(db: D1Database, deliveryId: string, at: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE broken_destinations SET probe_at = min(probe_at, ?2)
       WHERE destination = (SELECT destination FROM deliveries WHERE delivery_id = ?1)`,
    )
    .bind(deliveryId, at)
}

/**
 * Makes one delivery of a destination due again that was parked since it refuses, to be its probe: such as was sent least
 * often, for what was refused may be at fault itself. Answers it as `{ deliveryId }`.
 */
export function redriveOneToProbe(
  db: D1Database,
  { destination, since }: Pick<Refusing, 'destination' | 'since'>,
  at: number,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE deliveries SET state = 'pending', next_attempt_at = ?3, first_attempt_at = NULL, reason = ''
       WHERE delivery_id IN (SELECT delivery_id FROM deliveries
         WHERE state = 'parked' AND next_attempt_at >= ?2 AND destination = ?1
         ORDER BY attempts, created_at, delivery_id LIMIT 1)
       RETURNING delivery_id AS deliveryId`,
    )
    .bind(destination, since, at)
}

/** Forgets what was known of a destination, if nothing was added to it since it was read. */
export function forgetRefusing(
  db: D1Database,
  { destination, fingerprint, healedAt }: Pick<Refusing, 'destination' | 'fingerprint' | 'healedAt'>,
): D1PreparedStatement {
  return db
    .prepare(
      'DELETE FROM broken_destinations WHERE destination = ?1 AND fingerprint = ?2 AND healed_at IS ?3',
    )
    .bind(destination, fingerprint, healedAt)
}
