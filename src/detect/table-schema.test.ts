import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { EVENTED_TABLES, TABLE_COLUMNS } from './table-schema.ts'

describe('the schema of tables', () => {
  it('is written in its notation', () => {
    for (const [table, columns] of Object.entries(TABLE_COLUMNS)) {
      expect(columns, table).toMatch(/^\w+(=[ibudt])?(:[a-z0-9_]+)?( \w+(=[ibudt])?(:[a-z0-9_]+)?)*$/)
    }
  })

  it('knows what happens from what is', () => {
    expect(['process_events', 'bpf_process_events', 'syslog'].every(table => EVENTED_TABLES.has(table))).toBe(
      true,
    )
    expect(['crontab', 'last', 'osquery_events'].some(table => EVENTED_TABLES.has(table))).toBe(false)
  })
})

const DATA = join(import.meta.dirname, '../../../shared/data/osquery')
describe.runIf(existsSync(DATA))('the schema of tables against what osquery says', () => {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(DATA, file), 'utf8'))
  const Columns = z.array(z.object({ name: z.string(), kind: z.string().optional() }))
  const namesIn = (table: string) =>
    new Map((TABLE_COLUMNS[table] ?? '').split(' ').map(column => [column.split(/[=:]/)[0], column]))

  it('has every table, column and kind of the newest release', () => {
    const Tables = z.object({
      tables: z.array(z.object({ name: z.string(), evented: z.boolean(), columns: Columns })),
    })
    for (const { name, evented, columns } of Tables.parse(read('tables.json')).tables) {
      const known = namesIn(name)
      expect(EVENTED_TABLES.has(name), name).toBe(evented)
      for (const { name: column, kind } of columns) {
        expect(known.get(column)?.split(':')[1], `${name}.${column}`).toBe(kind)
        expect(known.has(column), `${name}.${column}`).toBe(true)
      }
    }
  })

  it('has every table and column that older releases had', () => {
    const { removed_tables, removed_columns } = z
      .object({
        removed_tables: z.array(z.object({ name: z.string(), columns: Columns })),
        removed_columns: z.array(z.object({ table: z.string(), removed_columns: Columns })),
      })
      .parse(read('tables-removed.json'))
    const all = [
      ...removed_tables.map(({ name, columns }) => ({ table: name, columns })),
      ...removed_columns.map(({ table, removed_columns: columns }) => ({ table, columns })),
    ]
    for (const { table, columns } of all) {
      for (const { name } of columns) expect(namesIn(table).has(name), `${table}.${name}`).toBe(true)
    }
  })
})
