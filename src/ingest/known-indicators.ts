import type { Row } from '../detect/event.ts'
import { ipAddress } from './addresses.ts'
import { type Findings, INDICATOR, isHostName, readValue } from './indicators.ts'
import { readWayOf } from './read-way.ts'

/**
 * The indicator fields of an event, by `INDICATOR`. Each sorted and without repeats. Shared between events, so never to
 * be changed.
 */
export type Indicators = readonly (readonly string[])[]

const NONE: readonly string[] = Object.freeze([])

export const NO_INDICATORS: Indicators = Object.freeze(Object.values(INDICATOR).map(() => NONE))

/**
 * What the host says of itself on every line: its identifier when it is a name (as Panther takes it) and not a bare UUID,
 * and decorations that are names, users or addresses.
 */
export function hostIndicators(hostIdentifier: string, decorations: Row, findings: Findings): Indicators {
  findings.clear()
  const address = ipAddress(hostIdentifier)
  if (address !== '') findings.add(INDICATOR.ip, address)
  else if (isHostName(hostIdentifier)) findings.add(INDICATOR.domain, hostIdentifier)
  for (const key of Object.keys(decorations)) {
    readValue(readWayOf('', key), decorations[key] ?? '', findings)
  }
  return withFindings(NO_INDICATORS, findings)
}

/** Adds what was found in a row to what is known of its host, and empties the findings. */
export function withFindings(known: Indicators, findings: Findings): Indicators {
  const { count } = findings
  if (count === 0) return known
  const joined = known.slice()
  for (let i = 0; i < count; i++) {
    const field = findings.fields[i] ?? INDICATOR.ip
    joined[field] = withValue(joined[field] ?? NONE, findings.values[i] ?? '')
  }
  findings.clear()
  return joined
}

function withValue(values: readonly string[], value: string): readonly string[] {
  const [first] = values
  if (first === undefined) return [value]
  // The usual case, and cheaper so: the host's own name and another, its user and another.
  if (values.length === 1 && first !== value) return first < value ? [first, value] : [value, first]
  let at = 0
  for (const known of values) {
    if (known === value) return values
    if (known < value) at++
  }
  return [...values.slice(0, at), value, ...values.slice(at)]
}
