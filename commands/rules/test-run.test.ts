import { describe, expect, it } from 'vitest'
import { rule, table } from '../../src/detect/rule.ts'
import { described } from '../../test/described.ts'
import { mutate, mutationText, survivors } from './mutation-run.ts'
import { runTests, testText } from './test-run.ts'

const wrong = rule({
  id: 'posix.example',
  title: 'Example',
  severity: 'high',
  on: table('crontab'),
  detect: ({ columns }) => {
    if (columns.command === 'throw') throw new RangeError('too much')
    return columns.command === 'x'
  },
  ...described,
  tests: [
    { name: 'titled', match: true, columns: { command: 'x' }, title: 'Example of x' },
    { name: 'thrown', match: false, columns: { command: 'throw' } },
    { name: 'fine', match: false },
  ],
})

describe('testText', () => {
  it('shows which test failed, what came, which function threw, and where the rule is', () => {
    const text = testText(runTests([wrong]), [wrong], new Map([['posix.example', 'rules/posix/example.ts']]))
    expect(text.replace(/ \(.*test-run.*\)/, '')).toBe(`posix.example  rules/posix/example.ts
  ✗ titled
      title
        expected  "Example of x"
        got       "Example"
  ✗ thrown
      detect threw RangeError: too much

1 rules, 3 tests, 2 failed
`)
  })
})

describe('mutationText', () => {
  it('counts the tests that notice each mistake, and names the mistakes that none does', () => {
    const mutated = mutate([wrong])
    expect(survivors(mutated)).toEqual([
      ['posix.example', 'always says no'],
      ['posix.example', 'meets every action'],
    ])
    const blind = rule({ ...definition, tests })
    const text = mutationText(mutate([blind]))
    expect(text).toContain('✗ posix.blind: no test fails when it meets every action; add one that does\n')
    expect(text).toMatch(/posix\.blind +1 +1 +2 +NONE +- +- +-\n/)
    expect(text).toMatch(/1 rules, 4 mistakes made, 1 unseen by the tests\n$/)
  })
})

const tests = [
  { name: 'x', match: true, columns: { command: 'x' } },
  { name: 'y', match: false, columns: { command: 'y' } },
]

const definition = {
  id: 'posix.blind',
  title: 'Example',
  severity: 'high',
  on: table('crontab'),
  detect: ({ columns }: { readonly columns: { readonly command: string } }) => columns.command === 'x',
  ...described,
} as const
