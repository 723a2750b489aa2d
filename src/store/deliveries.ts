import type { AlertStatus } from './alerts.ts'
import { type Page, pageOf, positionOf } from './page.ts'

export type DeliveryAction = 'trigger' | 'update' | 'acknowledge' | 'resolve'

export const DELIVERY_STATES = ['pending', 'leased', 'delivered', 'parked', 'superseded'] as const
/**
 * - `pending`: to be sent, at `nextAttemptAt`
 * - `leased`: a consumer is sending it; when the lease expires unsettled, another may
 * - `delivered`: the destination took it
 * - `parked`: it can't be delivered as things stand; waits for a person, never deleted
 * - `superseded`: no longer true, so nobody is told
 */
type DeliveryState = (typeof DELIVERY_STATES)[number]

/** One thing to tell one destination about one alert. Times are milliseconds since the epoch. */
export interface Delivery {
  readonly deliveryId: string
  readonly alertId: string
  readonly destination: string
  readonly action: DeliveryAction
  /** Order in which the deliveries of one alert go to one destination. */
  readonly sequence: number
  readonly state: DeliveryState
  /** Sends begun, whether or not their outcome is known: above zero the destination may have been told. */
  readonly attempts: number
  readonly nextAttemptAt: number
  readonly leaseExpiresAt: number | null
  readonly responseStatus: number | null
  /** Why it is where it is, for people. Holds no secret. */
  readonly reason: string
  readonly createdAt: number
  /** Since when it is tried; a redrive begins anew. */
  readonly firstAttemptAt: number | null
  readonly deliveredAt: number | null
  /** When a send of it last ended without an answer: it may take effect later, or have done. */
  readonly ambiguousAt: number | null
  /** What happened, where the action alone does not say it. */
  readonly cause: 'unacknowledged' | null
}

/** Deliveries that are named by their action: one for each destination. An update has a number besides. */
type NamedAction = Exclude<DeliveryAction, 'update'>

/** The life of an alert in order, at least; what comes once more goes behind all there is. Part of the schema. */
const SEQUENCE_OF = { trigger: 1, acknowledge: 2, resolve: 3 } as const satisfies Record<NamedAction, number>

/** What a new delivery is made of; it is pending at once. */
export type NewDelivery = Pick<
  Delivery,
  'deliveryId' | 'alertId' | 'destination' | 'action' | 'sequence' | 'createdAt'
>

export interface DeliveryFilter {
  readonly state?: DeliveryState | undefined
  readonly destination?: string | undefined
}

const COLUMNS = `
  d.delivery_id AS deliveryId, d.alert_id AS alertId, d.destination AS destination, d.action AS action,
  d.sequence AS sequence, d.state AS state, d.attempts AS attempts, d.next_attempt_at AS nextAttemptAt,
  d.lease_expires_at AS leaseExpiresAt, d.response_status AS responseStatus, d.reason AS reason,
  d.created_at AS createdAt, d.first_attempt_at AS firstAttemptAt, d.delivered_at AS deliveredAt,
  d.ambiguous_at AS ambiguousAt, d.cause AS cause`

/** The id of a delivery follows from what it is, so that a change made twice makes one row. */
export function deliveryIdOf(alertId: string, destination: string, action: NamedAction): string {
  return `${alertId}.${destination}.${action}`
}

/**
 * The id that destinations are given: that of the row, and its place where it is told once more, so that a receiver which
 * drops what it had before does not drop that. The same at every attempt.
 */
export function toldIdOf(delivery: Delivery): string {
  const { deliveryId, sequence } = delivery
  return isToldFirst(delivery) ? deliveryId : `${deliveryId}.${sequence}`
}

/** What a delivery tells besides its action: that the alert opened again, or why there is an update. */
export type DeliveryNews = 'opened_again' | 'unacknowledged'

export function newsOf(delivery: Delivery): DeliveryNews | null {
  if (delivery.action === 'trigger' && !isToldFirst(delivery)) return 'opened_again'
  return delivery.cause
}

/** It stands where it was made: what is told once more goes behind all there is. */
function isToldFirst({ action, sequence }: Delivery): boolean {
  return action === 'update' || sequence === SEQUENCE_OF[action]
}

/** A pending delivery, to be inserted with its alert. */
export function newDelivery(
  alertId: string,
  destination: string,
  action: NamedAction,
  createdAt: number,
): NewDelivery {
  const deliveryId = deliveryIdOf(alertId, destination, action)
  return { deliveryId, alertId, destination, action, sequence: SEQUENCE_OF[action], createdAt }
}

