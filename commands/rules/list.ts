import type { Exception } from '../../src/detect/exception.ts'
import type { Pack } from '../../src/detect/pack.ts'
import type { Rule } from '../../src/detect/rule.ts'
import type { Sequence } from '../../src/detect/sequence.ts'
import { exceptionJson, exceptionsText } from './exceptions.ts'
import { asJsonLines, asTable } from './output.ts'

/** The part of the registry that is to be shown. */
export interface Listed {
  readonly rules: readonly Rule[]
  readonly sequences: readonly Sequence[]
  readonly exceptions: readonly Exception[]
}

/**
 * Rules and sequences as a table: id, severity, what it meets, techniques, title; then the exceptions from them.
 * @param now  milliseconds since the epoch: what has expired is said so
 */
export function listText(
  { rules, sequences, exceptions }: Listed,
  packs: readonly Pack[],
  now: number,
): string {
  const rows = [
    ...rules.map(rule => [rule.id, standing(rule), meets(rule), rule.attack.join(' '), rule.title]),
    ...sequences.map(({ rule, first, next }) => [
      rule.id,
      standing(rule),
      `${first.id}, then ${next.id}`,
      rule.attack.join(' '),
      rule.title,
    ]),
  ]
  const queries = packs.reduce((sum, pack) => sum + Object.keys(pack.queries).length, 0)
  const table = asTable(['ID', 'SEVERITY', 'MEETS', 'ATT&CK', 'TITLE'], rows)
  const counts = `${rules.length} rules, ${sequences.length} sequences; ${packs.length} packs with ${queries} queries`
  return `${table}\n${counts}\n${exceptionsText(exceptions, now)}`
}

/**
 * Rules, sequences and exceptions as JSON, one object a line: all of them that is data, tests by number.
 * @param now  milliseconds since the epoch: what has expired is said so
 */
export function listJson(
  { rules, sequences, exceptions }: Listed,
  files: ReadonlyMap<string, string>,
  now: number,
): string {
  return asJsonLines([
    ...rules.map(rule => ruleJson(rule, files)),
    ...sequences.map(sequence => sequenceJson(sequence, files)),
    ...exceptions.map(exception => exceptionJson(exception, now)),
  ])
}

function ruleJson(rule: Rule, files: ReadonlyMap<string, string>) {
  const { on, freshness } = rule
  return {
    kind: 'rule',
    ...sharedJson(rule, files),
    on: { [on.kind]: on.names, ...(on.served && { pack: on.served.pack }) },
    actions: rule.actions,
    threshold: rule.threshold,
    ignore_initial: rule.ignoreInitial,
    freshness: freshness && { column: freshness.column, within_seconds: freshness.withinMs / 1000 },
    tests: rule.tests.length,
  }
}

function sequenceJson(
  { rule, first, next, withinMs, atLeast, tests }: Sequence,
  files: ReadonlyMap<string, string>,
) {
  return {
    kind: 'sequence',
    ...sharedJson(rule, files),
    first: first.id,
    next: next.id,
    within_seconds: withinMs / 1000,
    at_least: atLeast,
    tests: tests.length,
  }
}

/** What a rule and a sequence say alike. */
function sharedJson(rule: Rule, files: ReadonlyMap<string, string>) {
  return {
    id: rule.id,
    file: files.get(rule.id),
    title: rule.title,
    severity: rule.severity,
    enabled: rule.enabled,
    alert: rule.alert,
    attack: rule.attack,
    dedup_minutes: rule.dedupMinutes,
    replaces: rule.replaces,
    means: rule.means,
    check: rule.check,
    benign: rule.benign,
    runbook: rule.runbook,
    references: rule.references,
  }
}

function standing({ enabled, alert, severity }: Rule): string {
  if (!enabled) return 'off'
  return alert ? severity : `${severity} (signal)`
}

/** `table crontab`, with the actions when they are not the usual. */
export function meets({ on, actions }: Rule): string {
  const what = `${on.kind} ${on.served === undefined ? '' : `${on.served.pack}/`}${on.names.join(', ')}`
  return actions === null || actions.join() === 'added' ? what : `${what} (${actions.join(', ')})`
}
