import { rowPrototype } from '../detect/rows.ts'
import { READ, type ReadWay, readWayOf } from './read-way.ts'
import { seedsOf } from './row-id.ts'

/** Everything about rows of one set of columns that need not be found out for each row. */
export interface RowPlan {
  /** Column names in the order sent. */
  readonly keys: readonly string[]
  /** The same by name, or null when they came so. */
  readonly sortedKeys: readonly string[] | null
  /** Hash seeds of each name by the order of names, for the two lanes. */
  readonly seedsA: Int32Array
  readonly seedsB: Int32Array
  /** How each column is read for indicators. */
  readonly ways: readonly ReadWay[]
  readonly table: string
  /** Makes an empty row that inherits the table's empty columns. */
  readonly Row: RowConstructor
}

/** A constructor and not Object.create: objects made by it keep V8's fast shapes. */
export type RowConstructor = new () => Record<string, string>

/** One constructor for each table, since shapes hang on it. Bounded by the number of tables. */
const constructors = new Map<object, RowConstructor>()

/** The constructor of rows of this table (empty for an unknown one). Without Object's prototype: `__proto__` is a column like any other. */
export function rowConstructor(table: string): RowConstructor {
  const prototype = rowPrototype(table)
  const known = constructors.get(prototype)
  if (known !== undefined) return known
  const Row = function Row(): void {}
  Row.prototype = prototype
  // A plain function is a constructor; TypeScript only knows classes as such.
  const made = Row as unknown as RowConstructor
  constructors.set(prototype, made)
  return made
}

/** The plan for rows with these columns, coming from this table (empty when not known). */
export function planRow(keys: readonly string[], table: string): RowPlan {
  const sorted = keys.toSorted()
  const seeds = sorted.map(seedsOf)
  return {
    keys,
    sortedKeys: keys.every((key, i) => key === sorted[i]) ? null : sorted,
    seedsA: Int32Array.from(seeds, ([a]) => a),
    seedsB: Int32Array.from(seeds, ([, b]) => b),
    ways: keys.map(key => readWayOf(table, key)),
    table,
    Row: rowConstructor(table),
  }
}

/** A plan that no row has: where a search for one begins. */
export const NO_PLAN: RowPlan = {
  keys: ['\0'],
  sortedKeys: null,
  seedsA: new Int32Array(1),
  seedsB: new Int32Array(1),
  ways: [READ.nothing],
  table: '',
  Row: rowConstructor(''),
}
