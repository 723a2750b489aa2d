import { TABLE_COLUMNS } from '../detect/table-schema.ts'
import { factsOf } from './table-columns.ts'

/** Well-known query names of osquery's shipped packs that are not the name of their table. */
const ALIASES: Readonly<Record<string, string>> = {
  darwin_kernel_system_controls: 'system_controls',
  device_nodes: 'file',
  events: 'osquery_events',
  fan_speeds: 'fan_speed_sensors',
  installed_applications: 'apps',
  ip_forwarding: 'system_controls',
  kextstat: 'kernel_extensions',
  loginwindow1: 'plist',
  loginwindow2: 'plist',
  loginwindow3: 'plist',
  loginwindow4: 'plist',
  open_files: 'process_open_files',
  open_sockets: 'process_open_sockets',
  process_env: 'process_envs',
  process_memory: 'process_memory_map',
  ramdisk: 'block_devices',
  recent_items: 'plist',
  schedule: 'osquery_schedule',
  temperatures: 'temperature_sensors',
  windows_drivers: 'drivers',
  windows_patches: 'patches',
  windows_programs: 'programs',
  windows_shared_resources: 'shared_resources',
  wireless_networks: 'wifi_networks',
}

/** Ends that people give to a query's name to tell how it is run. */
const SUFFIX = /_(?:snapshot|differential|diff)$/

/**
 * The table that a query is named for: its own name, or a well-known one of the shipped packs.
 *
 * @param query  name without its pack
 * @returns a table of osquery, or empty
 */
export function tableByName(query: string): string {
  const name = query.trim().toLowerCase().replaceAll('-', '_').replaceAll(' ', '_')
  return tableNamed(name) || tableNamed(name.replace(SUFFIX, ''))
}

function tableNamed(name: string): string {
  if (TABLE_COLUMNS[name] !== undefined) return name
  return Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? '') : ''
}

/** Whether rows with these columns can come from the table: at least one column is the table's. Names can mislead. */
export function canComeFrom(table: string, columns: readonly string[]): boolean {
  const facts = factsOf(table)
  return facts === null || columns.length === 0 || columns.some(column => facts.has(column))
}

/** Fewer columns than this say nothing, unless one of them stands in a single table. */
const MIN_COLUMNS = 2

/** Column name to the tables that have it. Made at the first need. */
let tablesByColumn: ReadonlyMap<string, readonly string[]> | null = null

/**
 * The table whose columns these are, when only one of osquery's tables has them all; of several, the one that has no
 * others (`SELECT *`). Columns that no table has (expressions, joins) make it unknown: a wrong table would run the wrong
 * rules, none only runs fewer.
 *
 * @returns a table of osquery, or empty
 */
export function tableByColumns(columns: readonly string[]): string {
  if (columns.length < MIN_COLUMNS) return ''
  tablesByColumn ??= indexColumns()
  let candidates: readonly string[] | null = null
  for (const column of columns) {
    const having: readonly string[] = tablesByColumn.get(column) ?? []
    candidates = candidates === null ? having : candidates.filter(table => having.includes(table))
    if (candidates.length === 0) return ''
  }
  const [first = '', second] = candidates ?? []
  if (second === undefined) return first
  const exact = candidates?.filter(table => factsOf(table)?.size === columns.length) ?? []
  return exact.length === 1 ? (exact[0] ?? '') : ''
}

function indexColumns(): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>()
  for (const table of Object.keys(TABLE_COLUMNS)) {
    for (const column of factsOf(table)?.keys() ?? []) {
      const having = index.get(column)
      if (having === undefined) index.set(column, [table])
      else having.push(table)
    }
  }
  return index
}
