import type { Rule } from '../../src/detect/rule.ts'
import { MUTANTS, type Mutant, mutantsOf } from '../../src/detect/rule-mutants.ts'
import { asJsonLines, asTable } from './output.ts'

/** A rule and the mistakes that were made to it. */
export interface MutatedRule {
  readonly rule: Rule
  readonly mutants: readonly Mutant[]
}

export function mutate(rules: readonly Rule[]): readonly MutatedRule[] {
  return rules.map(rule => ({ rule, mutants: mutantsOf(rule) }))
}

/** The mistakes that no test would notice. */
export function survivors(mutated: readonly MutatedRule[]): readonly (readonly [string, string])[] {
  return mutated.flatMap(({ rule, mutants }) =>
    mutants.filter(({ killedBy }) => killedBy.length === 0).map(({ name }) => [rule.id, name] as const),
  )
}

/** For each rule and mistake the number of tests that fail, `-` where the rule can't make it, then what went unseen. */
export function mutationText(mutated: readonly MutatedRule[]): string {
  const rows = mutated.map(({ rule, mutants }) => [
    rule.id,
    ...MUTANTS.map(wanted => {
      const mutant = mutants.find(({ name }) => name === wanted)
      if (mutant === undefined) return '-'
      return mutant.killedBy.length === 0 ? 'NONE' : String(mutant.killedBy.length)
    }),
  ])
  const unseen = survivors(mutated).map(
    ([id, name]) => `✗ ${id}: no test fails when the rule ${name}; add one that does\n`,
  )
  const count = mutated.reduce((sum, { mutants }) => sum + mutants.length, 0)
  const tally = `${mutated.length} rules, ${count} mistakes made, ${unseen.length} unseen by the tests\n`
  return `${asTable(['TESTS THAT FAIL WHEN THE RULE', ...MUTANTS], rows)}\n${unseen.join('')}${tally}`
}

export function mutationJson(mutated: readonly MutatedRule[]): string {
  return asJsonLines(
    mutated.flatMap(({ rule, mutants }) =>
      mutants.map(({ name, killedBy }) => ({
        kind: 'mutant',
        rule: rule.id,
        mutant: name,
        killed_by: killedBy,
      })),
    ),
  )
}
