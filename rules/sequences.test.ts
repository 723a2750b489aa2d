import { describe, expect, it } from 'vitest'
import { createEngine } from '../src/detect/engine.ts'
import type { Sequence } from '../src/detect/sequence.ts'
import { runSequenceTests } from '../src/detect/sequence-test.ts'
import { selectedColumns } from '../test/osquery-database.ts'
import { exceptions, rules, sequences } from './index.ts'

it('sequences and exceptions speak of rules that there are', () => {
  expect(() => createEngine(rules, exceptions, sequences)).not.toThrow()
})

describe.each(sequences.map(sequence => [sequence.id, sequence] as const))('%s', (_, sequence) => {
  it.each(runSequenceTests(sequence).map(({ name, failures }) => [name, failures] as const))(
    '%s',
    (_name, failures) => {
      expect(failures).toEqual([])
    },
  )

  const always = { detect: () => true, exclude: () => false, sequenceKey: () => 'the same' }
  it.each<[string, Partial<Sequence>]>([
    ['waited for ever', { withinMs: Number.MAX_SAFE_INTEGER }],
    ['waited for nothing', { withinMs: -1 }],
    [
      'took one key for all',
      { first: { ...sequence.first, ...always }, next: { ...sequence.next, ...always } },
    ],
    ['was content with one less', { atLeast: sequence.atLeast - 1 }],
    ['wanted one more', { atLeast: sequence.atLeast + 1 }],
  ])('has a test that would fail if it %s', (_name, change) => {
    const verdicts = runSequenceTests({ ...sequence, ...change })
    expect(verdicts.some(({ failures }) => failures.length > 0)).toBe(true)
  })

  it('tells a responder what it means, what is innocent, what to do and how to look', () => {
    const { rule } = sequence
    for (const text of [rule.means, rule.benign, rule.runbook]) expect(text.length).toBeGreaterThan(30)
    expect(rule.attack).not.toEqual([])
    expect(rule.references).not.toEqual([])
    const statements = rule.check.split(';').filter(text => text.trim() !== '')
    expect(statements).not.toEqual([])
    for (const statement of statements) expect(() => selectedColumns(statement)).not.toThrow()
  })
})
