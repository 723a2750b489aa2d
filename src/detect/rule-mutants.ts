import { createEngine } from './engine.ts'
import type { Rule } from './rule.ts'
import { runRuleTests } from './rule-test.ts'
import { eventOf, hostOf } from './test-event.ts'

/** One way in which a rule could be wrong, and whether its tests would tell. */
export interface Mutant {
  readonly name: MutantName
  /** Names of the tests that fail; empty when the mistake would go unseen. */
  readonly killedBy: readonly string[]
}

export const MUTANTS = [
  'always says yes',
  'always says no',
  'says the opposite',
  'meets every action',
  'takes rows of any age',
  'takes first results',
  'excludes nothing',
] as const

type MutantName = (typeof MUTANTS)[number]

/**
 * Changes a rule in each way that its definition allows and runs its tests over it. A rule that has no such part can't
 * lose it, so the mistakes answered differ from rule to rule.
 */
export function mutantsOf(rule: Rule): readonly Mutant[] {
  // A test that fails anyway tells nothing.
  const sound = runRuleTests(rule).map(({ failures }) => failures.length === 0)
  return MUTANTS.flatMap(name => {
    const change = changeFor(name, rule)
    if (change === null) return []
    const results = runRuleTests({ ...rule, ...change })
    const failing = results.filter(({ failures }, index) => sound[index] === true && failures.length > 0)
    return [{ name, killedBy: failing.map(({ name: test }) => test) }]
  })
}

function changeFor(name: MutantName, rule: Rule): Partial<Rule> | null {
  switch (name) {
    case 'always says yes':
      return takesEverything(rule) ? null : { detect: () => true, exclude: () => false }
    case 'always says no':
      return { detect: () => false }
    case 'says the opposite':
      return { detect: context => !rule.detect(context) }
    case 'meets every action':
      return rule.actions === null ? null : { actions: null }
    case 'takes rows of any age':
      return rule.freshness === null ? null : { freshness: null }
    case 'takes first results':
      return rule.ignoreInitial ? { ignoreInitial: false } : null
    case 'excludes nothing':
      return rule.exclude === undefined ? null : { exclude: () => false }
  }
}

/** A rule for whatever a query or a pack finds: that it is told from the rest is the work of its selector alone. */
function takesEverything(rule: Rule): boolean {
  const { kind } = rule.on
  if ((kind !== 'pack' && kind !== 'query') || rule.exclude !== undefined) return false
  const bare = { name: 'an empty row', match: true }
  const findings = createEngine([{ ...rule, enabled: true }]).evaluate(eventOf(rule, bare), hostOf(bare))
  return findings.some(finding => finding.kind === 'match')
}
