import { expect, it } from 'vitest'
import { described } from '../../test/described.ts'
import { query, type Rule, rule } from './rule.ts'
import { sequence } from './sequence.ts'
import { sequenceMutantsOf } from './sequence-mutants.ts'

function part(id: string, name: string): Rule {
  return rule({
    id,
    title: name,
    severity: 'info',
    on: query(name),
    detect: () => true,
    sequenceKey: ({ hostId }) => hostId,
    ...described,
    tests: [
      { name: 'yes', match: true },
      { name: 'no', match: false, action: 'removed' },
    ],
  })
}

const steps = [
  { of: 'first', at: 0 },
  { of: 'first', at: 1 },
  { of: 'next', at: 30 },
] as const
const definition = {
  id: 'test.pair',
  title: 'Pair',
  severity: 'high',
  first: part('test.first', 'first'),
  next: part('test.next', 'next'),
  within: '1m',
  atLeast: 2,
  ...described,
} as const

const killed = (tests: Parameters<typeof sequence>[0]['tests']) =>
  Object.fromEntries(
    sequenceMutantsOf(sequence({ ...definition, tests })).map(({ name, killedBy }) => [name, killedBy]),
  )

it('finds what no test of a sequence needs', () => {
  const tests = [
    { name: 'all', match: true, steps },
    { name: 'nothing', match: false, steps: [{ of: 'next', at: 0 }] },
  ] as const
  expect(killed(tests)).toEqual({
    'never matches': ['all'],
    'waits for a day': [],
    'takes one first match': [],
    'takes every key for the same': [],
  })
})

it('names the tests that tell', () => {
  const tests = [
    { name: 'all', match: true, steps },
    { name: 'too late', match: false, steps: [...steps.slice(0, 2), { of: 'next', at: 90 }] },
    { name: 'too few', match: false, steps: steps.slice(1) },
    { name: 'elsewhere', match: false, steps: steps.map(step => ({ ...step, host: `${step.of}-host` })) },
  ] as const
  expect(killed(tests)).toEqual({
    'never matches': ['all'],
    'waits for a day': ['too late'],
    'takes one first match': ['too few'],
    'takes every key for the same': ['elsewhere'],
  })
})
