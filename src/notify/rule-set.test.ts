import { describe, expect, it } from 'vitest'
import { rules as builtIn } from '../../rules/index.ts'
import { described } from '../../test/described.ts'
import { type Rule, rule, table } from '../detect/rule.ts'
import { changeBetween, ruleSetOf } from './rule-set.ts'

function ruleOf(id: string, changes: { severity?: 'high' | 'low'; word?: string; test?: string } = {}): Rule {
  const { severity = 'high', word = 'curl', test = 'curl' } = changes
  return rule({
    id,
    title: 'Cron fetches code',
    severity,
    on: table('crontab'),
    detect:
      word === 'curl'
        ? ({ columns }) => columns.command === 'curl'
        : ({ columns }) => columns.command === 'wget',
    ...described,
    tests: [
      { name: test, match: true, columns: { command: word } },
      { name: 'no', match: false, columns: { command: 'x' } },
    ],
  })
}

describe('the fingerprint of a rule set', () => {
  it('is the same for the same rules, in whatever order', () => {
    expect(ruleSetOf([ruleOf('a.b'), ruleOf('c.d')])).toEqual(ruleSetOf([ruleOf('c.d'), ruleOf('a.b')]))
  })

  it('changes with text and with code, not with tests', () => {
    const { hash } = ruleSetOf([ruleOf('a.b')])
    expect(ruleSetOf([ruleOf('a.b', { severity: 'low' })]).hash).not.toBe(hash)
    expect(ruleSetOf([ruleOf('a.b', { word: 'wget' })]).hash).not.toBe(hash)
    expect(ruleSetOf([ruleOf('a.c')]).hash).not.toBe(hash)
    expect(ruleSetOf([ruleOf('a.b', { test: 'another name' })]).hash).toBe(hash)
  })

  it('of the rules that come with Margay fits a row and is taken once', () => {
    const set = ruleSetOf(builtIn)
    expect(ruleSetOf(builtIn)).toBe(set)
    expect(Object.keys(set.rules)).toHaveLength(builtIn.length)
    expect(JSON.stringify(set).length).toBeLessThan(100_000)
  })
})

it('compares two sets by what rules say', () => {
  const before = ruleSetOf([ruleOf('a.old'), ruleOf('b.same'), ruleOf('c.other'), ruleOf('d.code')]).rules
  const after = ruleSetOf([
    ruleOf('b.same'),
    ruleOf('c.other', { severity: 'low' }),
    ruleOf('d.code', { word: 'wget' }),
    ruleOf('e.new'),
  ]).rules
  expect(changeBetween(before, after)).toEqual({ added: ['e.new'], removed: ['a.old'], changed: ['c.other'] })
})
