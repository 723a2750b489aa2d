import { createEngine } from './engine.ts'
import type { LogType, Row } from './event.ts'
import type { Finding, RuleMatch } from './finding.ts'
import type { Rule } from './rule.ts'
import type { Severity } from './severity.ts'
import { eventOf, hostOf } from './test-event.ts'

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
  /** Seconds since the epoch; default 1,700,000,000 (2023-11-14 22:13:20 UTC). */
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

/** What became of one test case: `failures` is empty when it passed, otherwise says what was expected and what came. */
export interface RuleTestResult {
  readonly ruleId: string
  readonly name: string
  readonly failures: readonly string[]
}

/**
 * Runs the test cases of a rule, a disabled one as well, each through an engine that knows only this rule, so that its
 * selector, actions and guards are tested with it.
 */
export function runRuleTests(rule: Rule): readonly RuleTestResult[] {
  const engine = createEngine([{ ...rule, enabled: true }])
  return rule.tests.map(test => {
    const findings = engine.evaluate(eventOf(rule, test), hostOf(test))
    return { ruleId: rule.id, name: test.name, failures: judge(test, findings) }
  })
}

function judge(test: RuleTest<Row>, findings: readonly Finding[]): readonly string[] {
  const errors = findings.filter(finding => finding.kind === 'rule_error')
  const match = findings.find(finding => finding.kind === 'match')
  const failures = errors.map(error => `${error.stage} failed: ${error.message}`)
  // A verdict that failed is neither a match nor none.
  if (errors.some(error => error.stage === 'detect')) return failures
  if (match === undefined) return test.match ? [...failures, 'expected a match, got none'] : failures
  if (!test.match) return [...failures, `expected no match, got "${match.title}"`]
  return [...failures, ...differences(test, match)]
}

/** The parts of a match that a test may assert. */
const ASSERTABLE = ['title', 'dedup', 'severity', 'context', 'destinations', 'unique'] as const

function differences(test: RuleTest<Row>, match: RuleMatch): readonly string[] {
  return ASSERTABLE.filter(part => part in test && sorted(test[part]) !== sorted(match[part])).map(
    part => `${part}: expected ${sorted(test[part])}, got ${sorted(match[part])}`,
  )
}

/** JSON with the keys of objects in order: what two values are compared and shown by. */
function sorted(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
  return text ?? 'nothing'
}
