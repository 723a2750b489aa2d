import type { Alert } from '../store/alerts.ts'
import { type Delivery, type DeliveryAction, LATE_EFFECT_MS } from '../store/deliveries.ts'

/** What to do with a delivery that was woken. */
export type Step =
  /** Settled, being sent by another, or behind one that is: whoever settles that one wakes this. */
  | { readonly kind: 'leave' }
  /** Not to be sent before `at` (ms since the epoch). */
  | { readonly kind: 'later'; readonly delivery: Delivery; readonly at: number }
  | Sending
  /** No longer true: nobody is told. */
  | {
      readonly kind: 'supersede'
      readonly deliveries: readonly Delivery[]
      readonly reason: string
      readonly hold: Hold | null
    }

/** A delivery to be sent now. */
export interface Sending {
  readonly kind: 'send'
  readonly delivery: Delivery
  /** A trigger may still take effect behind it: it is to be sent once more when that time is over. */
  readonly again: boolean
}

/** A delivery that must wait because an earlier send of unknown outcome might still take effect. */
export interface Hold {
  readonly delivery: Delivery
  readonly until: number
}

/**
 * A trigger whose outcome is unknown may be applied late. Its resolve is held for this long, or PagerDuty might see the
 * resolve first and keep the alert open.
 */
export const AMBIGUITY_HOLD_MS = LATE_EFFECT_MS

/**
 * What was sent without an answer is taken to be lost or applied after this long: a resolve that leaves later is sent
 * once, like any other.
 */
const AMBIGUITY_OVER_MS = 10 * AMBIGUITY_HOLD_MS

/**
 * Decides from the present state alone, never from what the message that woke it was about: messages may come late,
 * twice, or in any order.
 *
 * What is not true any more is not sent. An alert that was resolved before its trigger left wakes nobody, and then its
 * resolve has nothing to say either; unless a send of that trigger had begun, for then it may have arrived.
 * @param pair  all deliveries of one alert to one destination, in order
 * @param alert  null when it is gone
 * @param pausedUntil  when the destination will take anything again (ms since the epoch), 0 when it does now
 */
export function nextStep(
  deliveryId: string,
  pair: readonly Delivery[],
  alert: Pick<Alert, 'status'> | null,
  pausedUntil: number,
  now: number,
): Step {
  const woken = pair.find(delivery => delivery.deliveryId === deliveryId)
  if (woken === undefined || !isFree(woken, now)) return { kind: 'leave' }
  if (alert === null) return supersede([woken], 'The alert no longer exists.')
  if (woken.action === 'resolve' && alert.status !== 'resolved' && !isToldAnew(woken, pair)) {
    return supersede([woken], 'The alert is open again.')
  }
  if (woken.action === 'acknowledge' && alert.status === 'open') {
    return supersede([woken], 'The alert is no longer acknowledged.')
  }

  if (woken.cause === 'unacknowledged' && alert.status === 'acknowledged') {
    return supersede([woken], 'The alert is acknowledged again.')
  }
  if (woken.action === 'update' && isOvertaken(woken, pair)) {
    return supersede([woken], 'The alert opened again meanwhile, and its trigger tells what it is.')
  }

  if (isRepeatedLater(woken, pair, now)) {
    return supersede([woken], 'A later update that is due too tells what the alert is.')
  }

  const before = pair.filter(({ sequence }) => sequence < woken.sequence)
  if (before.some(delivery => delivery.state === 'leased' && !isFree(delivery, now))) return { kind: 'leave' }

  const waiting = pair.filter(delivery => isFree(delivery, now))
  const trigger = pair.find(({ action }) => action === 'trigger')
  if (alert.status === 'resolved') {
    const stale = waiting.filter(({ action }) => action !== 'resolve')
    if (trigger !== undefined && wasNeverSent(trigger)) {
      return supersede(waiting, 'The alert was resolved before this destination was told of it.')
    }
    if (stale.length > 0) {
      const resolve = waiting.find(({ action }) => action === 'resolve')
      const hold =
        resolve !== undefined && stale.some(({ action }) => action === 'trigger')
          ? { delivery: resolve, until: now + AMBIGUITY_HOLD_MS }
          : null
      return supersede(stale, 'The alert was resolved meanwhile.', hold)
    }
  }
  if (before.some(holdsUp)) return { kind: 'leave' }
  if (woken.action !== 'trigger' && trigger !== undefined && wasNeverSent(trigger)) {
    return supersede([woken], 'This destination was never told of the alert.')
  }
  const ambiguousAt =
    woken.action === 'resolve' ? lastAmbiguityOf(pair, ['trigger', 'update']) : Number.NEGATIVE_INFINITY
  const closingAt = woken.action === 'trigger' ? lastAmbiguityOf(pair, ['resolve']) : Number.NEGATIVE_INFINITY
  const at = Math.max(woken.nextAttemptAt, pausedUntil, Math.max(ambiguousAt, closingAt) + AMBIGUITY_HOLD_MS)
  if (at > now) return { kind: 'later', delivery: woken, at }
  const again = woken.deliveredAt === null && now - ambiguousAt <= AMBIGUITY_OVER_MS
  return { kind: 'send', delivery: woken, again }
}

