import type { World } from '../env.ts'
import { noteAccepted, noteRefusal } from '../store/broken-destinations.ts'
import { type Delivery, LATE_EFFECT_MS, newsOf, toldIdOf } from '../store/deliveries.ts'
import {
  claimDelivery,
  pauseDestination,
  type Settlement,
  selectFollowing,
  settleDelivery,
} from '../store/delivery-attempts.ts'
import { insertTimeline, type TimelineEntry } from '../store/timeline.ts'
import { FIRST_DOUBT_PROBE_MS, PROBE_INTERVAL_MS } from './broken.ts'
import type { Outcome } from './classify.ts'
import { fingerprintOf } from './fingerprint.ts'
import { GIVE_UP_AFTER_MS, nextAttemptAt } from './ladder.ts'
import { plainest, saysKeyIsRefused } from './plainest.ts'
import { EXCHANGE_LIMIT_MS, postJson } from './post.ts'
import { randomHex, randomUnit } from './random.ts'
import type { Told } from './read-delivery.ts'
import { redacted } from './redact.ts'
import type { Sending } from './step.ts'
import type { FoundTarget } from './target.ts'
import type { Message, Target, Telling } from './telling.ts'
import { wake } from './wake.ts'

/** Longer than three exchanges and the commit after them, so that a lease never expires under a living consumer. */
const LEASE_MS = 4 * EXCHANGE_LIMIT_MS

const HOUR_MS = 3_600_000
const SECOND_MS = 1000

interface Attempt {
  readonly outcome: Outcome
  /** HTTP status, or null when none came. */
  readonly status: number | null
  /** What was answered to all but the plainest words, which were taken. */
  readonly refused?: string
}

interface Claim {
  readonly attempts: number
  readonly firstAttemptAt: number
}

interface Taken extends Claim {
  /** When it is accepted it is to be sent once more, later. */
  readonly again: boolean
}

/**
 * Sends one delivery, if no other consumer does, and commits what came of it.
 *
 * The lease is taken before and the outcome written after the send. Dying between the two leaves the lease to expire
 * and the delivery to be sent again, with the same identity: at least once to the destination, once to people.
 * @throws what D1 throws when it can't be asked or told
 */
export async function attempt(
  world: World,
  { delivery, again }: Sending,
  told: Told,
  target: FoundTarget,
): Promise<void> {
  const token = randomHex(world)
  const now = world.now()
  const lease = { token, now, expiresAt: now + LEASE_MS }
  const claim = await claimDelivery(world.db, delivery.deliveryId, lease).first<Claim>()
  if (claim === null) return
  const { action } = delivery
  const deliveryId = toldIdOf(delivery)
  const { publicUrl } = world.settings
  const telling = { ...told, deliveryId, action, news: newsOf(delivery), publicUrl, now }
  const made = await send(world, target, telling)
  const taken = { ...claim, again: again && target.repeatsResolves === true }
  const known = await statementsAbout(world, delivery, target, made)
  await settle(world, delivery, token, taken, made, known)
}

/** Tries each message until one is not refused as unfit. */
async function send(world: World, target: Target, telling: Telling): Promise<Attempt> {
  let made: Attempt = { outcome: { kind: 'rejected', reason: 'There was nothing to send.' }, status: null }
  for (const message of target.messages(telling)) {
    made = await post(world, target, message)
    if (isDoubtful(made.outcome)) return sendPlainest(world, target, telling, message, made)
    if (made.outcome.kind !== 'rejected') return made
  }
  return made
}

/** Asks whether it was the words that were refused; if so they are told without. */
async function sendPlainest(
  world: World,
  target: Target,
  telling: Telling,
  refused: Message,
  made: Attempt,
): Promise<Attempt> {
  const message = target.messages(plainest(telling)).at(-1)
  if (message === undefined || message.body === refused.body) return made
  const plain = await post(world, target, message)
  if (plain.outcome.kind !== 'delivered' || made.outcome.kind === 'delivered') return plain
  return { ...plain, refused: made.outcome.reason }
}

function isDoubtful(outcome: Outcome): boolean {
  return outcome.kind === 'broken' && outcome.isDoubtful === true
}

async function post(world: World, target: Target, { body, headers }: Message): Promise<Attempt> {
  const reply = await postJson(world, target.url, body, headers)
  if (reply.kind === 'unanswered') {
    const reason = `${redacted(reply.reason, target.secrets)}; it may have arrived all the same`
    return { outcome: { kind: 'transient', reason, retryAfterMs: null }, status: null }
  }
  const outcome = target.classify(reply.status, reply.retryAfter, reply.body, world.now())
  if (outcome.kind === 'delivered') return { outcome, status: reply.status }
  const said = redacted(reply.body, target.secrets)
  const reason = said === '' ? outcome.reason : `${outcome.reason}: ${said}`
  const { status } = reply
  if (isDoubtful(outcome) && saysKeyIsRefused(reply.body, body))
    return { outcome: { kind: 'broken', reason }, status }
  return { outcome: { ...outcome, reason }, status }
}

