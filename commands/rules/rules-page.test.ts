import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CATALOGUE } from '../../rules/data/catalogue.ts'
import { NOT_COVERED } from '../../rules/data/not-covered.ts'
import { packs, rules, sequences } from '../../rules/index.ts'
import { pack } from '../../src/detect/pack.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { rulesPage } from './rules-page.ts'

const jobs = pack({
  name: 'jobs',
  description: '',
  queries: { all: { query: 'SELECT command FROM crontab;', interval: 60, table: 'crontab' } },
})
const example = rule({
  id: 'posix.odd-job',
  title: 'Job that is <odd> | or *not*',
  severity: 'high',
  on: table('crontab'),
  attack: ['T1053.003'],
  means: 'Somebody stays.',
  check: 'SELECT * FROM crontab;',
  benign: 'An admin.',
  runbook: 'Look.',
  references: ['https://attack.mitre.org/techniques/T1053/003/'],
  threshold: 3,
  dedupPeriod: '24h',
  initial: 'ignore',
  replaces: ['Other.Rule'],
  detect: () => true,
  tests: [
    { name: 'yes', match: true },
    { name: 'no', match: false },
  ],
})

describe('rulesPage', () => {
  const page = rulesPage({
    rules: [example],
    sequences: [],
    packs: [jobs],
    notCovered: [
      { name: 'a-thing', what: 'A thing', tables: ['users', 'groups'], needs: 'A list of things.' },
    ],
    catalogue: [{ what: 'Jobs', foundBy: ['posix.odd-job', 'margay.host-silent'], except: 'a-thing' }],
  })

  it('lists rules by room, with links to what they say', () => {
    expect(page).toContain('## posix\n')
    expect(page).toContain(
      '| [posix.odd-job](#posixodd-job) | high | Job that is \\<odd> \\| or \\*not\\* | [T1053.003](https://attack.mitre.org/techniques/T1053/003/) |\n',
    )
  })

  it('tells all that a responder needs', () => {
    const [, section = ''] = page.split('### posix.odd-job\n')
    for (const part of [
      'Somebody stays.',
      '*Innocent causes:* An admin.',
      '*What to do:* Look.',
      '```sql\nSELECT * FROM crontab;\n```',
      'Alerts from 3 matches within a day.',
      'Passes over what was there when the query first ran.',
      'Stands in for `Other.Rule`.',
      'Fed by `jobs/all`.',
      '<https://attack.mitre.org/techniques/T1053/003/>',
    ]) {
      expect(section).toContain(part)
    }
  })

  it('says what others look for and which rules find it', () => {
    expect(page).toContain('| 1 | Jobs | [posix.odd-job](#posixodd-job) `margay.host-silent` | A thing |\n')
  })

  it('says what no rule finds', () => {
    expect(page).toContain('| A thing | `users` `groups` | A list of things. |\n')
  })
})

describe('docs/rules.md', () => {
  it('is what the rules give: run npm run rules -- docs when it is not', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/rules.md'), 'utf8')
    // Not toBe: the difference would be printed for minutes.
    const isCurrent =
      page === rulesPage({ rules, sequences, packs, notCovered: NOT_COVERED, catalogue: CATALOGUE })
    expect(isCurrent).toBe(true)
  })
})
