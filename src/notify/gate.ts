import type { DestinationType } from '../detect/routing.ts'
import type { World } from '../env.ts'
import type { Alert } from '../store/alerts.ts'
import type { Delivery } from '../store/deliveries.ts'
import { type Hold, holdForSlot, silenceDelivery } from '../store/delivery-holds.ts'
import type { Silence } from '../store/silences.ts'
import { insertTimeline, type TimelineEntry } from '../store/timeline.ts'
import { hasTurn, takeSlot } from './budget.ts'
import { canBeSilenced, silenceOf } from './silence.ts'
import { wake } from './wake.ts'

/** What may keep a delivery that is due from being sent now. */
export interface Restraints {
  readonly hold: Hold | null
  /** Those that hold now. */
  readonly silences: readonly Silence[]
}

/**
 * Lets a delivery wait while a silence keeps its alert quiet, and says so in the timeline. When the silence ends it is
 * looked at anew: what it then tells is what the alert then is.
 * @returns whether it waits
 */
export async function waitsForSilence(
  world: World,
  delivery: Delivery,
  alert: Alert,
  { hold, silences }: Restraints,
): Promise<boolean> {
  const now = world.now()
  const silence = canBeSilenced(delivery) ? silenceOf(alert, silences, now) : null
  if (silence === null) return false
  const { silenceId, endsAt, author, comment } = silence
  const { deliveryId } = delivery
  const until = new Date(endsAt).toISOString()
  const isTold = hold?.silencedBy === silenceId && hold.silencedUntil === endsAt
  const detail = `Not sent now: silenced by ${silenceId} until ${until} (${author}: ${comment}).`
  await world.db.batch([
    silenceDelivery(world.db, deliveryId, silence, now),
    ...(isTold ? [] : [insertTimeline(world.db, entry(delivery, 'silenced', silenceId, now, detail))]),
  ])
  await wake(world, [deliveryId], endsAt - now)
  return true
}

/**
 * Takes a turn in the budget of the destination, and lets the delivery wait for it when it isn't now.
 * @returns whether it waits
 */
export async function waitsForTurn(
  world: World,
  delivery: Delivery,
  type: DestinationType,
  { severity }: Pick<Alert, 'severity'>,
  { hold }: Restraints,
): Promise<boolean> {
  const now = world.now()
  if (hasTurn(delivery, hold, now)) return false
  const slotAt = await takeSlot(world, type, severity === 'critical')
  if (slotAt <= now) return false
  const { deliveryId, attempts } = delivery
  const seconds = Math.ceil((slotAt - now) / 1000)
  const detail = `Its turn is in ${seconds} s: no more may be sent at once.`
  await world.db.batch([
    holdForSlot(world.db, deliveryId, attempts, slotAt),
    insertTimeline(world.db, entry(delivery, 'waiting', String(attempts), now, detail)),
  ])
  await wake(world, [deliveryId], slotAt - now)
  return true
}

function entry(
  { alertId, deliveryId, destination, action }: Delivery,
  kind: 'silenced' | 'waiting',
  of: string,
  at: number,
  what: string,
): string {
  const one: TimelineEntry = {
    alertId,
    at,
    entryId: `${kind}:${deliveryId}:${of}`,
    kind,
    detail: `${destination}, ${action}: ${what}`,
  }
  return JSON.stringify([one])
}
