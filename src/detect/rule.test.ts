import { describe, expect, expectTypeOf, it } from 'vitest'
import { described } from '../../test/described.ts'
import { pack as packOf } from './pack.ts'
import { logType, pack, query, type RuleDefinition, rule, table } from './rule.ts'
import type { TableColumns } from './selector.ts'

type Definition = RuleDefinition<TableColumns<'crontab'>>

const good: Definition = {
  id: 'posix.example',
  title: 'Example',
  severity: 'high',
  on: table('crontab'),
  detect: ({ columns }) => columns.command === 'x',
  ...described,
  tests: [
    { name: 'yes', match: true, columns: { command: 'x' } },
    { name: 'no', match: false, columns: { command: 'y' } },
  ],
}

/** What plain JavaScript could pass is what the checks are for. */
function changed(change: Partial<Record<keyof Definition, unknown>>): Definition {
  return { ...good, ...change } as Definition
}

describe('rule', () => {
  it('fills in the defaults', () => {
    expect(rule(good)).toMatchObject({
      actions: ['added'],
      threshold: 1,
      dedupMinutes: 60,
      enabled: true,
      alert: true,
      ignoreInitial: false,
      freshness: null,
      attack: ['T1053.003'],
      replaces: [],
    })
  })

  it('meets every action of a log type, and the snapshots of a served snapshot query', () => {
    const { queries } = packOf({
      name: 'example',
      description: '',
      queries: { all: { query: 'SELECT 1;', interval: 60, snapshot: true } },
    })
    expect(rule({ ...good, on: logType('Osquery.Status'), detect: () => true }).actions).toBeNull()
    expect(rule({ ...good, on: query(queries.all), detect: () => true }).actions).toEqual(['snapshot'])
    expect(rule({ ...good, on: query('all'), detect: () => true }).actions).toEqual(['added'])
  })

  it.each([
    [{ id: 'Posix.Example' }, /id must be lower-case/],
    [{ id: 'example' }, /id must be/],
    [{ id: 'posix.<b>' }, /id must be/],
    [{ title: ' ' }, /title is missing/],
    [{ severity: 'HIGH' }, /severity must be one of info, low, medium, high, critical/],
    [{ runbook: '' }, /runbook is missing/],
    [{ runbook: undefined }, /runbook is missing/],
    [{ means: ' ' }, /means is missing: say what an attacker gains by it/],
    [{ check: '' }, /check is missing: give osquery SQL/],
    [{ benign: undefined }, /benign is missing/],
    [{ references: [] }, /references are missing: https pages/],
    [{ references: ['http://example.com/'] }, /references must be https URLs, not "http:\/\/example\.com\/"/],
    [{ references: ['example'] }, /references must be https URLs, not "example"/],
    [{ attack: undefined }, /attack is missing: a list of ATT&CK techniques, or \[\]/],
    [{ attack: ['T1053.3'] }, /like T1053 or T1053\.003, not "T1053\.3"/],
    [{ attack: ['T1086'] }, /ATT&CK [\d.]+ has no technique T1086; see https.*T1086/],
    [{ threshold: 0 }, /threshold must be a whole number from 1, not 0/],
    [{ threshold: 1.5 }, /threshold/],
    [{ dedupPeriod: '14m' }, /from 15m to 24h, not "14m"/],
    [{ dedupPeriod: '25h' }, /from 15m to 24h/],
    [{ dedupPeriod: '1 h' }, /from 15m to 24h/],
    [{ actions: [] }, /actions is empty/],
    [{ actions: ['changed'] }, /actions must be of added, removed, snapshot/],
    [{ on: table('no_such_table' as 'crontab') }, /no table "no_such_table"/],
    [{ on: pack('') }, /empty name/],
    [{ freshness: { column: 'time', within: '24h' } }, /table crontab has no column "time"/],
    [{ freshness: { column: 'path', within: '1w' } }, /must read like 30m, 24h or 7d, not "1w"/],
    [{ tests: [] }, /at least one that matches; tests need at least one that does not match/],
    [{ tests: [good.tests[0], good.tests[0], good.tests[1]] }, /two tests are called "yes"/],
  ])('refuses %j', (change, message) => {
    expect(() => rule(changed(change))).toThrow(message)
    expect(() => rule(changed(change))).toThrow(`rule "${'id' in change ? change.id : 'posix.example'}": `)
  })

  it('takes the ends of the range of dedup periods', () => {
    expect(rule(changed({ dedupPeriod: '15m' })).dedupMinutes).toBe(15)
    expect(rule(changed({ dedupPeriod: '1d' })).dedupMinutes).toBe(1440)
  })

  it('names everything that is wrong at once', () => {
    expect(() => rule(changed({ title: '', runbook: '', threshold: 0 }))).toThrow(/title.*runbook.*threshold/)
  })
})

describe('types of columns', () => {
  const plain = {
    id: 'posix.example',
    title: 'Example',
    severity: 'high',
    ...described,
  } as const
  const tests = [
    { name: 'yes', match: true },
    { name: 'no', match: false },
  ]

  it('are those of the table, and only those', () => {
    rule({
      ...plain,
      on: table('crontab'),
      detect: ({ columns }) => {
        expectTypeOf(columns.command).toEqualTypeOf<string>()
        // @ts-expect-error crontab has no such column
        return columns.cmdline === 'x'
      },
      // @ts-expect-error a test of a rule about crontab knows its columns
      tests: [...tests, { name: 'other', match: true, columns: { cmdline: 'x' } }],
    })
  })

  it('may be missing when only some of the tables have them, or the table is not known', () => {
    rule({
      ...plain,
      on: table('process_events', 'process_etw_events'),
      detect: ({ columns }) => {
        expectTypeOf(columns.cmdline).toEqualTypeOf<string>()
        expectTypeOf(columns.ppid).toEqualTypeOf<string | undefined>()
        return true
      },
      tests,
    })
    rule({
      ...plain,
      on: query('anything'),
      detect: ({ columns }) => {
        expectTypeOf(columns['command']).toEqualTypeOf<string | undefined>()
        return true
      },
      tests,
    })
  })
})
