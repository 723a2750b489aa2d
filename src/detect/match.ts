import type { Row } from './event.ts'
import type { RuleError, RuleFunctionName, RuleMatch } from './finding.ts'
import type { Rule, RuleContext } from './rule.ts'
import { SEVERITIES, type Severity } from './severity.ts'
import { shownText } from './text.ts'

/** As many as Panther takes; the rest is cut. */
const DESTINATIONS_MAX = 10

/** Panther's limit for an alert's context, as JSON. */
const CONTEXT_MAX_BYTES = 200 * 1024

/**
 * A broken rule is work for the day, whatever the rule is about: it is not a match and must not page like one.
 */
const RULE_ERROR_SEVERITY: Severity = 'low'

/** A match and what went wrong while it was told. */
export interface ToldMatch {
  readonly match: RuleMatch
  readonly errors: readonly RuleError[]
}

/**
 * Asks a rule that matched for everything an alert needs. Whatever fails falls back to its default and yields a rule error
 * beside the match, never instead of it.
 */
export function tellMatch(rule: Rule, context: RuleContext<Row>): ToldMatch {
  const errors: RuleError[] = []
  const ask = <Answer>(stage: RuleFunctionName, answer: () => Answer, fallback: Answer): Answer => {
    try {
      return answer()
    } catch (thrown) {
      errors.push(ruleError(rule, context, stage, thrown))
      return fallback
    }
  }
  const match: RuleMatch = {
    kind: 'match',
    ruleId: rule.id,
    event: context.event,
    severity: ask('dynamicSeverity', () => severityOf(rule, context), rule.severity),
    title: ask('alertTitle', () => titleOf(rule, context), shownText(rule.title)),
    dedup: ask('dedup', () => dedupOf(rule, context), defaultDedup(context)),
    dedupMinutes: rule.dedupMinutes,
    runbook: rule.runbook,
    threshold: rule.threshold,
    alert: rule.alert,
    destinations: ask('destinations', () => destinationsOf(rule, context), null),
    context: contextOf(rule, context, error => errors.push(error)),
    ...(rule.unique && { unique: ask('unique', () => uniqueOf(rule, context), null) }),
  }
  return { match, errors }
}

/** The finding for a function of a rule that threw or answered what it must not. Grouped by function and kind of error. */
export function ruleError(
  rule: Rule,
  context: RuleContext<Row>,
  stage: RuleFunctionName,
  thrown: unknown,
): RuleError {
  const { name, message } = describeThrown(thrown)
  return {
    kind: 'rule_error',
    ruleId: rule.id,
    event: context.event,
    severity: RULE_ERROR_SEVERITY,
    title: shownText(`Rule ${rule.id} failed in ${stage}: ${name}: ${message}`),
    dedup: shownText(`${stage}:${name}`),
    dedupMinutes: rule.dedupMinutes,
    runbook: `Mend ${stage} of rule ${rule.id} and add this event to its tests. Until then events like it go unjudged or carry defaults.`,
    stage,
    message: shownText(message),
  }
}

/** A function of a rule answered with the wrong type. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer'
}

/** The text a rule answered, or what is given when it answered nothing to show. */
function textFrom(answer: unknown, otherwise: string): string {
  if (typeof answer !== 'string') throw new WrongAnswer(`answered ${typeOf(answer)} instead of a string`)
  const text = shownText(answer)
  return text.trim() === '' ? otherwise : text
}

function titleOf(rule: Rule, context: RuleContext<Row>): string {
  const title = shownText(rule.title)
  return rule.alertTitle === undefined ? title : textFrom(rule.alertTitle(context), title)
}

function dedupOf(rule: Rule, context: RuleContext<Row>): string {
  const each = defaultDedup(context)
  return rule.dedup === undefined ? each : textFrom(rule.dedup(context), each)
}

/** Each host on its own: one noisy host must not hide another. */
function defaultDedup(context: RuleContext<Row>): string {
  return shownText(context.hostId)
}

function severityOf(rule: Rule, context: RuleContext<Row>): Severity {
  const answer: unknown = rule.dynamicSeverity?.(context)
  if (answer === undefined) return rule.severity
  const severity = SEVERITIES.find(known => known === answer)
  if (severity === undefined) throw new WrongAnswer(`answered ${typeOf(answer)} that is not a severity`)
  return severity
}

function destinationsOf(rule: Rule, context: RuleContext<Row>): readonly string[] | null {
  const answer: unknown = rule.destinations?.(context) ?? null
  if (answer === null) return null
  if (!Array.isArray(answer) || !answer.every(id => typeof id === 'string')) {
    throw new WrongAnswer(`answered ${typeOf(answer)} instead of a list of destination ids`)
  }
  return answer.slice(0, DESTINATIONS_MAX)
}

function uniqueOf(rule: Rule, context: RuleContext<Row>): string | null {
  const answer: unknown = rule.unique?.(context) ?? null
  if (answer === null || answer === '') return null
  return textFrom(answer, '') || null
}

/** Unlike the others a failed context is seen in the alert, as Panther's is: under `_error`. */
function contextOf(
  rule: Rule,
  context: RuleContext<Row>,
  report: (error: RuleError) => void,
): Readonly<Record<string, unknown>> {
  if (rule.context === undefined) return {}
  try {
    return jsonObject(rule.context(context))
  } catch (thrown) {
    const error = ruleError(rule, context, 'context', thrown)
    report(error)
    return { _error: error.message }
  }
}

/** What is left of the answer once it has been JSON: nothing in it can surprise the stages behind. */
function jsonObject(answer: unknown): Readonly<Record<string, unknown>> {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new WrongAnswer(`answered ${typeOf(answer)} instead of an object`)
  }
  const json: string | undefined = JSON.stringify(answer)
  const copy: unknown = json === undefined ? undefined : JSON.parse(json)
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) {
    throw new WrongAnswer('answered an object that is none as JSON')
  }
  if (isLargerThan(json, CONTEXT_MAX_BYTES)) {
    throw new WrongAnswer(`answered more than ${CONTEXT_MAX_BYTES / 1024} KiB of JSON`)
  }
  // JSON.parse gives plain objects whose keys are strings.
  return copy as Record<string, unknown>
}

function isLargerThan(text: string, bytes: number): boolean {
  // A UTF-16 unit takes one to three bytes of UTF-8, so only what lies between must be encoded to be counted.
  if (text.length > bytes) return true
  return text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (value instanceof Promise) return 'a promise'
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}

function describeThrown(thrown: unknown): { readonly name: string; readonly message: string } {
  if (thrown instanceof Error) return { name: String(thrown.name), message: String(thrown.message) }
  return { name: 'Thrown', message: typeof thrown === 'string' ? thrown : typeOf(thrown) }
}
