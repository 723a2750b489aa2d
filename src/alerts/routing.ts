import type { BuiltRoute, Destination, RoutedAlert, Routing } from '../detect/routing.ts'
import { isAtLeast, type Severity } from '../detect/severity.ts'

/** Who is told of an alert, and the sentence that says why these and no others. */
export interface Recipients {
  readonly destinations: readonly Destination[]
  readonly why: string
}

/**
 * Decides which destinations an alert goes to. In this order: a route that mutes it; the destinations that its rule chose;
 * those of the routes it meets; when it meets none, all. The last two ask for the least severity of each destination.
 *
 * Whether a destination can be reached (its secret is set, its URL is allowed) is not asked here: the delivery row is
 * written all the same and parked with the reason, so that nothing is dropped in silence.
 * @param chosen  destination ids of the rule; null leaves it to routes, `[]` is nobody. One unknown name voids the
 *   whole list (Panther's rule), so that a typing error can't keep an alert from everyone
 */
export function routeAlert(
  { destinations, routes }: Routing,
  alert: RoutedAlert,
  chosen: readonly string[] | null,
): Recipients {
  const met = routesMet(routes, alert)
  const muting = met.find(({ mute }) => mute === true)
  if (muting !== undefined) {
    return { destinations: [], why: `Nobody is told: the route "${muting.id}" mutes it.` }
  }
  if (chosen === null) return byRoutes(destinations, met, alert.severity)
  if (chosen.length === 0) return { destinations: [], why: 'The rule sends its alerts to nobody.' }
  const unknown = chosen.filter(id => !destinations.some(destination => destination.id === id))
  if (unknown.length > 0) {
    const told = byRoutes(destinations, met, alert.severity)
    const why = `The rule names ${listed(unknown)}, which rules/routing.ts does not know, so its choice is void. ${told.why}`
    return { ...told, why }
  }
  const told = destinations.filter(({ id }) => chosen.includes(id))
  return { destinations: told, why: `The rule chose ${listed(told.map(({ id }) => id))}.` }
}

/** The routes that an alert takes, in order, up to the first that doesn't continue. */
function routesMet(routes: readonly BuiltRoute[], alert: RoutedAlert): readonly BuiltRoute[] {
  const met: BuiltRoute[] = []
  for (const route of routes) {
    if (!route.meets(alert)) continue
    met.push(route)
    if (route.continue !== true) break
  }
  return met
}

function byRoutes(
  destinations: readonly Destination[],
  met: readonly BuiltRoute[],
  severity: Severity,
): Recipients {
  if (met.length === 0) return bySeverity(destinations, severity)
  const named = new Set(met.flatMap(({ to }) => to ?? []))
  const told = bySeverity(
    destinations.filter(({ id }) => named.has(id)),
    severity,
  )
  const by = `${met.length === 1 ? 'The route' : 'The routes'} ${listed(met.map(({ id }) => id))}`
  return { ...told, why: `${by} decide${met.length === 1 ? 's' : ''}. ${told.why}` }
}

function bySeverity(destinations: readonly Destination[], severity: Severity): Recipients {
  if (destinations.length === 0) return { destinations: [], why: 'rules/routing.ts has no destination.' }
  const why = destinations.map(({ id, minSeverity }) =>
    isAtLeast(severity, minSeverity)
      ? `${id} is told: ${severity} is at least ${minSeverity}.`
      : `${id} is not told: ${severity} is below ${minSeverity}.`,
  )
  return {
    destinations: destinations.filter(({ minSeverity }) => isAtLeast(severity, minSeverity)),
    why: why.join(' '),
  }
}

function listed(ids: readonly string[]): string {
  return ids.map(id => `"${id.slice(0, 100)}"`).join(', ')
}
