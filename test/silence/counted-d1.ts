/** Rows of D1 as its bill counts them, as far as SQLite can tell. */
export interface RowCounts {
  /** Rows that statements inserted, updated or deleted: SQLite's total_changes(). `hosts` has no index that a touch writes. */
  readonly written: number
  /**
   * Rows that statements answered, and for each table that their plan scans, or searches from a key on, as many as it
   * holds. Any other search counts by what it answered, at least one.
   */
  readonly read: number
}

/** A D1 over SQLite (test/sqlite-d1.ts) that counts what is read and written through it. */
export function countedD1(db: D1Database): { readonly db: D1Database; counts(): Promise<RowCounts> } {
  const scans = new Map<string, Promise<readonly string[]>>()
  let read = 0
  const scannedBy = (sql: string) => {
    const known = scans.get(sql) ?? scannedTables(db, sql)
    scans.set(sql, known)
    return known
  }
  const count = async (sql: string, answered: number) => {
    read += Math.max(1, answered)
    for (const table of await scannedBy(sql)) {
      read += (await db.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')) ?? 0
    }
  }
  const wrapped = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const all = async () => {
      const answer = await statement.all()
      await count(sql, answer.results.length)
      return answer
    }
    const first = async (column?: string) => {
      const row = column === undefined ? await statement.first() : await statement.first(column)
      await count(sql, 1)
      return row
    }
    const bind = (...values: unknown[]) => wrapped(statement.bind(...values), sql)
    // The members that this project calls, as in sqlite-d1.ts.
    return { inner: statement, sql, all, run: all, first, bind } as unknown as D1PreparedStatement
  }
  const batch = async (
    statements: readonly { readonly inner: D1PreparedStatement; readonly sql: string }[],
  ) => {
    const answers = await db.batch(statements.map(({ inner }) => inner))
    for (const [n, { sql }] of statements.entries()) await count(sql, answers[n]?.results.length ?? 0)
    return answers
  }
  // As above.
  const counted = { prepare: (sql: string) => wrapped(db.prepare(sql), sql), batch } as unknown as D1Database
  return {
    db: counted,
    async counts() {
      return { read, written: (await db.prepare('SELECT total_changes() AS n').first<number>('n')) ?? 0 }
    },
  }
}

/** Tables that a statement reads from one end to the other; `json_each` and subqueries are none. */
async function scannedTables(db: D1Database, sql: string): Promise<readonly string[]> {
  const { results } = await db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all<{ readonly detail: string }>()
  const { results: tables } = await db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all<{
    readonly name: string
  }>()
  const names = new Set(tables.map(({ name }) => name))
  return results.flatMap(({ detail }) => {
    const name = /^SCAN (\w+)/.exec(detail)?.[1] ?? /^SEARCH (\w+) [^=]*[<>][^=]*$/.exec(detail)?.[1] ?? ''
    if (names.has(name)) return [name]
    // An alias: the plan names it, the statement says of what.
    const aliased = new RegExp(`\\b(\\w+) (?:AS )?${name}\\b`, 'i').exec(sql)?.[1] ?? ''
    return name !== '' && names.has(aliased) ? [aliased] : []
  })
}
