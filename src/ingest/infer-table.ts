import { TABLE_COLUMNS } from '../detect/table-schema.ts'
import { factsOf } from './table-columns.ts'

/** Names of a table in older agents to its name today, where only the name changed. */
const RENAMED: Readonly<Record<string, string>> = {
  cb_info: 'carbon_black_info',
  hosts: 'etc_hosts',
  hvci_status: 'deviceguard_status',
  packages: 'package_receipts',
  programs_and_features: 'programs',
  syslog: 'syslog_events',
}

/** Well-known query names of osquery's shipped packs that are not the name of their table. */
const ALIASES: Readonly<Record<string, string>> = {
  ...RENAMED,
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
  if (Object.hasOwn(ALIASES, name)) return ALIASES[name] ?? ''
  return TABLE_COLUMNS[name] === undefined ? '' : name
}

/** Whether rows with these columns can come from the table: at least one column is the table's. Names can mislead. */
export function canComeFrom(table: string, columns: readonly string[]): boolean {
  const facts = factsOf(table)
  return facts === null || columns.length === 0 || columns.some(column => facts.has(column))
}

/** Fewer columns than this say nothing. */
const MIN_COLUMNS = 2

/** A join brings columns of another table (`username` of users). So many may be foreign … */
const MAX_FOREIGN_COLUMNS = 2
/** … when the table has at least so many of the others … */
const MIN_OWN_COLUMNS = 5
/** … and so many more than any other table. */
const MIN_LEAD = 3

/** Column name to the tables that have it. Made at the first need. */
let tablesByColumn: ReadonlyMap<string, readonly string[]> | null = null

/**
 * The table whose columns these are, when only one of osquery's tables has them all; of several, the one that has no
 * others (`SELECT *`); of none, the one that clearly has the most. Else it stays open: a wrong table would run the wrong
 * rules, none only runs fewer.
 *
 * @returns a table of osquery, or empty
 */
export function tableByColumns(columns: readonly string[]): string {
  if (columns.length < MIN_COLUMNS) return ''
  tablesByColumn ??= indexColumns()
  const coverage = new Map<string, number>()
  for (const column of columns) {
    for (const table of tablesByColumn.get(column) ?? []) {
      coverage.set(table, (coverage.get(table) ?? 0) + 1)
    }
  }
  const [best, second] = [...coverage].sort(([, a], [, b]) => b - a)
  if (best === undefined) return ''
  const [table, own] = best
  const others = second?.[1] ?? 0
  if (own < columns.length) {
    const clear = own >= MIN_OWN_COLUMNS && own >= others + MIN_LEAD
    return clear && columns.length - own <= MAX_FOREIGN_COLUMNS ? table : ''
  }
  if (others < own) return table
  const complete = [...coverage].filter(([name, count]) => count === own && factsOf(name)?.size === own)
  return complete.length === 1 ? (complete[0]?.[0] ?? '') : ''
}

function indexColumns(): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>()
  for (const table of Object.keys(TABLE_COLUMNS)) {
    if (Object.hasOwn(RENAMED, table)) continue
    for (const column of factsOf(table)?.keys() ?? []) {
      const having = index.get(column)
      if (having === undefined) index.set(column, [table])
      else having.push(table)
    }
  }
  return index
}
