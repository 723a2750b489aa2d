import { createEngine } from './engine.ts'
import type { LogType, Row } from './event.ts'
import type { Finding, RuleFunctionName, RuleMatch } from './finding.ts'
import type { Rule, RuleContext } from './rule.ts'
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
  return rule.tests.map(test => ({ ruleId: rule.id, name: test.name, failures: failuresOf(rule, test) }))
}

function failuresOf(rule: Rule, test: RuleTest<Row>): readonly string[] {
  const run = watchedRun(rule, test)
  const errors = run.findings.filter(finding => finding.kind === 'rule_error')
  const failures = errors.map(
    ({ stage, message }) => `${stage} ${run.thrown.get(stage) ?? `failed: it ${message}`}`,
  )
  // A verdict that failed is neither a match nor none.
  if (errors.some(({ stage }) => stage === 'detect')) return failures
  const match = run.findings.find(finding => finding.kind === 'match')
  if (match === undefined) {
    return test.match ? [...failures, `expected a match, got none: ${whyNone(rule, test, run)}`] : failures
  }
  if (!test.match)
    return [...failures, `expected no match, got one of severity ${match.severity}: "${match.title}"`]
  return [...failures, ...differences(test, match)]
}

interface WatchedRun {
  readonly findings: readonly Finding[]
  /** Whether the rule's own verdict was asked for. */
  readonly asked: boolean
  /** By function: what was thrown, and where in the rule's file when that can be told. */
  readonly thrown: ReadonlyMap<string, string>
}

const FUNCTIONS = [
  'detect',
  'exclude',
  'alertTitle',
  'dedup',
  'dynamicSeverity',
  'destinations',
  'context',
  'unique',
  'sequenceKey',
] as const satisfies readonly RuleFunctionName[]

/** Runs a test case and keeps what the engine rightly forgets: which functions were asked, and where they threw. */
function watchedRun(rule: Rule, test: RuleTest<Row>): WatchedRun {
  const asked = new Set<string>()
  const thrown = new Map<string, string>()
  const watched = FUNCTIONS.filter(name => rule[name] !== undefined).map(name => [
    name,
    (context: RuleContext<Row>): unknown => {
      asked.add(name)
      try {
        return rule[name]?.(context)
      } catch (error) {
        thrown.set(name, thrownAt(error))
        throw error
      }
    },
  ])
  // Each function answers what the rule's own does.
  const copy: Rule = { ...rule, ...Object.fromEntries(watched), enabled: true }
  const findings = createEngine([copy]).evaluate(eventOf(rule, test), hostOf(test))
  return { findings, asked: asked.has('detect'), thrown }
}

/** `TypeError: … (rules/posix/example.ts:12:34)`. */
function thrownAt(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${JSON.stringify(error)}`
  const place = /\/(rules\/[^\s()]+:\d+:\d+)\)?$/m.exec(error.stack ?? '')?.[1]
  return `threw ${error.name}: ${error.message}${place === undefined ? '' : ` (${place})`}`
}

/** Which part of the rule kept a row from matching. */
function whyNone(rule: Rule, test: RuleTest<Row>, { asked }: WatchedRun): string {
  if (asked) return saysNo(rule, test) ? 'detect said no' : 'exclude took it back'
  const { counter, p_table: table, p_query: query, p_pack: pack, action, columns } = eventOf(rule, test)
  if (watchedRun({ ...rule, ignoreInitial: false }, test).asked) {
    return `initial: 'ignore' passes over first results (counter ${counter})`
  }
  if (rule.freshness !== null && watchedRun({ ...rule, freshness: null }, test).asked) {
    const { column } = rule.freshness
    return `freshness: ${column} is "${columns?.[column] ?? ''}", too long before the time of the event or none at all`
  }
  const met = `${rule.on.kind} ${rule.on.names.join(', ')}, ${rule.actions?.join(', ') ?? 'any action'}`
  return `detect was not asked: the rule meets ${met}; the row is of table "${table}", query "${query}", pack "${pack}", action "${action}"`
}

function saysNo(rule: Rule, test: RuleTest<Row>): boolean {
  const { exclude: _, ...bare } = rule
  return watchedRun(bare, test).findings.length === 0
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
