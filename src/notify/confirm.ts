import type { Routing } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { isConflict } from '../store/assertion.ts'
import { insertDeliveries, type NewDelivery, newDelivery } from '../store/deliveries.ts'
import { selectUnconfirmed, type Unconfirmed } from '../store/pagerduty-confirmations.ts'
import { assertNothingSaidSince } from '../store/pagerduty-incidents.ts'
import { insertTimeline, type TimelineEntry } from '../store/timeline.ts'
import { wake } from './wake.ts'

const MINUTE_MS = 60_000

/** PagerDuty's webhooks come within seconds; after this the incident is taken not to exist. */
const CONFIRMED_WITHIN_MS = 5 * MINUTE_MS
/** A cron that was missed for so long is made up for. Bounds what the query reads: PagerDuty takes 120 events a minute. */
const LOOKS_BACK_MS = 60 * MINUTE_MS
/** Most alerts that one run takes; the rest at the next run, a minute later. */
const UNCONFIRMED_MAX = 200

/** What follows for alerts that PagerDuty accepted and did not confirm. */
interface Consequence {
  readonly deliveries: readonly NewDelivery[]
  readonly entries: readonly TimelineEntry[]
}

/**
 * Accepted is not seen: an event that PagerDuty answered with 202 may be suppressed by a rule, a disabled service or a
 * maintenance window. When PagerDuty tells us of its incidents (a webhook subscription) and tells of none within five
 * minutes, the timeline of a critical alert says so, and the fallback of the destination is told too.
 *
 * That there is a subscription is known by its secret and by one `incident.triggered` that came for an alert of ours: a
 * subscription without that type of event would confirm nothing.
 * @throws what D1 throws; the next run does the rest
 */
export async function watchConfirmations(world: World, routing: Routing): Promise<void> {
  const { db, settings } = world
  const ids = routing.destinations.filter(({ type }) => type === 'pagerduty').map(({ id }) => id)
  if (settings.pagerDutyWebhookSecrets.length === 0 || ids.length === 0) return
  const now = world.now()
  const accepted = { from: now - LOOKS_BACK_MS, to: now - CONFIRMED_WITHIN_MS }
  const { results } = await selectUnconfirmed(db, ids, accepted, UNCONFIRMED_MAX).all<Unconfirmed>()
  if (results.length === 0) return
  const { deliveries, entries } = consequenceOf(results, routing, now)
  try {
    await db.batch([
      assertNothingSaidSince(
        db,
        results.map(({ alertId }) => ({ alertId, occurredAt: null })),
      ),
      insertDeliveries(db, JSON.stringify(deliveries)),
      insertTimeline(db, JSON.stringify(entries)),
    ])
  } catch (error) {
    // The word on one of them came at this very moment; the others are looked at in a minute.
    if (!isConflict(error)) throw error
    return
  }
  world.log('alerts_unconfirmed', { alerts: results.length })
  await wake(
    world,
    deliveries.map(({ deliveryId }) => deliveryId),
  )
}

/** Pure: who is told of alerts that were not confirmed, and what their timelines say. */
export function consequenceOf(
  unconfirmed: readonly Unconfirmed[],
  { destinations }: Pick<Routing, 'destinations'>,
  now: number,
): Consequence {
  const fallbackOf = (id: string) => destinations.find(destination => destination.id === id)?.fallback
  return {
    deliveries: unconfirmed.flatMap(({ alertId, destination }) => {
      const fallback = fallbackOf(destination)
      return fallback === undefined ? [] : [newDelivery(alertId, fallback, 'trigger', now)]
    }),
    entries: unconfirmed.map(({ alertId, destination }): TimelineEntry => {
      const fallback = fallbackOf(destination)
      const then = fallback === undefined ? 'It has no fallback.' : `${fallback} is told too, if it was not.`
      const minutes = CONFIRMED_WITHIN_MS / MINUTE_MS
      return {
        alertId,
        at: now,
        entryId: `unconfirmed:${destination}`,
        kind: 'unconfirmed',
        detail: `${destination}: accepted, not confirmed. It told of no incident within ${minutes} minutes. ${then}`,
      }
    }),
  }
}
