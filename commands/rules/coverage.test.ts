import { describe, expect, it } from 'vitest'
import { pack as packOf } from '../../src/detect/pack.ts'
import { pack, rule, table } from '../../src/detect/rule.ts'
import { described } from '../../test/described.ts'
import { coverageOf, coverageText } from './coverage.ts'

const jobs = packOf({
  name: 'jobs',
  description: '',
  queries: {
    crontab: { query: 'SELECT command FROM crontab;', interval: 60, table: 'crontab' },
    last: { query: 'SELECT username FROM last;', interval: 60, table: 'last' },
  },
})

const plain = {
  title: 'Example',
  severity: 'high',
  ...described,
  detect: () => true,
  tests: [
    { name: 'yes', match: true },
    { name: 'no', match: false },
  ],
} as const

const rules = [
  rule({ ...plain, id: 'posix.b', on: table('crontab'), attack: ['T1053.003', 'T1105'] }),
  rule({ ...plain, id: 'posix.a', on: pack('jobs'), attack: ['T1053.003'] }),
  rule({ ...plain, id: 'posix.off', on: table('users'), attack: ['T1136.001'], enabled: false }),
]

describe('coverageOf', () => {
  const { attack, tables } = coverageOf(rules, [jobs])

  it('files techniques under each of their tactics, with the rules that name them', () => {
    const both = { technique: 'T1053.003', rules: ['posix.a', 'posix.b'] }
    expect(attack.techniques).toBe(2)
    expect(attack.tactics.filter(({ techniques }) => techniques.length > 0)).toEqual([
      { tactic: 'execution', techniques: [both] },
      { tactic: 'persistence', techniques: [both] },
      { tactic: 'privilege-escalation', techniques: [both] },
      { tactic: 'command-and-control', techniques: [{ technique: 'T1105', rules: ['posix.b'] }] },
    ])
  })

  it('names the tables with their queries and rules, also where a rule knows them by its queries only', () => {
    expect(tables).toEqual([
      { table: 'crontab', queries: ['jobs/crontab'], rules: ['posix.a', 'posix.b'] },
      { table: 'last', queries: ['jobs/last'], rules: ['posix.a'] },
    ])
  })

  it('reads as a matrix and a table', () => {
    const text = coverageText({ attack, tables })
    expect(text).toMatch(/^ATT&CK [\d.]+: 2 techniques\n/)
    expect(text).toContain('execution (1)\n  T1053.003  posix.a posix.b\n')
    expect(text).toContain('impact (0)\n')
    expect(text).toContain('crontab  1        posix.a posix.b\n')
  })
})
