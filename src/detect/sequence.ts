import { type Duration, minutesOf } from './duration.ts'
import type { Row } from './event.ts'
import { query, type Rule, type RuleContext, rule } from './rule.ts'
import type { Severity } from './severity.ts'

/** A match of one of the two rules of a sequence, as far as the other needs to know of it. */
export interface SequencePart {
  readonly ruleId: string
  /** `p_row_id` of its event. */
  readonly rowId: string
  /** What the rule's `sequenceKey` said. */
  readonly key: string
  /** Milliseconds since the epoch at which it happened, by the host's clock. */
  readonly at: number
  /** Title of the match. */
  readonly title: string
}

/** What a sequence's functions are given: all that is known of the event that completes it, and what went before. */
export interface SequenceContext extends RuleContext<Row> {
  readonly key: string
  /** Matches of the first rule within the time, latest first, at most `FIRSTS_MAX`: at least as many as it takes. */
  readonly firsts: readonly SequencePart[]
}

/** One event of a test case: of the first or the second rule, so many seconds after the start. */
export interface SequenceStep {
  readonly of: 'first' | 'next'
  /** Seconds. */
  readonly at: number
  readonly columns?: Readonly<Partial<Record<string, string>>>
  readonly host?: string
  /** Otherwise the first action that the rule meets. */
  readonly action?: string
}

/** One test case of a sequence: its events, in any order, and what must come of them. */
export interface SequenceTest {
  readonly name: string
  /** Whether the sequence must be found. It is run with the events arriving in the order of the list and reversed. */
  readonly match: boolean
  readonly steps: readonly SequenceStep[]
  /** Asserted when given, of the first match. */
  readonly title?: string
}

/** What `sequence` takes. What it has in common with a rule means the same there. */
export interface SequenceDefinition {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  /** The rule whose match comes first. It must name a `sequenceKey`; `alert: false` keeps it silent by itself. */
  readonly first: Rule
  /** The rule whose match completes the sequence, when it happens after the first and both have one `sequenceKey`. */
  readonly next: Rule
  /** Longest time between the two: `1m` to `24h`. Both ends count. */
  readonly within: Duration
  /** So many matches of `first` it takes: 1, unless told otherwise, to 20. */
  readonly atLeast?: number
  readonly attack: readonly string[]
  readonly means: string
  readonly check: string
  readonly benign: string
  readonly runbook: string
  readonly references: readonly string[]
  readonly dedupPeriod?: Duration
  readonly enabled?: boolean
  readonly alert?: boolean
  readonly replaces?: readonly string[]
  alertTitle?(context: SequenceContext): string
  /** Default: the key, so that each has its own alert. */
  dedup?(context: SequenceContext): string
  dynamicSeverity?(context: SequenceContext): Severity | undefined
  context?(context: SequenceContext): Readonly<Record<string, unknown>>
  /** At least one that matches and one that does not. */
  readonly tests: readonly SequenceTest[]
}

/** A sequence as the engine takes it. */
export interface Sequence {
  readonly id: string
  readonly first: Rule
  readonly next: Rule
  readonly withinMs: number
  readonly atLeast: number
  /** What its matches are told by: id, title, severity, runbook, … Never meets an event by itself. */
  readonly rule: Rule
  readonly tests: readonly SequenceTest[]
}

/**
 * So many matches of the first rule are looked at for one of the second. More would only make the title more exact, and
 * a burst of a hundred thousand failed logins must cost no more than twenty.
 */
export const FIRSTS_MAX = 20

const MINUTE_MS = 60_000
/** Beyond a day two events on one host have little to do with each other, and late ones would be looked for in vain. */
const WITHIN_MAX_MINUTES = 1440

/**
 * Builds a sequence: a match of `next` within a time after a match of `first`, both with one key, makes one match of its
 * own, whose event is that of `next`. Whatever comes first, late or twice, the same matches are made.
 *
 * @throws Error naming the sequence, everything that is wrong with it and how to mend it
 */
export function sequence(definition: SequenceDefinition): Sequence {
  const { first, next, within, atLeast = 1, tests, ...shared } = definition
  const minutes = minutesOf(within) ?? 0
  const problems = [
    ...roleProblems(first, next),
    ...(minutes < 1 || minutes > WITHIN_MAX_MINUTES
      ? [`within must be from 1m to 24h, not "${within}"`]
      : []),
    ...(!Number.isSafeInteger(atLeast) || atLeast < 1 || atLeast > FIRSTS_MAX
      ? [`atLeast must be a whole number from 1 to ${FIRSTS_MAX}, not ${atLeast}`]
      : []),
  ]
  if (problems.length > 0) throw new Error(`sequence "${definition.id}": ${problems.join('; ')}`)
  const told = rule({
    dedup: byKey,
    ...shared,
    // Ids of rules, which no query is called by: the engine is never asked about it, people are shown what it is made of.
    on: query(first.id, next.id),
    detect: () => false,
    tests: tests.map(({ name, match }) => ({ name, match })),
  } as Parameters<typeof rule<Row>>[0]) // Its functions are only called by `tellSequence`, with a SequenceContext.
  return { id: told.id, first, next, withinMs: minutes * MINUTE_MS, atLeast, rule: told, tests }
}

function byKey({ key }: SequenceContext): string {
  return key
}

function roleProblems(first: Rule, next: Rule): string[] {
  const problems = []
  if (first.id === next.id) {
    problems.push(`first and next are the same rule; to count its matches give "${first.id}" a threshold`)
  }
  for (const one of new Set([first, next])) {
    if (one.sequenceKey === undefined) {
      problems.push(`rule "${one.id}" has no sequenceKey; add one that both rules answer alike`)
    }
  }
  return problems
}
