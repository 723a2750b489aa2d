import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

const MIGRATIONS = join(import.meta.dirname, '..', 'migrations')
const migrations = readdirSync(MIGRATIONS)
  .toSorted()
  .map(file => readFileSync(join(MIGRATIONS, file), 'utf8'))

/**
 * D1 as far as this project uses it, over an SQLite in memory: for tests that run thousands of schedules, where the real
 * one's round trips would take minutes. A batch is a transaction, as in D1. Everything else is tested over the real one.
 */
export function sqliteD1(): D1Database {
  const sqlite = new DatabaseSync(':memory:')
  for (const text of migrations) sqlite.exec(text)
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  const rowsOf = (sql: string, values: readonly SQLInputValue[]) => {
    const statement = prepared.get(sql) ?? sqlite.prepare(sql)
    prepared.set(sql, statement)
    return statement.all(...values)
  }
  class Statement {
    readonly sql: string
    readonly values: readonly SQLInputValue[]
    constructor(sql: string, values: readonly SQLInputValue[] = []) {
      this.sql = sql
      this.values = values
    }
    bind(...values: SQLInputValue[]) {
      return new Statement(this.sql, values)
    }
    async all() {
      return { results: rowsOf(this.sql, this.values), success: true }
    }
    async run() {
      return this.all()
    }
    async first(column?: string) {
      const [row] = rowsOf(this.sql, this.values)
      if (row === undefined) return null
      return column === undefined ? row : row[column]
    }
  }
  const database = {
    prepare: (sql: string) => new Statement(sql),
    batch: async (statements: readonly Statement[]) => {
      sqlite.exec('BEGIN')
      try {
        const results = statements.map(({ sql, values }) => ({ results: rowsOf(sql, values), success: true }))
        sqlite.exec('COMMIT')
        return results
      } catch (error) {
        sqlite.exec('ROLLBACK')
        throw error
      }
    },
  }
  // The members that this project calls; one that it began to call would be missed by the first test.
  return database as unknown as D1Database
}
