import { ALERT_KINDS, type AlertKind } from './alert-kind.ts'
import { type Pattern, patternOf } from './pattern.ts'
import { listed, routingProblems } from './routing-check.ts'
import { isAtLeast, type Severity } from './severity.ts'

/** The kinds of places that alerts can go to; `src/notify/target.ts` has one file for each. */
export const DESTINATION_TYPES = ['pagerduty', 'slack', 'webhook'] as const
export type DestinationType = (typeof DESTINATION_TYPES)[number]

/** One place alerts go to. Its key or URL is a secret of the Worker, found by its type. */
export interface Destination {
  /** Names it in delivery rows; changing it orphans what is waiting. Lower-case letters, digits and dashes, at most 32. */
  readonly id: string
  readonly type: DestinationType
  /** Alerts below this severity don't go here, unless their rule names this destination. */
  readonly minSeverity: Severity
  /** Another destination, told of a critical alert that this one has not taken for too long. */
  readonly fallback?: string
}

/** What an alert must be to take a route. Everything that is named must hold; of a list, one is enough. */
export interface RouteMatcher {
  /** Rule ids; `*` stands for any characters: `linux.*`. System alerts have ids too: `margay.*`. */
  readonly rule?: string | readonly string[]
  /** Names or ids of the host; `*` stands for any characters. An alert about no host has none. */
  readonly host?: string | readonly string[]
  /** Tags, one of which the host carries; `*` stands for any characters. */
  readonly tag?: string | readonly string[]
  readonly kind?: AlertKind | readonly AlertKind[]
  readonly minSeverity?: Severity
  readonly maxSeverity?: Severity
}

/** Which alerts go where. Routes are asked in order; the first that an alert meets decides, unless it says `continue`. */
export interface Route {
  /** Said in the timeline of the alert. */
  readonly id: string
  /** Absent: every alert. */
  readonly when?: RouteMatcher
  /** Ids of destinations; each still asks for its least severity. */
  readonly to?: readonly string[]
  /** Nobody is told, whatever the rule chose. The alert is kept all the same. */
  readonly mute?: true
  /** The routes behind this one are asked too. */
  readonly continue?: true
}

/** What routes look at. */
export interface RoutedAlert {
  readonly ruleId: string
  readonly kind: AlertKind
  readonly severity: Severity
  /** Null when no host is concerned. */
  readonly hostId: string | null
  readonly hostname: string
  readonly hostTags: readonly string[]
}

/** What `routing` takes. */
export interface RoutingDefinition {
  readonly destinations: readonly Destination[]
  /** None: every destination gets what reaches its least severity. */
  readonly routes?: readonly Route[]
}

/** Destinations and routes that are known to fit together. */
export interface Routing {
  readonly destinations: readonly Destination[]
  readonly routes: readonly BuiltRoute[]
}

export interface BuiltRoute extends Route {
  readonly meets: (alert: RoutedAlert) => boolean
}

/**
 * Builds the routing.
 * @throws Error naming everything that is wrong with it, and how to mend it
 */
export function routing({ destinations, routes = [] }: RoutingDefinition): Routing {
  const problems = routingProblems(destinations, routes)
  if (problems.length > 0) throw new Error(`rules/routing.ts: ${problems.join('; ')}`)
  return {
    destinations,
    routes: routes.map(route => ({ ...route, meets: matcherOf(route.when ?? {}) })),
  }
}

function matcherOf(when: RouteMatcher): (alert: RoutedAlert) => boolean {
  const rule = patternsOf(when.rule)
  const host = patternsOf(when.host)
  const tag = patternsOf(when.tag)
  const kinds = listed(when.kind) ?? ALERT_KINDS
  const { minSeverity = 'info', maxSeverity = 'critical' } = when
  return alert =>
    kinds.includes(alert.kind) &&
    isAtLeast(alert.severity, minSeverity) &&
    isAtLeast(maxSeverity, alert.severity) &&
    meetsAny(rule, [alert.ruleId]) &&
    meetsAny(host, alert.hostId === null ? [] : [alert.hostname, alert.hostId]) &&
    meetsAny(tag, alert.hostTags)
}

function patternsOf(texts: string | readonly string[] | undefined): readonly Pattern[] | null {
  return listed(texts)?.map(patternOf) ?? null
}

function meetsAny(patterns: readonly Pattern[] | null, texts: readonly string[]): boolean {
  return patterns === null || patterns.some(pattern => texts.some(pattern))
}
