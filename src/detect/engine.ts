import { contextOf } from './context.ts'
import type { HostFacts, OsqueryEvent, Row } from './event.ts'
import type { Exception } from './exception.ts'
import { Exceptions } from './exceptions.ts'
import type { Finding, RuleError } from './finding.ts'
import { tellMatch } from './match.ts'
import type { Rule, RuleContext } from './rule.ts'
import { ruleError, WrongAnswer } from './rule-error.ts'
import { type Candidate, RuleIndex } from './rule-index.ts'
import type { Sequence } from './sequence.ts'
import { Sequences } from './sequences.ts'
import { EVENTED_TABLES } from './table-schema.ts'

/** Rules, made ready to meet events. Pure: no I/O, no clock; the same event gives the same findings. */
export interface Engine {
  /**
   * Judges one event of one host. Findings come in the order of the rules; an event that matches nothing, which is almost
   * every event, answers one shared empty list. Never throws.
   */
  evaluate(event: OsqueryEvent, host: HostFacts): readonly Finding[]
  /** What matches come to in pairs, which takes knowing those that went before. */
  readonly sequences: Sequences
}

/** Rows age while they wait for the next run of their query and the next post. */
const FRESHNESS_GRACE_MS = 30 * 60_000

const NOTHING: readonly Finding[] = Object.freeze([])

/**
 * Makes an engine of the enabled rules.
 *
 * @throws Error when two rules have one id: their alerts could not be told apart; and when an exception or a sequence
 *   speaks of a rule that is not among them.
 */
export function createEngine(
  rules: readonly Rule[],
  exceptions: readonly Exception[] = [],
  sequences: readonly Sequence[] = [],
): Engine {
  const ids = new Set<string>()
  for (const { id } of [...rules, ...sequences.map(({ rule }) => rule)]) {
    if (ids.has(id)) throw new Error(`two rules are called "${id}"; give one of them another id`)
    ids.add(id)
  }
  const index = new RuleIndex(rules.filter(rule => rule.enabled))
  const excepted = new Exceptions(exceptions, ids)
  return {
    evaluate(event, host) {
      const candidates = index.candidates(event)
      return candidates.length === 0 ? NOTHING : evaluateAll(candidates, event, host, excepted)
    },
    sequences: new Sequences(sequences, rules, excepted),
  }
}

function evaluateAll(
  candidates: readonly Candidate[],
  event: OsqueryEvent,
  host: HostFacts,
  excepted: Exceptions,
): readonly Finding[] {
  let context: RuleContext<Row> | null = null
  let findings: Finding[] | null = null
  for (const { rule, packs } of candidates) {
    if (packs?.has(event.p_pack) === false || isInitial(rule, event) || isTooOld(rule, event)) continue
    context ??= contextOf(event, host)
    const found = evaluateOne(rule, context, excepted)
    if (found === NOTHING) continue
    findings ??= []
    findings.push(...found)
  }
  return findings ?? NOTHING
}

function evaluateOne(rule: Rule, context: RuleContext<Row>, excepted: Exceptions): readonly Finding[] {
  const verdict = ask(rule, context, 'detect')
  if (typeof verdict !== 'boolean') return [verdict]
  if (!verdict) return NOTHING
  const excluded = rule.exclude === undefined ? false : ask(rule, context, 'exclude')
  if (excluded === true) return NOTHING
  if (excepted.cover(rule.id, context)) return excluded === false ? NOTHING : [excluded]
  const { match, errors } = tellMatch(rule, context)
  // A broken exclusion must hide nothing, so the match stands beside its error.
  return excluded === false ? [match, ...errors] : [match, excluded, ...errors]
}

/** The answer of a function that must say true or false, or the error that it made instead. */
function ask(rule: Rule, context: RuleContext<Row>, stage: 'detect' | 'exclude'): boolean | RuleError {
  try {
    const answer: unknown = stage === 'detect' ? rule.detect(context) : rule.exclude?.(context)
    if (typeof answer === 'boolean') return answer
    throw new WrongAnswer(answer, 'a boolean')
  } catch (thrown) {
    return ruleError(rule, context, stage, thrown)
  }
}

/** Counter "0" marks the first full result of a query (osquery docs, deployment/logging); before 5.8 also of evented tables. */
function isInitial(rule: Rule, event: OsqueryEvent): boolean {
  return rule.ignoreInitial && event.counter === '0' && !EVENTED_TABLES.has(event.p_table)
}

function isTooOld({ freshness }: Rule, event: OsqueryEvent): boolean {
  if (freshness === null) return false
  const text = event.columns?.[freshness.column]
  if (freshness.untimed && (text === undefined || text === '' || text === '0')) return event.counter === '0'
  const at = secondsOf(text)
  return at === null || at * 1000 < event.p_event_time - freshness.withinMs - FRESHNESS_GRACE_MS
}

/** A time column, which osquery gives as seconds since the epoch, or null when it holds anything else. */
function secondsOf(column: string | undefined): number | null {
  return column !== undefined && /^\d{1,12}(?:\.\d+)?$/.test(column) ? Number(column) : null
}
