import type { Rule } from './rule.ts'
import { FIRSTS_MAX, type Sequence } from './sequence.ts'
import { runSequenceTests } from './sequence-test.ts'

export const SEQUENCE_MUTANTS = [
  'never matches',
  'waits for a day',
  'takes one first match',
  'takes every key for the same',
] as const

/** One way in which a sequence could be wrong, and the tests that would tell; none when it would go unseen. */
export interface SequenceMutant {
  readonly name: (typeof SEQUENCE_MUTANTS)[number]
  readonly killedBy: readonly string[]
}

const DAY_MS = 86_400_000

/** Changes a sequence in each way that its definition allows and runs its tests over it. */
export function sequenceMutantsOf(sequence: Sequence): readonly SequenceMutant[] {
  // A test that fails anyway tells nothing.
  const sound = runSequenceTests(sequence).map(({ failures }) => failures.length === 0)
  return SEQUENCE_MUTANTS.flatMap(name => {
    const change = changeFor(name, sequence)
    if (change === null) return []
    const results = runSequenceTests({ ...sequence, ...change })
    const failing = results.filter(({ failures }, index) => sound[index] === true && failures.length > 0)
    return [{ name, killedBy: failing.map(({ name: test }) => test) }]
  })
}

function changeFor(name: SequenceMutant['name'], sequence: Sequence): Partial<Sequence> | null {
  switch (name) {
    case 'never matches':
      return { atLeast: FIRSTS_MAX + 1 }
    case 'waits for a day':
      return sequence.withinMs === DAY_MS ? null : { withinMs: DAY_MS }
    case 'takes one first match':
      return sequence.atLeast === 1 ? null : { atLeast: 1 }
    case 'takes every key for the same':
      return { first: withOneKey(sequence.first), next: withOneKey(sequence.next) }
  }
}

function withOneKey(rule: Rule): Rule {
  return { ...rule, sequenceKey: () => 'one key' }
}
