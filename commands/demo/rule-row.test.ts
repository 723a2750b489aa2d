import { describe, expect, it } from 'vitest'
import { pack } from '../../src/detect/pack.ts'
import { logType, type Rule, rule, table } from '../../src/detect/rule.ts'
import { described } from '../../test/described.ts'
import { hostProfile } from '../../test/simulator/host-profile.ts'
import { Seed } from '../../test/simulator/seed.ts'
import { rowOfRule } from './rule-row.ts'

const NOW_S = 1_795_521_600
const logins = pack({
  name: 'logins',
  description: '',
  platform: 'posix',
  queries: {
    recent: { query: 'SELECT username, time FROM last;', interval: 60, table: 'last' },
    on_macs: { query: 'SELECT username, time FROM last;', interval: 60, table: 'last', platform: 'darwin' },
  },
})

const login = rule({
  id: 'posix.example',
  title: 'Example',
  severity: 'high',
  on: table('last'),
  freshness: { column: 'time', within: '24h' },
  detect: ({ columns }) => columns.username === 'x',
  ...described,
  tests: [
    { name: 'no', match: false },
    { name: 'somebody', match: true, columns: { username: 'x', time: '1699999400' } },
  ],
})

const reasonOf = (change: Partial<Rule>) => {
  const made = rowOfRule({ ...login, ...change }, [logins], 'low')
  return made.ok ? '' : made.reason
}

describe('rowOfRule', () => {
  it('names the other rules that meet the row', () => {
    const twin = { ...login, id: 'posix.twin' }
    const stranger = { ...login, id: 'posix.stranger', detect: () => false }
    const made = rowOfRule(login, [logins], 'low', [login, twin, stranger])
    expect(made.ok && made.row.also).toEqual(['posix.twin'])
  })

  it('plays the first test that matches as a query sends it, as old as it was then', () => {
    const made = rowOfRule(login, [logins], 'low')
    if (!made.ok) throw new Error(made.reason)
    const { columns, ...row } = made.row
    expect(row).toEqual({
      what: '"somebody" (a test of posix.example)',
      rule: 'posix.example',
      also: [],
      platforms: ['ubuntu', 'darwin'],
      name: 'pack_logins_recent',
      action: 'added',
    })
    expect(columns(hostProfile(new Seed(1), 0), NOW_S)).toEqual({
      username: 'x',
      time: String(NOW_S - 600),
    })
  })

  it.each<[Partial<Rule>, RegExp]>([
    [{ enabled: false }, /posix\.example can't be played: it is not enabled/],
    [{ alert: false }, /makes no alerts/],
    [{ threshold: 3 }, /takes 3 matches/],
    [{ severity: 'info' }, /its severity info pages nobody/],
    [{ on: table('users') }, /no query of the packs feeds it/],
    [
      { on: logType('Osquery.Status'), tests: [{ name: 'yes', match: true, message: 'x' }] },
      /status line, or fails/,
    ],
  ])('says why it can not play a rule with %j', (change, reason) => {
    expect(reasonOf({ ...(change.on && { freshness: null, detect: () => true }), ...change })).toMatch(reason)
  })
})