/** Inserts deliveries; one that exists stays as it is. @param deliveries  JSON array of `NewDelivery` */
export function insertDeliveries(db: D1Database, deliveries: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO deliveries (delivery_id, alert_id, destination, action, sequence, state, next_attempt_at, created_at)
       SELECT value ->> 'deliveryId', value ->> 'alertId', value ->> 'destination', value ->> 'action',
         value ->> 'sequence', 'pending', value ->> 'createdAt', value ->> 'createdAt'
       FROM json_each(?) WHERE true
       ON CONFLICT (delivery_id) DO NOTHING`,
    )
    .bind(deliveries)
}

/** Inserts deliveries if there is no such alert yet. @param deliveries  JSON array of `NewDelivery` */
export function insertDeliveriesOfNewAlert(
  db: D1Database,
  alertId: string,
  deliveries: string,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO deliveries (delivery_id, alert_id, destination, action, sequence, state, next_attempt_at, created_at)
       SELECT value ->> 'deliveryId', value ->> 'alertId', value ->> 'destination', value ->> 'action',
         value ->> 'sequence', 'pending', value ->> 'createdAt', value ->> 'createdAt'
       FROM json_each(?2) WHERE NOT EXISTS (SELECT 1 FROM alerts WHERE alert_id = ?1)
       ON CONFLICT (delivery_id) DO NOTHING`,
    )
    .bind(alertId, deliveries)
}

/**
 * A destination may apply what it was sent and did not answer this much later: until then what follows is held back, or
 * it would be overtaken.
 */
export const LATE_EFFECT_MS = 60_000

/**
 * Inserts an acknowledge or resolve for each destination that has a trigger, if the alert has one of the statuses. One
 * that was settled before, because the alert was opened again since, is pending again.
 * @param knowing  ids of destinations that know already and are told only if what they were sent may take effect later
 */
export function insertFollowUps(
  db: D1Database,
  alertId: string,
  action: 'acknowledge' | 'resolve',
  at: number,
  whileStatus: readonly AlertStatus[],
  knowing: readonly string[] = [],
): D1PreparedStatement {
  // The id is spelled as `deliveryIdOf` spells it.
  return db
    .prepare(
      `INSERT INTO deliveries (delivery_id, alert_id, destination, action, sequence, state, next_attempt_at, created_at)
       SELECT t.alert_id || '.' || t.destination || '.' || ?2, t.alert_id, t.destination, ?2,
         max(?3, (SELECT 1 + max(e.sequence) FROM deliveries e
           WHERE e.alert_id = t.alert_id AND e.destination = t.destination AND e.action <> ?2)), 'pending', ?4, ?4
       FROM deliveries t
       WHERE t.alert_id = ?1 AND t.action = 'trigger'
         AND EXISTS (SELECT 1 FROM alerts WHERE alert_id = ?1 AND status IN (SELECT value FROM json_each(?5)))
         AND (t.destination NOT IN (SELECT value FROM json_each(?6)) OR EXISTS (
           SELECT 1 FROM deliveries u WHERE u.alert_id = t.alert_id AND u.destination = t.destination
             AND u.action IN ('trigger', 'update')
             AND (u.state IN ('pending', 'leased') AND u.attempts > 0 OR u.ambiguous_at > ?4 - ?7)))
       ON CONFLICT (delivery_id) DO UPDATE SET state = 'pending', attempts = 0, next_attempt_at = excluded.created_at,
         sequence = excluded.sequence,
         created_at = excluded.created_at, first_attempt_at = NULL, delivered_at = NULL, ambiguous_at = NULL,
         response_status = NULL, reason = '', lease_token = NULL, lease_expires_at = NULL
       WHERE deliveries.state IN ('delivered', 'superseded', 'parked')
         -- It still waits, or is being sent, for what the alert was before it opened again: an acknowledge that only then
         -- arrives would be overtaken by the trigger.
         OR excluded.sequence > deliveries.sequence
           AND (deliveries.state = 'pending' OR deliveries.state = 'leased' AND excluded.action = 'acknowledge')`,
    )
    .bind(
      alertId,
      action,
      SEQUENCE_OF[action],
      at,
      JSON.stringify(whileStatus),
      JSON.stringify(knowing),
      LATE_EFFECT_MS,
    )
}

/**
 * Tells destinations of alerts that opened again: their triggers are pending anew, behind all that was sent before, or
 * made where there was none. One that is not settled yet stays as it is: what it will say is read when it is sent. That
 * sends had begun is not forgotten, and a resolve that may still take effect is waited for.
 * @param deliveries  JSON array of `NewDelivery` with `dueAt`
 * @param unlessOpen  alert id: nothing happens while this alert is there and not resolved
 */
