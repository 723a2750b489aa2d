import type { Destination } from '../detect/routing.ts'
import { isAtLeast, type Severity } from '../detect/severity.ts'

/** Who is told of an alert, and the sentence that says why these and no others. */
export interface Route {
  readonly destinations: readonly Destination[]
  readonly why: string
}

/**
 * Decides which destinations an alert goes to: those that the rule chose, else those whose least severity it reaches.
 *
 * Whether a destination can be reached (its secret is set, its URL is allowed) is not asked here: the delivery row is
 * written all the same and parked with the reason, so that nothing is dropped in silence.
 * @param chosen  destination ids of the rule; null leaves it to severity, `[]` is nobody. One unknown name voids the
 *   whole list (Panther's rule), so that a typing error can't keep an alert from everyone
 */
export function routeAlert(
  routing: readonly Destination[],
  severity: Severity,
  chosen: readonly string[] | null,
): Route {
  if (chosen === null) return bySeverity(routing, severity)
  if (chosen.length === 0) return { destinations: [], why: 'The rule sends its alerts to nobody.' }
  const unknown = chosen.filter(id => !routing.some(destination => destination.id === id))
  if (unknown.length > 0) {
    const { destinations, why } = bySeverity(routing, severity)
    return {
      destinations,
      why: `The rule names ${listed(unknown)}, which rules/routing.ts does not know, so severity decides. ${why}`,
    }
  }
  const destinations = routing.filter(({ id }) => chosen.includes(id))
  return { destinations, why: `The rule chose ${listed(destinations.map(({ id }) => id))}.` }
}

function bySeverity(routing: readonly Destination[], severity: Severity): Route {
  if (routing.length === 0) return { destinations: [], why: 'rules/routing.ts has no destination.' }
  const why = routing.map(({ id, minSeverity }) =>
    isAtLeast(severity, minSeverity)
      ? `${id} is told: ${severity} is at least ${minSeverity}.`
      : `${id} is not told: ${severity} is below ${minSeverity}.`,
  )
  return {
    destinations: routing.filter(({ minSeverity }) => isAtLeast(severity, minSeverity)),
    why: why.join(' '),
  }
}

function listed(ids: readonly string[]): string {
  return ids.map(id => `"${id.slice(0, 100)}"`).join(', ')
}
