import type { LogType, Row } from './event.ts'
import type { Severity } from './severity.ts'

/**
 * One test case of a rule: an event, and what must come of it. The event is one that the rule's selector picks, with its
 * first action, unless a field below says otherwise.
 */
export interface RuleTest<Columns> {
  readonly name: string
  /** Whether the rule must match. A rule error fails the test either way. */
  readonly match: boolean

  /** The row. Columns left out read as osquery shows them empty. */
  readonly columns?: Readonly<Partial<Record<keyof Columns & string, string>>>
  readonly action?: string
  readonly query?: string
  readonly pack?: string
  readonly table?: string
  readonly logType?: LogType
  readonly counter?: string
  /** Seconds since the epoch; default `TEST_TIME_SECONDS`. */
  readonly unixTime?: number
  readonly decorations?: Row
  /** Name of the host; default `test-host`. */
  readonly host?: string
  readonly hostTags?: readonly string[]
  readonly platform?: string
  /** A status line: what osqueryd says, and how urgently (0 INFO to 3 FATAL). */
  readonly message?: string
  readonly statusSeverity?: number

  /** Asserted when given, of a matching test only. */
  readonly title?: string
  readonly dedup?: string
  readonly severity?: Severity
  readonly context?: Readonly<Record<string, unknown>>
  readonly destinations?: readonly string[] | null
  readonly unique?: string | null
}
