import type { Destination } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { isConflict } from '../store/assertion.ts'
import { canaryIn, markCanarySeen } from '../store/canary.ts'
import type { Delivery } from '../store/deliveries.ts'
import {
  assertDeliveriesUnchanged,
  closeDeliveries,
  holdDeliveries,
  selectFollowing,
} from '../store/delivery-attempts.ts'
import { insertTimeline } from '../store/timeline.ts'
import { attempt } from './attempt.ts'
import { brokenAs, brokenText, isProbe } from './broken.ts'
import { waitsForSilence, waitsForTurn } from './gate.ts'
import { randomUnit } from './random.ts'
import { type DeliveryRead, readDelivery, type Told } from './read-delivery.ts'
import { redacted } from './redact.ts'
import type { RuleTexts } from './rule-text.ts'
import { type Hold, nextStep, type Sending } from './step.ts'
import { secretsOf, targetOf } from './target.ts'
import { wake } from './wake.ts'

/** A Worker has six connections at once; two are left for D1 and the queue. */
const SENDS_IN_FLIGHT = 4

/** When D1 fails it fails for all: consumers come back at different times. */
const RETRY_MIN_SECONDS = 15
const RETRY_SPREAD_SECONDS = 105

/** Deliveries that waited out a pause come back over this time instead of all at once. */
const PAUSE_SPREAD_MS = 10_000

/**
 * A destination that took longer over one send is let be for the rest of the batch: three rounds of fifteen seconds would
 * keep everyone behind it waiting.
 */
const SLOW_MS = 5_000
/** What it was not asked for is due again after this. */
const SLOW_PAUSE_MS = 5_000

const NO_TEXTS: RuleTexts = new Map()

/** A delivery that changed under our eyes is looked at again after this. */
const CONFLICT_DELAY_MS = 1_000

/**
 * The consumer of the ALERTS queue: sends what the woken deliveries say, as far as it is still true. Never throws.
 *
 * A message is a wake-up and nothing more: it is acknowledged whatever became of the delivery, whose state and next
 * attempt stand in D1. Only when D1 itself fails is the message retried.
 * @param texts  what rules tell whoever is woken
 */
export async function deliver(
  batch: MessageBatch<unknown>,
  world: World,
  routing: readonly Destination[],
  texts: RuleTexts = NO_TEXTS,
): Promise<void> {
  // The senders share one iterator: each takes the next message when it is done with its own.
  const messages = batch.messages.values()
  const slow = new Set<string>()
  const sender = async () => {
    for (const message of messages) await deliverMessage(message, world, routing, texts, slow)
  }
  await Promise.all(Array.from({ length: SENDS_IN_FLIGHT }, sender))
}

async function deliverMessage(
  message: Message<unknown>,
  world: World,
  routing: readonly Destination[],
  texts: RuleTexts,
  slow: Set<string>,
): Promise<void> {
  const deliveryId = deliveryIdIn(message.body)
  if (deliveryId === null) {
    // Nothing can be lost with it: the delivery it may have meant is in D1, where the sweeper finds it.
    world.log('alerts_message_unreadable', { message: message.id })
    message.ack()
    return
  }
  const canary = canaryIn(deliveryId)
  try {
    await deliverNow(world, routing, deliveryId, texts, slow)
    if (canary !== null) await markCanarySeen(world.db, canary).run()
    message.ack()
  } catch (error) {
    const fault = redacted(error instanceof Error ? error.message : 'unknown', secretsOf(world.settings))
    world.log('delivery_interrupted', { delivery: deliveryId, fault })
    // A canary that is late says nothing; the next one is on its way.
    if (canary !== null) return message.ack()
    const delaySeconds = Math.round(RETRY_MIN_SECONDS + RETRY_SPREAD_SECONDS * randomUnit(world))
    message.retry({ delaySeconds })
  }
}

/** Reads the version of the message that this code knows; another version is another deploy's. */
function deliveryIdIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null
  if (!('v' in body) || body.v !== 1 || !('deliveryId' in body)) return null
  return typeof body.deliveryId === 'string' ? body.deliveryId : null
}

