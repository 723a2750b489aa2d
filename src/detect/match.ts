import type { Row } from './event.ts'
import type { RuleError, RuleFunctionName, RuleMatch, SequenceMark } from './finding.ts'
import { time } from './reading/values.ts'
import type { Rule, RuleContext } from './rule.ts'
import { ruleError, WrongAnswer } from './rule-error.ts'
import { SEVERITIES, type Severity } from './severity.ts'
import { EVENTED_TABLES } from './table-schema.ts'
import { shownText } from './text.ts'

/** As many as Panther takes; the rest is cut. */
const DESTINATIONS_MAX = 10

/** Panther's limit for an alert's context, as JSON. */
const CONTEXT_MAX_BYTES = 200 * 1024

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
  const ask = <Answer>(stage: RuleFunctionName, answer: () => Answer, fallback: () => Answer): Answer => {
    try {
      return answer()
    } catch (thrown) {
      errors.push(ruleError(rule, context, stage, thrown))
      return fallback()
    }
  }
  const sequence = ask('sequenceKey', () => sequenceOf(rule, context), nothing)
  const match: RuleMatch = {
    kind: 'match',
    ruleId: rule.id,
    event: context.event,
    severity: ask(
      'dynamicSeverity',
      () => severityOf(rule, context),
      () => rule.severity,
    ),
    title: ask(
      'alertTitle',
      () => titleOf(rule, context),
      () => shownText(rule.title),
    ),
    dedup: ask(
      'dedup',
      () => dedupOf(rule, context),
      () => defaultDedup(context),
    ),
    dedupMinutes: rule.dedupMinutes,
    runbook: rule.runbook,
    threshold: rule.threshold,
    alert: rule.alert,
    destinations: ask('destinations', () => destinationsOf(rule, context), nothing),
    context: contextOf(rule, context, error => errors.push(error)),
    ...(rule.unique && { unique: ask('unique', () => uniqueOf(rule, context), nothing) }),
    ...(sequence && { sequence }),
  }
  return { match, errors }
}

function nothing(): null {
  return null
}

/** The text a rule answered, or what is given when it answered nothing to show. */
function textFrom(answer: unknown, otherwise: () => string): string {
  if (typeof answer !== 'string') throw new WrongAnswer(answer, 'a string')
  const text = shownText(answer)
  return text.trim() === '' ? otherwise() : text
}

function titleOf(rule: Rule, context: RuleContext<Row>): string {
  const plain = () => shownText(rule.title)
  return rule.alertTitle === undefined ? plain() : textFrom(rule.alertTitle(context), plain)
}

function dedupOf(rule: Rule, context: RuleContext<Row>): string {
  const each = () => defaultDedup(context)
  return rule.dedup === undefined ? each() : textFrom(rule.dedup(context), each)
}

/** Each host on its own: one noisy host must not hide another. */
function defaultDedup(context: RuleContext<Row>): string {
  return shownText(context.hostId)
}

function severityOf(rule: Rule, context: RuleContext<Row>): Severity {
  const answer: unknown = rule.dynamicSeverity?.(context)
  if (answer === undefined) return rule.severity
  const severity = SEVERITIES.find(known => known === answer)
  if (severity === undefined) throw new WrongAnswer(answer, 'a severity')
  return severity
}

function destinationsOf(rule: Rule, context: RuleContext<Row>): readonly string[] | null {
  const answer: unknown = rule.destinations?.(context) ?? null
  if (answer === null) return null
  if (!Array.isArray(answer) || !answer.every(id => typeof id === 'string')) {
    throw new WrongAnswer(answer, 'a list of destination ids')
  }
  return answer.slice(0, DESTINATIONS_MAX)
}

function uniqueOf(rule: Rule, context: RuleContext<Row>): string | null {
  const answer: unknown = rule.unique?.(context) ?? null
  if (answer === null || answer === '') return null
  return textFrom(answer, () => '') || null
}

function sequenceOf(rule: Rule, context: RuleContext<Row>): SequenceMark | null {
  const answer: unknown = rule.sequenceKey?.(context) ?? null
  const key = answer === null || answer === '' ? '' : textFrom(answer, () => '')
  return key === '' ? null : { key, at: happenedAt(rule, context) }
}

/** When it happened: by the row's own time where it bears one, for events of one run of a query share the event's. */
function happenedAt(rule: Rule, { event, columns, table }: RuleContext<Row>): number {
  const column = timeColumnOf(rule, table)
  return (column === null ? null : time(columns[column] ?? '')) ?? event.p_event_time
}

/** The column that says when a row happened: that of `freshness`, or `time`, which evented tables have. Else null. */
export function timeColumnOf({ freshness }: Rule, table: string): string | null {
  return freshness?.column ?? (EVENTED_TABLES.has(table) ? 'time' : null)
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
    throw new WrongAnswer(answer, 'an object')
  }
  const told = plainTexts(answer)
  if (told !== null) return told
  const json: string | undefined = JSON.stringify(answer)
  const copy: unknown = json === undefined ? undefined : JSON.parse(json)
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) {
    throw new WrongAnswer(copy, 'an object once it is JSON')
  }
  if (isLargerThan(json, CONTEXT_MAX_BYTES)) {
    throw new RangeError(`the context is more than ${CONTEXT_MAX_BYTES / 1024} KiB of JSON`)
  }
  // JSON.parse gives plain objects whose keys are strings.
  return copy as Record<string, unknown>
}

/** A character takes at most so many bytes of JSON, as `\u0000`. */
const BYTES_PER_UNIT = 6

/** A copy of a short object that holds nothing but texts, as contexts mostly do and JSON would give it; else null. */
function plainTexts(answer: object): Readonly<Record<string, string>> | null {
  if (Object.getPrototypeOf(answer) !== Object.prototype) return null
  const texts: [string, string][] = []
  let units = 0
  for (const [key, value] of Object.entries(answer)) {
    // JSON leaves out what is undefined.
    if (value === undefined) continue
    if (typeof value !== 'string') return null
    units += key.length + value.length
    texts.push([key, value])
  }
  return units * BYTES_PER_UNIT > CONTEXT_MAX_BYTES / 2 ? null : Object.fromEntries(texts)
}

function isLargerThan(text: string, bytes: number): boolean {
  // A UTF-16 unit takes one to three bytes of UTF-8, so only what lies between must be encoded to be counted.
  if (text.length > bytes) return true
  return text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes
}
