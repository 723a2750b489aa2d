import type { Alert } from '../store/alerts.ts'

/** Why an alert that no rule made was opened and since when it is so, as its context says; empty where it says nothing. */
export interface Grounds {
  readonly reason: string
  /** An instant, ISO 8601. */
  readonly since: string
}

/**
 * The grounds of an alert about silence, or of a system alert that says why; null of all others, for which the match or
 * the title speaks. They stand in for the times and the count of matches, which there are none of: a `last_seen` would be
 * read as the last that was heard of the host. Total.
 */
export function groundsOf({ kind, context }: Pick<Alert, 'kind' | 'context'>): Grounds | null {
  if (kind !== 'silence' && kind !== 'system') return null
  const said = membersOf(context)
  const reason = textOf(said['reason'])
  return kind === 'system' && reason === '' ? null : { reason, since: textOf(said['since']) }
}

/** A record's own members by name; of anything else none. */
function membersOf(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json)
    return Object.assign(Object.create(null), typeof value === 'object' ? value : {})
  } catch {
    // Whoever is woken is told all the same, with what else there is.
    return {}
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
