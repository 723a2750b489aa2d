import { DatabaseSync } from 'node:sqlite'
import { columnsOf } from '../src/detect/rows.ts'
import { TABLE_COLUMNS } from '../src/detect/table-schema.ts'

let database: DatabaseSync | null = null

/**
 * The columns that a query gives, by asking SQLite, which is the engine that osquery runs on, over osquery's schema.
 * @throws what SQLite says of SQL that it can't run
 */
export function selectedColumns(sql: string): readonly string[] {
  database ??= openSchema()
  return database
    .prepare(sql)
    .columns()
    .map(({ name }) => name)
}

function openSchema(): DatabaseSync {
  const opened = new DatabaseSync(':memory:')
  for (const table of Object.keys(TABLE_COLUMNS)) {
    const columns = (columnsOf(table) ?? []).map(column => `"${column}"`).join(', ')
    opened.exec(`CREATE TABLE "${table}" (${columns})`)
  }
  return opened
}
