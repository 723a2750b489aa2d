import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { PackQuery } from '../src/detect/pack.ts'
import { columnsOf } from '../src/detect/rows.ts'
import type { Rule } from '../src/detect/rule.ts'
import { eventOf } from '../src/detect/test-event.ts'
import { packs, rules } from './index.ts'

/** Tables of which hosts send only a choice. */
const CHOSEN = ['process_events', 'bpf_process_events', 'es_process_events', 'processes'] as const

const queries = packs.flatMap(({ queries: all }) => Object.values<PackQuery>(all))

/** Whether the query, run on a host where this program starts, sends a row. */
function sends({ query }: PackQuery, table: string, row: Readonly<Record<string, string>>): boolean {
  const database = new DatabaseSync(':memory:')
  for (const name of ['osquery_info', 'process_namespaces', 'file', 'users', ...CHOSEN]) {
    database.exec(`CREATE TABLE ${name} (${(columnsOf(name) ?? []).map(column => `"${column}"`).join(', ')})`)
  }
  const { parent_path = '', parent_name = '', ...own } = row
  const name = parent_name || parent_path.slice(parent_path.lastIndexOf('/') + 1)
  insert(database, 'osquery_info', { pid: '1' })
  for (const pid of ['1', '4242']) insert(database, 'process_namespaces', { pid, mnt_namespace: '1' })
  insert(database, 'processes', { pid: '900', path: parent_path, name })
  insert(database, table, { pid: '4242', ...onlyOf(table, own), parent: '900' })
  return database
    .prepare(query)
    .all()
    .some(found => String(found['parent']) === '900')
}

function onlyOf(table: string, row: Readonly<Record<string, string>>): Record<string, string> {
  const known = columnsOf(table) ?? []
  return Object.fromEntries(Object.entries(row).filter(([name]) => known.includes(name) && name !== 'pid'))
}

function insert(database: DatabaseSync, table: string, row: Readonly<Record<string, string>>): void {
  // As osquery gives them: numbers are numbers, so that SQL compares them as such.
  const values = Object.values(row).map(value => (/^\d{1,15}$/.test(value) ? Number(value) : value))
  const names = Object.keys(row).map(name => `"${name}"`)
  database
    .prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
    .run(...values)
}

describe.each(CHOSEN)('the choice of %s that hosts send', table => {
  const feeding = queries.filter(one => one.table === table)
  const about = rules.filter(
    ({ id, on }) => /^(?:posix|linux)\./.test(id) && on.kind === 'table' && on.names.includes(table),
  )

  it.each(about.map(rule => [rule.id, rule] as const))('holds what %s looks for', (_, rule: Rule) => {
    const unsent = rule.tests
      .filter(({ match }) => match)
      .map(test => ({ test, event: eventOf(rule, test) }))
      .filter(({ event }) => event.p_table === table && event.columns !== null)
      .filter(({ event }) => !feeding.some(one => sends(one, table, { ...event.columns })))
    expect(unsent.map(({ test }) => test.name)).toEqual([])
  })

  it('leaves ordinary programs where they are', () => {
    const ordinary = {
      path: '/usr/bin/ls',
      cmdline: 'ls -l /srv',
      cwd: '/',
      uid: '1000',
      parent_path: '/usr/bin/bash',
    }
    expect(feeding.filter(one => sends(one, table, ordinary)).map(({ name }) => name)).toEqual([])
  })
})