/**
 * Sends one delivery, if it is due and true. What becomes of it stands in D1.
 * @param slow  destinations that are let be for now; one that proves slow is added
 * @throws what D1 throws when it can't be asked or told
 */
export async function deliverNow(
  world: World,
  routing: readonly Destination[],
  deliveryId: string,
  texts: RuleTexts = NO_TEXTS,
  slow: Set<string> = new Set(),
): Promise<void> {
  const read = await readDelivery(world, deliveryId, texts)
  const { pair, told, pausedUntil } = read
  const step = nextStep(deliveryId, pair, told?.alert ?? null, pausedUntil, world.now())
  switch (step.kind) {
    case 'leave':
      return
    case 'later':
      return postpone(world, step.delivery, step.at)
    case 'supersede':
      return close(world, step.deliveries, 'superseded', step.reason, step.hold)
    case 'send':
      if (told !== null) await sendUnlessHeld(world, routing, step, told, read, slow)
  }
}

/** In this order: what is kept quiet uses up no budget, and neither does what can't be sent. */
async function sendUnlessHeld(
  world: World,
  routing: readonly Destination[],
  step: Sending,
  told: Told,
  restraints: DeliveryRead,
  slow: Set<string>,
): Promise<void> {
  const { delivery } = step
  if (await waitsForSilence(world, delivery, told.alert, restraints)) return
  const target = targetOf(delivery.destination, routing, world.settings)
  const park = (reason: string) => close(world, [delivery], 'parked', reason, null)
  if (!target.ok) return park(target.reason)
  const broken = await brokenAs(restraints.refusing, target)
  if (broken !== null && broken.probeAt > world.now()) return park(brokenText(broken))
  if (slow.has(delivery.destination)) return postpone(world, delivery, world.now() + SLOW_PAUSE_MS)
  if (await waitsForTurn(world, delivery, target.type, told.alert, restraints)) return
  if (broken !== null && !(await isProbe(world, broken))) return park(brokenText(broken))
  const began = world.now()
  await attempt(world, step, told, target)
  if (world.now() - began >= SLOW_MS) slow.add(delivery.destination)
}

async function postpone(world: World, delivery: Delivery, at: number): Promise<void> {
  const isPaused = at > delivery.nextAttemptAt
  const until = isPaused ? at + Math.round(PAUSE_SPREAD_MS * randomUnit(world)) : at
  // The row must say so too, or the sweeper would wake it every minute.
  if (isPaused) await holdDeliveries(world.db, JSON.stringify([delivery.deliveryId]), until).run()
  await wake(world, [delivery.deliveryId], until - world.now())
}

/** Takes deliveries out of the way, if they still are as they were read, and says why in the timeline. */
async function close(
  world: World,
  deliveries: readonly Delivery[],
  state: 'parked' | 'superseded',
  reason: string,
  hold: Hold | null,
): Promise<void> {
  const { db } = world
  const now = world.now()
  const first = deliveries[0]
  if (first === undefined) return
  const ids = JSON.stringify(deliveries.map(({ deliveryId }) => deliveryId))
  const seen = deliveries.map(delivery => [delivery.deliveryId, delivery.state, delivery.attempts])
  const entries = deliveries.map(({ alertId, deliveryId, destination, action, attempts }) => ({
    alertId,
    at: now,
    entryId: `${state}:${deliveryId}:${attempts}`,
    kind: state,
    detail: `${destination}, ${action}: ${state === 'parked' ? 'parked' : 'not sent'}. ${reason}`,
  }))
  const held =
    hold === null ? [] : [holdDeliveries(db, JSON.stringify([hold.delivery.deliveryId]), hold.until)]
  try {
    const results = await db.batch<{ deliveryId: string }>([
      assertDeliveriesUnchanged(db, JSON.stringify(seen)),
      closeDeliveries(db, ids, state, reason, now),
      insertTimeline(db, JSON.stringify(entries)),
      selectFollowing(db, first.deliveryId),
      ...held,
    ])
    const following = (results[3]?.results ?? []).map(({ deliveryId }) => deliveryId)
    await wake(world, following, hold === null ? 0 : hold.until - now)
  } catch (error) {
    if (!isConflict(error)) throw error
    await wake(world, [first.deliveryId], CONFLICT_DELAY_MS)
  }
}
