import type { Destination, Routing } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { insertDeliveries, newDelivery } from '../store/deliveries.ts'
import { selectUntold, type Untold } from '../store/fail-over.ts'
import { insertTimeline, type TimelineEntry } from '../store/timeline.ts'
import { wake } from './wake.ts'

const MINUTE_MS = 60_000

/** A critical alert waits so long for its destination before another is told too. */
const FAIL_OVER_AFTER_MS = 5 * MINUTE_MS

/** What was parked earlier than this failed over then, or had no fallback then. */
const PARKED_SINCE_MS = 24 * 60 * MINUTE_MS

/** Most alerts that one run takes of each destination; the rest at the next run, a minute later. */
const FAIL_OVER_MAX = 200

/**
 * Tells the fallback of a destination of each critical alert that the destination has not taken for five minutes, and
 * says so in the timeline. The destination is told all the same once it takes anything again.
 * @throws what D1 throws
 */
export async function failOver(world: World, routing: Routing): Promise<void> {
  for (const destination of routing.destinations) {
    const { fallback } = destination
    if (fallback !== undefined) await failOverFrom(world, destination, fallback)
  }
}

async function failOverFrom(world: World, { id }: Destination, fallback: string): Promise<void> {
  const { db } = world
  const now = world.now()
  const due = { since: now - PARKED_SINCE_MS, by: now - FAIL_OVER_AFTER_MS }
  const { results } = await selectUntold(db, id, fallback, due, FAIL_OVER_MAX).all<Untold>()
  if (results.length === 0) return
  const deliveries = results.map(({ alertId }) => newDelivery(alertId, fallback, 'trigger', now))
  const entries = results.map(({ alertId, state, reason }): TimelineEntry => {
    const why = reason === '' ? '' : ` (${reason})`
    return {
      alertId,
      at: now,
      entryId: `failed-over:${id}:${fallback}`,
      kind: 'failed_over',
      detail: `${id} has not taken it for ${FAIL_OVER_AFTER_MS / MINUTE_MS} minutes: ${state}${why}. ${fallback} is told too.`,
    }
  })
  await db.batch([
    insertDeliveries(db, JSON.stringify(deliveries)),
    insertTimeline(db, JSON.stringify(entries)),
  ])
  world.log('failed_over', { destination: id, fallback, alerts: results.length })
  await wake(
    world,
    deliveries.map(({ deliveryId }) => deliveryId),
  )
}
