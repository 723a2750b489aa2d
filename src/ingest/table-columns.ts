import { TABLE_COLUMNS } from '../detect/table-schema.ts'

/** What osquery's schema says of one column. */
export interface ColumnFacts {
  /** Kind of its values (`ip`, `sha256`, `path`, …), or empty. */
  readonly kind: string
  /** Whether its SQL type is TEXT. */
  readonly isText: boolean
}

/** Columns of one table by name. Tables are taken apart one by one on demand: a Worker must start quickly. */
const tables = new Map<string, ReadonlyMap<string, ColumnFacts>>()

/** @returns the table's columns, or null when osquery has no such table */
export function factsOf(table: string): ReadonlyMap<string, ColumnFacts> | null {
  const known = tables.get(table)
  if (known !== undefined) return known
  const text = TABLE_COLUMNS[table]
  if (text === undefined) return null
  const facts = new Map(text.split(' ').map(readColumn))
  tables.set(table, facts)
  return facts
}

/** `name`, `name:kind`, `name=type` or `name=type:kind`; see TABLE_COLUMNS. */
function readColumn(text: string): [name: string, facts: ColumnFacts] {
  const [head = '', kind = ''] = text.split(':')
  const [name = '', type] = head.split('=')
  return [name, { kind, isText: type === undefined }]
}

/** Kinds whose values are validated, so that a wrong guess yields nothing. */
const SELF_EVIDENT = new Set(['ip', 'ip_list', 'mac', 'md5', 'sha1', 'sha256', 'url', 'email_like', 'cidr'])

/** Columns that people name themselves, or that osquery's schema doesn't have. */
const CUSTOM_KINDS: Readonly<Record<string, string>> = {
  host: 'hostname_or_ip',
  host_ip: 'ip',
  ip_address: 'ip',
  ipv4_address: 'ip',
  ipv6_address: 'ip',
  local_hostname: 'hostname',
  mac_address: 'mac',
}

let kindsByName: ReadonlyMap<string, string> | null = null

/**
 * The kind of a column whose table is not known, by its name alone: what all tables with such a text column agree on.
 * Kinds whose values show by themselves whether they are right need one table only.
 */
export function kindByName(column: string): string {
  kindsByName ??= collectKinds()
  return kindsByName.get(column) ?? ''
}

function collectKinds(): ReadonlyMap<string, string> {
  const kinds = new Map<string, string>()
  const disputed = new Set<string>()
  for (const table of Object.keys(TABLE_COLUMNS)) {
    for (const [column, { kind, isText }] of factsOf(table) ?? []) {
      const before = kinds.get(column)
      if (before !== undefined && before !== kind) disputed.add(column)
      if (isText && (before === undefined || SELF_EVIDENT.has(kind))) kinds.set(column, kind)
    }
  }
  for (const column of disputed) if (!SELF_EVIDENT.has(kinds.get(column) ?? '')) kinds.delete(column)
  for (const [column, kind] of Object.entries(CUSTOM_KINDS)) kinds.set(column, kind)
  return kinds
}