/** When something that opens an alert, or closes it, was last sent without an answer, ms since the epoch. */
function lastAmbiguityOf(pair: readonly Delivery[], actions: readonly DeliveryAction[]): number {
  const concerned = pair.filter(({ action }) => actions.includes(action))
  return Math.max(...concerned.map(({ ambiguousAt }) => ambiguousAt ?? Number.NEGATIVE_INFINITY))
}

/**
 * A trigger waits behind the resolve. The resolve goes before it: added to an incident that somebody acknowledged, the
 * trigger would wake nobody.
 */
function isToldAnew(resolve: Delivery, pair: readonly Delivery[]): boolean {
  return pair.some(
    ({ action, state, sequence }) =>
      action === 'trigger' && state === 'pending' && sequence > resolve.sequence,
  )
}

/**
 * Behind the update a resolve or trigger is under way or parked: between these two it would open an incident of its own.
 * The claim asks the same once more (`STILL_TRUE` of src/store/delivery-attempts.ts).
 */
function isOvertaken(update: Delivery, pair: readonly Delivery[]): boolean {
  return pair.some(
    ({ action, state, sequence }) =>
      (action === 'resolve' || action === 'trigger') &&
      (state === 'pending' || state === 'leased' || state === 'parked') &&
      sequence > update.sequence,
  )
}

/** After a long time of waiting there are many updates, and each would tell the same. One that says why is told. */
function isRepeatedLater(woken: Delivery, pair: readonly Delivery[], now: number): boolean {
  if (woken.action !== 'update' || woken.cause !== null) return false
  return pair.some(
    ({ action, cause, state, sequence, nextAttemptAt }) =>
      action === 'update' &&
      cause === null &&
      state === 'pending' &&
      nextAttemptAt <= now &&
      sequence > woken.sequence,
  )
}

/** An update that waits for its time holds nobody up: whoever reads the alert then tells what it is. */
function holdsUp({ state, action }: Delivery): boolean {
  return state === 'leased' || (state === 'pending' && action !== 'update')
}

/** Pending, or left behind by a consumer that never came back. */
function isFree(delivery: Delivery, now: number): boolean {
  if (delivery.state === 'pending') return true
  return delivery.state === 'leased' && (delivery.leaseExpiresAt ?? 0) <= now
}

/** No send was ever begun, so the destination can't know. */
function wasNeverSent({ attempts }: Delivery): boolean {
  return attempts === 0
}

function supersede(deliveries: readonly Delivery[], reason: string, hold: Hold | null = null): Step {
  return { kind: 'supersede', deliveries, reason, hold }
}
