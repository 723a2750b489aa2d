import { describe, expect, it } from 'vitest'
import { described } from '../../test/described.ts'
import { pack, query, type RuleDefinition, rule, table } from './rule.ts'
import { mutantsOf } from './rule-mutants.ts'
import type { TableColumns } from './selector.ts'

const TIME = '1700000000'

function killed(change: Partial<RuleDefinition<TableColumns<'last'>>>): Record<string, readonly string[]> {
  const made = rule({
    id: 'posix.example',
    title: 'Example',
    severity: 'high',
    on: table('last'),
    detect: ({ columns }) => columns.type === '7',
    ...described,
    tests: [
      { name: 'yes', match: true, columns: { type: '7', time: TIME } },
      { name: 'no', match: false, columns: { type: '8', time: TIME } },
    ],
    ...change,
  })
  return Object.fromEntries(mutantsOf(made).map(({ name, killedBy }) => [name, killedBy]))
}

describe('mutantsOf', () => {
  it('names the tests that tell a changed verdict', () => {
    expect(killed({})).toEqual({
      'always says yes': ['no'],
      'always says no': ['yes'],
      'says the opposite': ['yes', 'no'],
      'meets every action': [],
    })
  })

  it('counts no test that fails anyway', () => {
    const tests = [
      { name: 'yes', match: true, columns: { type: '7', time: TIME }, title: 'Another' },
      { name: 'no', match: false, columns: { type: '8', time: TIME } },
    ]
    expect(killed({ tests })).toMatchObject({ 'always says no': [], 'says the opposite': ['no'] })
  })

  it('finds guards that no test needs', () => {
    const guarded = {
      freshness: { column: 'time', within: '24h' },
      initial: 'ignore',
      exclude: ({ columns }: { readonly columns: { readonly username: string } }) =>
        columns.username === 'ada',
    } as const
    expect(killed(guarded)).toMatchObject({
      'takes rows of any age': [],
      'takes first results': [],
      'excludes nothing': [],
    })
    const row = { type: '7', time: TIME }
    const tests = [
      { name: 'yes', match: true, columns: row },
      { name: 'old', match: false, columns: { ...row, time: '1' } },
      { name: 'first', match: false, columns: row, counter: '0' },
      { name: 'known', match: false, columns: { ...row, username: 'ada' } },
      { name: 'gone', match: false, columns: row, action: 'removed' },
    ]
    expect(killed({ ...guarded, tests })).toMatchObject({
      'meets every action': ['gone'],
      'takes rows of any age': ['old'],
      'takes first results': ['first'],
      'excludes nothing': ['known'],
    })
  })

  it('asks no test of a rule for every row of a query to tell rows apart', () => {
    const whole = { title: 'Example', severity: 'high', ...described, detect: () => true } as const
    const tests = [
      { name: 'yes', match: true },
      { name: 'no', match: false, query: 'other', pack: 'other' },
    ]
    const names = [query('a'), pack('a')].map(on =>
      mutantsOf(rule({ ...whole, id: 'posix.example', on, tests })).map(({ name }) => name),
    )
    expect(names.flat()).not.toContain('always says yes')
    const some = rule({
      ...whole,
      id: 'posix.example',
      on: query('a'),
      detect: ({ columns }) => columns['a'] === 'x',
      tests,
    })
    expect(mutantsOf(some).map(({ name }) => name)).toContain('always says yes')
  })
})
