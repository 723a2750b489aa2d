import type { World } from '../env.ts'
import { faultText, within } from '../store/within.ts'

/** Longest that a caller waits for the queue. Hosts and other alerts wait behind it, and the sweeper mends a loss. */
const WAKE_LIMIT_MS = 5_000

/** Most messages that a queue takes at once (Cloudflare Queues, limits). */
const MESSAGES_PER_SEND = 100

/** Longest delay that every version of Cloudflare Queues takes: 12 hours. */
const DELAY_MAX_SECONDS = 43_200

/**
 * Puts deliveries on the ALERTS queue, within five seconds in all. Never throws: what the queue did not take is logged
 * and found by the sweeper.
 * @param delayMs  how long the queue shall keep the messages; rounded up to seconds, so that none comes too early
 */
export async function wake(
  world: Pick<World, 'alerts' | 'sleep' | 'log'>,
  deliveryIds: readonly string[],
  delayMs = 0,
): Promise<void> {
  if (deliveryIds.length === 0) return
  const delaySeconds = Math.min(Math.max(0, Math.ceil(delayMs / 1000)), DELAY_MAX_SECONDS)
  const outcome = await within(world, WAKE_LIMIT_MS, async () => {
    for (let from = 0; from < deliveryIds.length; from += MESSAGES_PER_SEND) {
      const messages = deliveryIds
        .slice(from, from + MESSAGES_PER_SEND)
        .map(deliveryId => ({ body: { v: 1, deliveryId } as const }))
      await world.alerts.sendBatch(messages, delaySeconds > 0 ? { delaySeconds } : {})
    }
  })
  if (outcome.kind !== 'done') {
    world.log('alerts_queue_refused', { deliveries: deliveryIds.length, fault: faultText(outcome) })
  }
}
