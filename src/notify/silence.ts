import { patternOf } from '../detect/pattern.ts'
import type { Alert } from '../store/alerts.ts'
import type { Delivery } from '../store/deliveries.ts'
import type { Silence } from '../store/silences.ts'

/** What a silence may look at. Everything that is named must hold; `*` stands for any characters. */
export const SILENCE_FIELDS = ['rule', 'host', 'severity', 'kind', 'query', 'pack', 'alert'] as const
type SilenceField = (typeof SILENCE_FIELDS)[number]

type Silenced = Pick<
  Alert,
  'ruleId' | 'hostId' | 'hostname' | 'severity' | 'kind' | 'query' | 'pack' | 'alertId'
>

/**
 * The silence that keeps an alert from being told; of several the one that ends last. What can't be read silences
 * nothing: in doubt people are told.
 */
export function silenceOf(alert: Silenced, silences: readonly Silence[], now: number): Silence | null {
  const holding = silences.filter(
    silence => silence.startsAt <= now && now < silence.endsAt && meets(silence.matchers, alert),
  )
  return holding.toSorted((a, b) => b.endsAt - a.endsAt)[0] ?? null
}

/** Acknowledges and resolves go on: they make nobody look, and a destination that knows of an alert must hear of its end. */
export function canBeSilenced({ action }: Pick<Delivery, 'action'>): boolean {
  return action !== 'acknowledge' && action !== 'resolve'
}

function meets(json: string, alert: Silenced): boolean {
  const matchers = matchersIn(json)
  if (matchers === null) return false
  return matchers.every(([field, pattern]) => textsOf(field, alert).some(patternOf(pattern)))
}

/** At least one matcher, all of them known; null for anything else. */
function matchersIn(json: string): readonly (readonly [SilenceField, string])[] | null {
  const value = parsed(json)
  if (typeof value !== 'object' || value === null) return null
  const entries = Object.entries(value)
  const known = entries.flatMap(([name, pattern]) => {
    const field = SILENCE_FIELDS.find(one => one === name)
    return field !== undefined && typeof pattern === 'string' ? [[field, pattern] as const] : []
  })
  return known.length > 0 && known.length === entries.length ? known : null
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function textsOf(field: SilenceField, alert: Silenced): readonly string[] {
  switch (field) {
    case 'rule':
      return [alert.ruleId]
    case 'host':
      return alert.hostId === null ? [] : [alert.hostname, alert.hostId]
    case 'severity':
      return [alert.severity]
    case 'kind':
      return [alert.kind]
    case 'query':
      return [alert.query]
    case 'pack':
      return [alert.pack]
    case 'alert':
      return [alert.alertId]
  }
}