export function insertTriggersAgain(
  db: D1Database,
  deliveries: string,
  unlessOpen = '',
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO deliveries (delivery_id, alert_id, destination, action, sequence, state, next_attempt_at, created_at)
       SELECT value ->> 'deliveryId', value ->> 'alertId', value ->> 'destination', value ->> 'action',
         coalesce((SELECT 1 + max(e.sequence) FROM deliveries e
           WHERE e.alert_id = value ->> 'alertId' AND e.destination = value ->> 'destination'), value ->> 'sequence'),
         'pending',
         max(value ->> 'dueAt', coalesce((SELECT max(e.ambiguous_at) + ${LATE_EFFECT_MS} FROM deliveries e
           WHERE e.alert_id = value ->> 'alertId' AND e.destination = value ->> 'destination'
             AND e.action = 'resolve'), 0)),
         value ->> 'createdAt'
       FROM json_each(?1)
       WHERE NOT EXISTS (SELECT 1 FROM alerts a WHERE a.alert_id = ?2 AND a.status <> 'resolved')
       ON CONFLICT (delivery_id) DO UPDATE SET state = 'pending', attempts = min(attempts, 1),
         sequence = excluded.sequence, next_attempt_at = excluded.next_attempt_at, created_at = excluded.created_at,
         first_attempt_at = NULL, delivered_at = NULL, response_status = NULL, reason = ''
       WHERE deliveries.state IN ('delivered', 'superseded', 'parked')`,
    )
    .bind(deliveries, unlessOpen)
}

/** Reads a delivery with all others of the same alert and destination, in order. */
export function selectPairOfDelivery(db: D1Database, deliveryId: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT ${COLUMNS} FROM deliveries w
       JOIN deliveries d ON d.alert_id = w.alert_id AND d.destination = w.destination
       WHERE w.delivery_id = ? ORDER BY d.sequence`,
    )
    .bind(deliveryId)
}

/** Makes a parked delivery due again, with a new 72 hours; any other stays as it is. Answers the row when it did. */
export function redriveDelivery(db: D1Database, deliveryId: string, at: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE deliveries SET state = 'pending', next_attempt_at = ?2, first_attempt_at = NULL, reason = ''
       WHERE delivery_id = ?1 AND state = 'parked' RETURNING delivery_id AS deliveryId`,
    )
    .bind(deliveryId, at)
}

/** Notes in the timeline that a parked delivery is redriven: stands before `redriveDelivery` in its batch. */
export function insertTimelineOfRedrive(
  db: D1Database,
  deliveryId: string,
  at: number,
  detail: string,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO timeline (alert_id, at, entry_id, kind, detail)
       SELECT alert_id, ?2, 'redriven:' || delivery_id, 'redriven', ?3 FROM deliveries
       WHERE delivery_id = ?1 AND state = 'parked'
       ON CONFLICT (alert_id, at, entry_id) DO NOTHING`,
    )
    .bind(deliveryId, at, detail)
}

export async function deliveryById(db: D1Database, deliveryId: string): Promise<Delivery | null> {
  return db
    .prepare(`SELECT ${COLUMNS} FROM deliveries d WHERE d.delivery_id = ?`)
    .bind(deliveryId)
    .first<Delivery>()
}

/** All deliveries of an alert, by destination and in order. */
export async function deliveriesOf(db: D1Database, alertId: string): Promise<readonly Delivery[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM deliveries d WHERE d.alert_id = ? ORDER BY d.destination, d.sequence`)
    .bind(alertId)
    .all<Delivery>()
  return results
}

/**
 * Lists deliveries, latest due first. Without a state the whole table is read.
 * @param cursor  null for the first page, else the `nextCursor` of the page before
 * @returns null when the cursor is not one of ours
 */
export async function listDeliveries(
  db: D1Database,
  filter: DeliveryFilter,
  cursor: string | null,
  limit: number,
): Promise<Page<Delivery> | null> {
  const after = positionOf(cursor)
  if (after === null) return null
  const states = filter.state === undefined ? DELIVERY_STATES : [filter.state]
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM deliveries d
       WHERE d.state IN (SELECT value FROM json_each(?1))
         AND d.next_attempt_at <= ?2 AND (d.next_attempt_at < ?2 OR d.delivery_id < ?3)
         AND (?4 IS NULL OR d.destination = ?4)
       ORDER BY d.next_attempt_at DESC, d.delivery_id DESC LIMIT ?5`,
    )
    .bind(JSON.stringify(states), after.time, after.id, filter.destination ?? null, limit + 1)
    .all<Delivery>()
  return pageOf(results, limit, delivery => ({ time: delivery.nextAttemptAt, id: delivery.deliveryId }))
}
