import { describe, expect, it } from 'vitest'
import { selectedColumns } from '../test/osquery-database.ts'
import { rules, sequences } from './index.ts'

/** One statement each: a text may hold several. Our texts quote no semicolon. */
function statements(sql: string): readonly string[] {
  return sql
    .split(';')
    .map(text => text.trim())
    .filter(text => text !== '')
}

const told = [...rules, ...sequences.map(({ rule }) => rule)]

describe.each(told.map(rule => [rule.id, rule] as const))('%s tells a responder', (_, rule) => {
  it.each(['means', 'benign', 'runbook'] as const)('%s', part => {
    // Shorter than this nothing is said.
    expect(rule[part].length).toBeGreaterThan(30)
  })

  it('which techniques of ATT&CK it shows, and where to read on', () => {
    // What no attacker need have done, such as a full disk, is worth no more than a look.
    if (rule.attack.length === 0) expect(['info', 'low']).toContain(rule.severity)
    expect(rule.references).not.toEqual([])
    expect(rule.references.filter(url => !URL.canParse(url) || !url.startsWith('https://'))).toEqual([])
  })

  it('how to see for themselves, in SQL that osquery can run', () => {
    const all = statements(rule.check)
    expect(all).not.toEqual([])
    for (const statement of all) expect(() => selectedColumns(statement)).not.toThrow()
  })

  it('what happened, in a title and not in a sentence about the rule', () => {
    expect(rule.title.length).toBeLessThan(90)
    expect(rule.title).not.toMatch(/[.!]$|^(Detects|Alerts)\b/)
  })
})
