import { attackUrl, tacticsOf } from './attack.ts'
import { ATTACK_RELEASE } from './attack-techniques.ts'
import { minutesOf } from './duration.ts'
import { LOG_TYPES } from './event.ts'
import { columnsOf } from './rows.ts'
import type { RuleDefinition } from './rule.ts'
import type { Selector } from './selector.ts'
import { SEVERITIES } from './severity.ts'

const DEFAULT_DEDUP_PERIOD = '1h'
/** Below a quarter of an hour one attack becomes a row of pages; above a day the second attack hides in the first. */
const DEDUP_MINUTES = { least: 15, most: 1440 } as const

const RULE_ID = /^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$/
/** MITRE ATT&CK technique or sub-technique. */
const TECHNIQUE = /^T\d{4}(\.\d{3})?$/
const ACTIONS: readonly string[] = ['added', 'removed', 'snapshot']

/** The spans of time of a rule, read; and everything that is wrong with it, as sentences that say how to mend it. */
export interface RuleCheck {
  readonly periods: { readonly dedupMinutes: number; readonly freshnessMinutes: number }
  readonly problems: readonly string[]
}

/** Looks at a definition as one would who does not trust the compiler: plain JavaScript may have built it. */
export function checkRule<Columns>(definition: RuleDefinition<Columns>): RuleCheck {
  const { dedupPeriod = DEFAULT_DEDUP_PERIOD, freshness, on, tests } = definition
  const dedupMinutes = minutesOf(dedupPeriod) ?? 0
  const freshnessMinutes = freshness === undefined ? 0 : (minutesOf(freshness.within) ?? 0)
  const problems = [
    ...identityProblems(definition),
    ...selectorProblems(on),
    ...numberProblems(definition),
    ...testProblems(tests),
  ]
  if (dedupMinutes < DEDUP_MINUTES.least || dedupMinutes > DEDUP_MINUTES.most) {
    problems.push(`dedupPeriod must be from 15m to 24h, not "${dedupPeriod}"`)
  }
  if (freshness !== undefined) {
    problems.push(...freshnessProblems(on, freshness.column))
    if (freshnessMinutes === 0)
      problems.push(`freshness.within must read like 30m, 24h or 7d, not "${freshness.within}"`)
  }
  return { periods: { dedupMinutes, freshnessMinutes }, problems }
}

function identityProblems<Columns>(definition: RuleDefinition<Columns>): string[] {
  const { id, title, severity, attack } = definition
  const problems: string[] = []
  if (!RULE_ID.test(id))
    problems.push('id must be lower-case words with hyphens, parted by dots: posix.new-thing')
  if (title.trim() === '') problems.push('title is missing: say what happened in a few words')
  if (!SEVERITIES.includes(severity)) problems.push(`severity must be one of ${SEVERITIES.join(', ')}`)
  problems.push(...textProblems(definition))
  if (!Array.isArray(attack)) return [...problems, 'attack is missing: a list of ATT&CK techniques, or []']
  for (const technique of attack) {
    if (!TECHNIQUE.test(technique))
      problems.push(`attack must hold ids like T1053 or T1053.003, not "${technique}"`)
    else if (tacticsOf(technique) === null)
      problems.push(
        `attack: ATT&CK ${ATTACK_RELEASE.version} has no technique ${technique}; see ${attackUrl(technique)} for the one that took its place`,
      )
  }
  return problems
}

/** What a responder is told, and how its lack is put. */
const TEXTS = {
  means: 'say what an attacker gains by it',
  check: 'give osquery SQL to look at the host with',
  benign: 'say what innocent people do that looks the same',
  runbook: 'say what to do when it fires',
} as const

function textProblems<Columns>(definition: RuleDefinition<Columns>): string[] {
  const problems = Object.entries(TEXTS).flatMap(([name, wanted]) => {
    // The keys are those of TEXTS.
    const text: unknown = definition[name as keyof typeof TEXTS]
    return typeof text === 'string' && text.trim() !== '' ? [] : [`${name} is missing: ${wanted}`]
  })
  const { references } = definition
  if (!Array.isArray(references) || references.length === 0) {
    return [
      ...problems,
      'references are missing: https pages to read on, such as that of the ATT&CK technique',
    ]
  }
  const wrong = references.filter(url => !URL.canParse(url) || !url.startsWith('https://'))
  return [...problems, ...wrong.map(url => `references must be https URLs, not "${url}"`)]
}

function selectorProblems(on: Selector<unknown>): string[] {
  const problems = []
  if (on.names.length === 0) problems.push(`on: ${on.kind}() names nothing`)
  for (const name of on.names) {
    if (on.kind === 'table' && columnsOf(name) === null) {
      problems.push(`on: osquery has no table "${name}"; for a table of your own use query()`)
    }
    if (on.kind === 'logType' && !LOG_TYPES.some(known => known === name)) {
      problems.push(`on: log types are ${LOG_TYPES.join(', ')}, not "${name}"`)
    }
    if (name === '') problems.push(`on: ${on.kind}() has an empty name`)
  }
  return problems
}

function numberProblems<Columns>(definition: RuleDefinition<Columns>): string[] {
  const { threshold = 1, actions } = definition
  const problems = []
  if (!Number.isSafeInteger(threshold) || threshold < 1)
    problems.push(`threshold must be a whole number from 1, not ${threshold}`)
  if (actions?.length === 0)
    problems.push('actions is empty, so nothing can match; leave it out for the default')
  for (const action of actions ?? []) {
    if (!ACTIONS.includes(action)) problems.push(`actions must be of ${ACTIONS.join(', ')}, not "${action}"`)
  }
  return problems
}

function freshnessProblems(on: Selector<unknown>, column: string): string[] {
  if (on.kind !== 'table') return []
  return on.names
    .filter(name => columnsOf(name)?.includes(column) === false)
    .map(name => `freshness.column: table ${name} has no column "${column}"`)
}

function testProblems(tests: readonly { readonly name: string; readonly match: boolean }[]): string[] {
  const problems = []
  if (!tests.some(test => test.match)) problems.push('tests need at least one that matches')
  if (!tests.some(test => !test.match)) problems.push('tests need at least one that does not match')
  const names = tests.map(test => test.name)
  for (const name of names) {
    if (names.indexOf(name) !== names.lastIndexOf(name)) problems.push(`two tests are called "${name}"`)
  }
  return [...new Set(problems)]
}
