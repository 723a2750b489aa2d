import type { OsqueryEvent } from './event.ts'
import type { Severity } from './severity.ts'

/** What evaluating one rule over one event can yield. Everything an alert needs, nothing that needs I/O. */
export type Finding = RuleMatch | RuleError

interface FindingBase {
  readonly ruleId: string
  readonly event: OsqueryEvent
  readonly severity: Severity
  /** At most 1,000 characters, well-formed, no control characters. */
  readonly title: string
  /** Findings of one rule with the same string share an alert for `dedupMinutes`. At most 1,000 characters. */
  readonly dedup: string
  readonly dedupMinutes: number
  readonly runbook: string
}

export interface RuleMatch extends FindingBase {
  readonly kind: 'match'
  /** Matches (or distinct `unique` values) within the window before there is an alert. At least 1. */
  readonly threshold: number
  /** When the rule counts distinct values: this event's value, or null when it has none and so counts for nothing. */
  readonly unique?: string | null
  /** Of a rule that names a `sequenceKey`: how matches of other rules find this one. */
  readonly sequence?: SequenceMark
  /** False for a signal: the match is kept, no alert is made. */
  readonly alert: boolean
  /** Destination ids chosen by the rule; `null` leaves it to routing, `[]` sends to none. */
  readonly destinations: readonly string[] | null
  /** JSON-serializable, at most 200 KiB as JSON. */
  readonly context: Readonly<Record<string, unknown>>
}

/** What joins a match to those of another rule in a sequence. */
export interface SequenceMark {
  /** At most 1,000 characters. */
  readonly key: string
  /** Milliseconds since the epoch at which it happened, by the host's clock. */
  readonly at: number
}

/** A rule threw, or answered something that is not a boolean. Never counted as a match; threshold is always one. */
export interface RuleError extends FindingBase {
  readonly kind: 'rule_error'
  /** Which of the rule's functions failed. */
  readonly stage: RuleFunctionName
  readonly message: string
}

/** The functions of a rule that can fail, by the names they have in its file. */
export type RuleFunctionName =
  | 'detect'
  | 'exclude'
  | 'alertTitle'
  | 'dedup'
  | 'dynamicSeverity'
  | 'destinations'
  | 'context'
  | 'unique'
  | 'sequenceKey'
