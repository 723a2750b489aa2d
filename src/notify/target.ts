import type { Destination, DestinationType } from '../detect/routing.ts'
import type { Settings } from '../env.ts'
import { pagerDuty } from './pagerduty.ts'
import { slack } from './slack.ts'
import type { DestinationKind, NoTarget, Target } from './telling.ts'
import { webhook } from './webhook.ts'

/** Every type of destination. A new one is a file and a line here; see docs/alerting.md. */
export const KINDS: Readonly<Record<DestinationType, DestinationKind>> = {
  pagerduty: pagerDuty,
  slack,
  webhook,
}

/** A target, and the type whose budget it shares. */
export type FoundTarget = Target & { readonly type: DestinationType }

/**
 * Finds out where a delivery goes, at each send anew: the configuration may have changed since it was written.
 * @param id  the destination as the delivery row names it
 * @returns the target, or the sentence that tells the operator why the delivery can't be sent and what to do
 */
export function targetOf(
  id: string,
  destinations: readonly Destination[],
  settings: Settings,
): FoundTarget | { readonly ok: false; readonly reason: string } {
  const destination = destinations.find(known => known.id === id)
  if (destination === undefined) return unsendable(unknown(id))
  const target = KINDS[destination.type](settings)
  return target.ok ? { ...target, type: destination.type } : unsendable(target)
}

/** What is missing before a destination can be told anything, or null. Holds no secret. */
export function missingOf(destination: Destination, settings: Settings): string | null {
  const target = KINDS[destination.type](settings)
  return target.ok ? null : target.missing
}

/** What is missing or wrong with the destinations, each as a sentence for the operator. */
export function destinationProblems(
  destinations: readonly Destination[],
  settings: Settings,
): readonly string[] {
  return destinations.flatMap(destination => {
    const missing = missingOf(destination, settings)
    return missing === null
      ? []
      : [`${missing}: alerts to "${destination.id}" wait, parked, and nobody there is told.`]
  })
}

/** All that must never be logged of the destinations as they are configured. */
export function secretsOf(settings: Settings): readonly string[] {
  return Object.values(KINDS).flatMap(kind => {
    const target = kind(settings)
    return target.ok ? target.secrets : []
  })
}

function unsendable({ missing }: NoTarget): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason: `${missing}: mend it, deploy, and redrive this delivery` }
}

function unknown(id: string): NoTarget {
  return { ok: false, missing: `rules/routing.ts has no destination "${id}"` }
}
