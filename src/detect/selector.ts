import type { LogType } from './event.ts'
import type { PackQuery } from './pack.ts'
import type { TableName, Tables } from './tables.ts'

/** Which events a rule meets. `Columns` is what is known of their rows. */
export interface Selector<Columns> {
  readonly kind: 'table' | 'query' | 'pack' | 'logType'
  readonly names: readonly string[]
  /** Queries by which a pack is known as well, wherever they stand. */
  readonly queries?: readonly string[]
  /** A served query: the pack it belongs to, and whether it is a snapshot. */
  readonly served?: { readonly pack: string; readonly snapshot: boolean }
  /** Carries the type of the columns from the selector to the rule's functions; never has a value. */
  readonly columns?: Columns
}

/** Columns when the table is not known beforehand: any may be missing. */
export type LooseColumns = Readonly<Record<string, string | undefined>>

/** Columns that all the tables have; the union of functions makes the compiler intersect their column names. */
type Shared<T extends TableName> = (T extends T ? (name: Tables[T]) => void : never) extends (
  name: infer C,
) => void
  ? C & string
  : never

/** Columns of an event of one of the tables: those that all of them have are there, the others may be missing. */
export type TableColumns<T extends TableName> = Readonly<
  Record<Shared<T>, string> & Partial<Record<Exclude<Tables[T], Shared<T>>, string>>
>

/**
 * Rows of osquery tables, whatever the fleet calls its queries. Columns are typed by osquery's schema; one that the query
 * did not select reads as the empty string.
 */
export function table<const T extends TableName>(...names: readonly [T, ...T[]]): Selector<TableColumns<T>> {
  return { kind: 'table', names }
}

/**
 * The same events, whose rows may also hold columns that a query joins to those of the table: `parent_path` beside a
 * process. A row of a query that does not join them lacks them, so they may be undefined.
 */
export function joining<Columns, const Name extends string>(
  selector: Selector<Columns>,
  ..._names: readonly [Name, ...Name[]]
): Selector<Columns & Readonly<Partial<Record<Name, string>>>> {
  // `columns` never has a value; only its type changes.
  const { columns: _, ...same } = selector
  return same
}

/**
 * Rows of queries: by their names without pack and delimiter (`last` meets `pack_incident-response_last` as well as
 * `last`), or of one served query (`incidentResponse.queries.last`), and then only within the pack of that name.
 */
export function query(
  ...queries: readonly [PackQuery] | readonly [string, ...string[]]
): Selector<LooseColumns> {
  const [first] = queries
  if (typeof first === 'string') {
    return { kind: 'query', names: queries.filter(name => typeof name === 'string') }
  }
  const { name, pack, snapshot = false } = first
  return { kind: 'query', names: [name], served: { pack, snapshot } }
}

/** Rows of every query of packs with these names, served by Margay or not. */
export function pack(...names: readonly [string, ...string[]]): Selector<LooseColumns> {
  return { kind: 'pack', names }
}

/**
 * Rows of every query of a pack whose queries are known by their names: then they are met in whatever pack they stand.
 * Fleet logs the queries of all packs of a team as `pack/team-1/<query>`, and some fleets schedule them bare.
 * @param queries  names that nobody gives to a query of another kind
 */
export function knownPack(name: string, queries: readonly string[]): Selector<LooseColumns> {
  return { kind: 'pack', names: [name], queries }
}

/** Everything of these log types that has columns, and status lines, which have none and are met in no other way. */
export function logType(...names: readonly [LogType, ...LogType[]]): Selector<LooseColumns> {
  return { kind: 'logType', names }
}
