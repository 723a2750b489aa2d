import { ALERT_KINDS } from './alert-kind.ts'
import type { Destination, Route, RouteMatcher } from './routing.ts'
import { isAtLeast, SEVERITIES, type Severity } from './severity.ts'

/** Delivery ids are made of it, and a dot parts their pieces. */
const DESTINATION_ID = /^[a-z][a-z0-9-]{0,31}$/

/** Everything that is wrong with a routing, each as a sentence that says how to mend it. */
export function routingProblems(destinations: readonly Destination[], routes: readonly Route[]): string[] {
  const ids = destinations.map(({ id }) => id)
  return [
    ...twice(ids).map(id => `two destinations are called "${id}": rename one`),
    ...twice(routes.map(({ id }) => id)).map(id => `two routes are called "${id}": rename one`),
    ...destinations.flatMap(destination => destinationProblems(destination, ids)),
    ...routes.flatMap(route => routeProblems(route, destinations)),
    ...unreachable(routes),
  ]
}

/** What is named by one text or by a list of them; null when everything is meant. */
export function listed<Name extends string>(
  names: Name | readonly Name[] | undefined,
): readonly Name[] | null {
  if (names === undefined) return null
  // A list is the other of the two; its type is lost in the negation.
  return typeof names === 'string' ? [names] : (names as readonly Name[])
}

function twice(ids: readonly string[]): readonly string[] {
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) < index))]
}

function destinationProblems({ id, fallback }: Destination, ids: readonly string[]): string[] {
  const problems = []
  if (!DESTINATION_ID.test(id)) {
    problems.push(
      `destination "${id}": an id is a letter and up to 31 lower-case letters, digits and dashes; rename it`,
    )
  }
  if (fallback === id) problems.push(`destination "${id}" is its own fallback: name another or leave it out`)
  else if (fallback !== undefined && !ids.includes(fallback)) {
    problems.push(`destination "${id}" has the fallback "${fallback}", which is none of ${named(ids)}`)
  }
  return problems
}

function routeProblems(route: Route, destinations: readonly Destination[]): string[] {
  const problems = [...actionProblems(route), ...matcherProblems(route.when ?? {})]
  const { maxSeverity = 'critical' } = route.when ?? {}
  for (const id of route.to ?? []) {
    const destination = destinations.find(known => known.id === id)
    if (destination === undefined) {
      problems.push(`it sends to "${id}", which is none of ${named(destinations.map(known => known.id))}`)
    } else if (!isAtLeast(maxSeverity, destination.minSeverity)) {
      problems.push(
        `it sends at most ${maxSeverity} to "${id}", which takes nothing below ${destination.minSeverity}: lower the minSeverity there or leave it out here`,
      )
    }
  }
  return problems.map(problem => `route "${route.id}": ${problem}`)
}

function actionProblems(route: Route): string[] {
  const to = route.to ?? []
  if (route.mute === true && to.length > 0) return ['it mutes and sends: leave out `mute` or `to`']
  if (route.mute === true && route.continue === true) {
    return ['what is muted goes nowhere: leave out `continue`']
  }
  if (route.mute !== true && to.length === 0) {
    return ['it sends to nobody: name destinations in `to`, or say `mute: true`']
  }
  return []
}

function matcherProblems(when: RouteMatcher): string[] {
  const { minSeverity = 'info', maxSeverity = 'critical' } = when
  const problems = []
  if (!isAtLeast(maxSeverity, minSeverity)) {
    problems.push(`no alert is at least ${minSeverity} and at most ${maxSeverity}: swap them`)
  }
  for (const name of ['rule', 'host', 'tag', 'kind'] as const) {
    const names = listed<string>(when[name])
    if (names?.length === 0) problems.push(`\`${name}\` lists nothing, so no alert is meant: leave it out`)
    if (names?.some(text => text.trim() === '')) problems.push(`\`${name}\` is empty: leave it out`)
  }
  return problems
}

/** Routes that no alert can reach because those before take everything. Says so only where it is certain. */
function unreachable(routes: readonly Route[]): string[] {
  return routes.flatMap((route, index) => {
    const before = routes.slice(0, index).filter(earlier => earlier.continue !== true)
    // Kinds and severities are few: asked one by one, several routes together are seen to take everything.
    const cells = cellsOf(route.when ?? {})
    const takers = cells.map(cell =>
      before.find(earlier => takesAll(earlier.when ?? {}, route.when ?? {}, cell)),
    )
    if (cells.length === 0 || takers.includes(undefined)) return []
    const by = before.filter(earlier => takers.includes(earlier)).map(({ id }) => id)
    return [
      `route "${route.id}" is never reached, because ${named(by)} before it take${by.length === 1 ? 's' : ''} all its alerts: move it up, or let those \`continue\``,
    ]
  })
}

interface Cell {
  readonly kind: (typeof ALERT_KINDS)[number]
  readonly severity: Severity
}

function cellsOf({ kind, minSeverity = 'info', maxSeverity = 'critical' }: RouteMatcher): Cell[] {
  const severities = SEVERITIES.filter(one => isAtLeast(one, minSeverity) && isAtLeast(maxSeverity, one))
  return (listed(kind) ?? ALERT_KINDS).flatMap(one => severities.map(severity => ({ kind: one, severity })))
}

/** Whether a matcher takes every alert of one kind and severity that another means. */
function takesAll(taker: RouteMatcher, other: RouteMatcher, { kind, severity }: Cell): boolean {
  return (
    cellsOf(taker).some(cell => cell.kind === kind && cell.severity === severity) &&
    coversAll(taker.rule, other.rule) &&
    coversAll(taker.host, other.host) &&
    coversAll(taker.tag, other.tag)
  )
}

function coversAll(wide: RouteMatcher['rule'], narrow: RouteMatcher['rule']): boolean {
  const patterns = listed(wide)
  if (patterns === null) return true
  return listed(narrow)?.every(text => patterns.some(pattern => covers(pattern, text))) ?? false
}

/** Certain for equal patterns and for `prefix*`; other patterns may cover more than is seen here. */
function covers(wide: string, narrow: string): boolean {
  if (wide === narrow) return true
  const prefix = wide.slice(0, -1)
  return wide.endsWith('*') && !prefix.includes('*') && narrow.startsWith(prefix)
}

function named(ids: readonly string[]): string {
  return ids.length === 0 ? 'no destinations' : ids.map(id => `"${id}"`).join(', ')
}