/** What an answer says of the destination itself, beyond this delivery. */
async function statementsAbout(
  { db, now }: Pick<World, 'db' | 'now'>,
  { deliveryId, destination }: Delivery,
  target: FoundTarget,
  { outcome }: Attempt,
): Promise<readonly D1PreparedStatement[]> {
  const at = now()
  if (outcome.kind === 'delivered') return [noteAccepted(db, destination, at)]
  if (outcome.kind !== 'broken') return []
  const { reason } = outcome
  const fingerprint = await fingerprintOf(target)
  const isCertain = !isDoubtful(outcome)
  const probeAt = at + (isCertain ? PROBE_INTERVAL_MS : FIRST_DOUBT_PROBE_MS)
  return [noteRefusal(db, { destination, fingerprint, deliveryId, reason, isCertain, at, probeAt })]
}

async function settle(
  world: World,
  delivery: Delivery,
  token: string,
  claim: Taken,
  { outcome, status, refused }: Attempt,
  known: readonly D1PreparedStatement[],
): Promise<void> {
  const { deliveryId, alertId, destination } = delivery
  const now = world.now()
  const end = onceMore(settlementOf(world, claim, outcome, status, now), delivery, claim.again, now)
  const entry: TimelineEntry = {
    alertId,
    at: now,
    // The token is in it so that a second send of the same attempt number, after a crash, is told of as well.
    entryId: `${entryPrefix(end)}:${deliveryId}:${token.slice(0, 8)}`,
    kind: end.state === 'parked' ? 'parked' : 'attempt',
    detail: `${attemptText(delivery, claim, end, now)}${refused === undefined ? '' : ` In the plainest words: to all others it said ${refused}.`}`,
  }
  const pause =
    status === 429 && end.state === 'pending'
      ? [pauseDestination(world.db, destination, end.nextAttemptAt)]
      : []
  const results = await world.db.batch<{ deliveryId: string }>([
    settleDelivery(world.db, deliveryId, token, now, end),
    insertTimeline(world.db, JSON.stringify([entry])),
    selectFollowing(world.db, deliveryId),
    ...pause,
    ...known,
  ])
  if (end.state === 'pending') return wake(world, [deliveryId], end.nextAttemptAt - now)
  await wake(
    world,
    (results[2]?.results ?? []).map(row => row.deliveryId),
  )
}

/** Names what came of it: when a destination last took a trigger is found by that (`toldAtSince` of src/store/standings.ts). */
function entryPrefix({ state }: Settlement): 'accepted' | 'parked' | 'attempt' {
  if (state === 'delivered') return 'accepted'
  return state === 'parked' ? 'parked' : 'attempt'
}

function settlementOf(
  world: World,
  { attempts, firstAttemptAt }: Claim,
  outcome: Outcome,
  responseStatus: number | null,
  now: number,
): Settlement {
  switch (outcome.kind) {
    case 'delivered':
      return { state: 'delivered', nextAttemptAt: now, responseStatus, reason: '' }
    case 'rejected':
    case 'broken':
      return { state: 'parked', nextAttemptAt: now, responseStatus, reason: outcome.reason }
    case 'transient': {
      const { retryAfterMs, reason } = outcome
      const at = nextAttemptAt({ attempts, firstAttemptAt, now, retryAfterMs, random: randomUnit(world) })
      const isAmbiguous = responseStatus === null
      if (at !== null) return { state: 'pending', nextAttemptAt: at, responseStatus, reason, isAmbiguous }
      const hours = GIVE_UP_AFTER_MS / HOUR_MS
      return {
        state: 'parked',
        nextAttemptAt: now,
        responseStatus,
        reason: `${hours} hours of trying: ${reason}`,
        isAmbiguous,
      }
    }
  }
}

/**
 * A resolve that might have been overtaken by its trigger is accepted and stays pending, to be sent once more. Of that
 * second time nothing depends on the answer: the destination was told.
 */
function onceMore(end: Settlement, { deliveredAt }: Delivery, again: boolean, now: number): Settlement {
  if (deliveredAt !== null) {
    return { ...end, deliveredAt, state: end.state === 'parked' ? 'delivered' : end.state }
  }
  if (!again || end.state !== 'delivered') return end
  return { ...end, state: 'pending', nextAttemptAt: now + LATE_EFFECT_MS, deliveredAt: now }
}

function attemptText(delivery: Delivery, { attempts }: Claim, end: Settlement, now: number): string {
  const what = `${delivery.destination}, ${delivery.action}, attempt ${attempts}`
  if (end.state === 'delivered') return `${what}: accepted (HTTP ${end.responseStatus}).`
  if (end.state === 'parked') return `${what}: parked. ${end.reason}.`
  const seconds = Math.round((end.nextAttemptAt - now) / SECOND_MS)
  if (end.reason === '') {
    return `${what}: accepted (HTTP ${end.responseStatus}). Once more in ${seconds} s, lest its trigger arrive behind it.`
  }
  return `${what}: ${end.reason}. Next in ${seconds} s.`
}
