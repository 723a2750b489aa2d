import type { Destination } from '../detect/routing.ts'
import type { Severity } from '../detect/severity.ts'
import { alertIdOf } from './identity.ts'

export { alertIdOf }

/** Statements for one D1 batch, and the deliveries to `wake` once it is committed. Repeating a change does nothing. */
export interface Change {
  readonly statements: D1PreparedStatement[]
  readonly deliveryIds: readonly string[]
}

/** An alert that no rule made: a silent host or feed, or trouble in Margay itself. */
export interface AlertSpec {
  readonly kind: 'silence' | 'system'
  readonly ruleId: string
  readonly dedup: string
  /** From 1; each later episode is another alert. */
  readonly episode: number
  readonly severity: Severity
  readonly title: string
  readonly runbook: string
  readonly context: Readonly<Record<string, unknown>>
  readonly hostId?: string
  readonly hostname?: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Who changed the status of an alert, when (ms since the epoch), and what they had to say. */
export interface StatusChange {
  readonly alertId: string
  readonly at: number
  readonly by: string
  readonly note: string
}

/** Opens the alert of the given episode and tells every destination that wants its severity. */
export function openAlert(_db: D1Database, _routing: readonly Destination[], _spec: AlertSpec): Change {
  return { statements: [], deliveryIds: [] }
}

/** Resolves an alert unless it is resolved, and tells the destinations that were told of it. */
export function resolveAlert(
  _db: D1Database,
  _routing: readonly Destination[],
  _change: StatusChange,
): Change {
  return { statements: [], deliveryIds: [] }
}

/** Acknowledges an open alert, and tells the destinations that were told of it. */
export function acknowledgeAlert(
  _db: D1Database,
  _routing: readonly Destination[],
  _change: StatusChange,
): Change {
  return { statements: [], deliveryIds: [] }
}
