import { TABLE_COLUMNS } from './table-schema.ts'

/** Table name to the prototype of its rows. Filled on demand; bounded by the number of tables. */
const prototypes = new Map<string, object>()

/** Prototype of rows whose table is not known: nothing at all, not even Object's own. */
const BARE: object = Object.create(null)

/**
 * What a row of this table inherits: the empty string for every column of the table, so that a rule reads a column that
 * was not selected as osquery would show it empty. Inherited columns are not enumerable, so they are neither listed nor
 * stored. Of an unknown table: an object without anything.
 */
export function rowPrototype(table: string): object {
  const known = prototypes.get(table)
  if (known !== undefined) return known
  const columns = TABLE_COLUMNS[table]
  if (columns === undefined) return BARE
  const prototype: object = Object.create(null)
  for (const name of columnNames(columns)) {
    // Writable, because an inherited read-only property would forbid the row its own.
    Object.defineProperty(prototype, name, { value: '', writable: true, enumerable: false })
  }
  prototypes.set(table, prototype)
  return prototype
}

/** A new row of the table with these values; the prototype is that of `rowPrototype`. */
export function rowOf(
  table: string,
  values: Readonly<Partial<Record<string, string>>>,
): Record<string, string> {
  // Object.create knows no types; keys and values are those of `values`.
  const row: Record<string, string> = Object.create(rowPrototype(table))
  for (const name of Object.keys(values)) {
    const value = values[name]
    if (value !== undefined) row[name] = value
  }
  return row
}

/** Column names of a table, or null when osquery has no such table. */
export function columnsOf(table: string): readonly string[] | null {
  const columns = TABLE_COLUMNS[table]
  return columns === undefined ? null : columnNames(columns)
}

/** Takes the names out of one entry of TABLE_COLUMNS. */
function columnNames(columns: string): string[] {
  return columns.split(' ').map(column => /^[^=:]+/.exec(column)?.[0] ?? column)
}
