import type { Rule } from '../../src/detect/rule.ts'
import { MUTANTS, mutantsOf } from '../../src/detect/rule-mutants.ts'
import type { Sequence } from '../../src/detect/sequence.ts'
import { SEQUENCE_MUTANTS, sequenceMutantsOf } from '../../src/detect/sequence-mutants.ts'
import { asJsonLines, asTable } from './output.ts'

/** A rule or a sequence and the mistakes that were made to it, with the tests that notice each. */
export interface Mutated {
  readonly kind: 'rule' | 'sequence'
  readonly id: string
  readonly mutants: readonly { readonly name: string; readonly killedBy: readonly string[] }[]
}

export function mutate(rules: readonly Rule[], sequences: readonly Sequence[] = []): readonly Mutated[] {
  return [
    ...rules.map(rule => ({ kind: 'rule', id: rule.id, mutants: mutantsOf(rule) }) as const),
    ...sequences.map(one => ({ kind: 'sequence', id: one.id, mutants: sequenceMutantsOf(one) }) as const),
  ]
}

/** The mistakes that no test would notice. */
export function survivors(mutated: readonly Mutated[]): readonly (readonly [string, string])[] {
  return mutated.flatMap(({ id, mutants }) =>
    mutants.filter(({ killedBy }) => killedBy.length === 0).map(({ name }) => [id, name] as const),
  )
}

/** For each rule and mistake the number of tests that fail, `-` where the rule can't make it, then what went unseen. */
export function mutationText(mutated: readonly Mutated[]): string {
  const tables = [tableOf('rule', mutated, MUTANTS), tableOf('sequence', mutated, SEQUENCE_MUTANTS)]
  const unseen = survivors(mutated).map(
    ([id, name]) => `✗ ${id}: no test fails when it ${name}; add one that does\n`,
  )
  const count = mutated.reduce((sum, { mutants }) => sum + mutants.length, 0)
  const tally = `${mutated.length} rules, ${count} mistakes made, ${unseen.length} unseen by the tests\n`
  return `${tables.join('')}${unseen.join('')}${tally}`
}

function tableOf(kind: Mutated['kind'], mutated: readonly Mutated[], names: readonly string[]): string {
  const rows = mutated
    .filter(one => one.kind === kind)
    .map(({ id, mutants }) => [
      id,
      ...names.map(wanted => {
        const mutant = mutants.find(({ name }) => name === wanted)
        if (mutant === undefined) return '-'
        return mutant.killedBy.length === 0 ? 'NONE' : String(mutant.killedBy.length)
      }),
    ])
  return rows.length === 0
    ? ''
    : `${asTable([`TESTS THAT FAIL WHEN THE ${kind.toUpperCase()}`, ...names], rows)}\n`
}

export function mutationJson(mutated: readonly Mutated[]): string {
  return asJsonLines(
    mutated.flatMap(({ id, mutants }) =>
      mutants.map(({ name, killedBy }) => ({ kind: 'mutant', rule: id, mutant: name, killed_by: killedBy })),
    ),
  )
}
