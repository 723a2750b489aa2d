import { TABLE_COLUMNS } from './table-schema.ts'
import type { TableName } from './tables.ts'

/**
 * Where a query runs. osquery matches the word as a substring and takes any distribution's name for all of Linux, so
 * only these are told apart; leave it out for every host.
 */
export type Platform = 'linux' | 'darwin' | 'windows' | 'posix'

/** One query as an engineer writes it. */
export interface QueryDefinition {
  /** SQL, as osqueryd runs it. */
  readonly query: string
  /** Seconds of running time between two runs: 1 to 604,800 (a week). osqueryd drops a query outside of that. */
  readonly interval: number
  readonly platform?: Platform
  /** Least osquery version that runs it: `5.0.0`. */
  readonly version?: string
  /** Send the whole result each time instead of what changed. Default false. */
  readonly snapshot?: boolean
  /** Also send rows that went away. osquery's default is true. Without meaning for a snapshot. */
  readonly removed?: boolean
  /** Run on this percentage of hosts, 1 to 100, chosen by the hash of the hostname. */
  readonly shard?: number
  /** Whether the agent's watchdog may take the query out of the schedule. osquery's default is true. */
  readonly denylist?: boolean
  /** The table whose rows these are: for a join, the one that a rule would be about. Leave out when it is none. */
  readonly table?: TableName
  /** What it is for, in a sentence. */
  readonly description?: string
}

/** A query that knows its place: hosts log it as `pack_<pack>_<name>`. */
export interface PackQuery extends QueryDefinition {
  readonly pack: string
  readonly name: string
}

/** Globs of files, by a name that osqueryd puts into the column `category`. */
export type PathsByCategory = Readonly<Record<string, readonly string[]>>

/** Flags of osqueryd without their dashes. */
export type Flags = Readonly<Record<string, boolean | number | string>>

/** A set of queries served to hosts. */
export interface Pack<QueryName extends string = string> {
  readonly name: string
  readonly description: string
  readonly platform?: Platform
  readonly version?: string
  readonly shard?: number
  /** SQL, each of which must return a row on a host before the pack runs there. */
  readonly discovery?: readonly string[]
  /** Served only to hosts that carry one of these tags. */
  readonly tags?: readonly string[]
  /**
   * What hosts watch for the evented file tables (`file_events`, `ntfs_journal_events`, `yara_events`), by category:
   * `/etc/%` for what lies in a folder, `/etc/%%` for all below it (only at the end). osqueryd on Linux has one watch for
   * a folder, which the last path that names it gets, so a folder stands in one category only. A file named in full is
   * watched only if it is there when the config comes, and only until another is moved in its place; watch its folder.
   */
  readonly filePaths?: PathsByCategory
  /** Of these, what not to tell. A category that filePaths does not have would be ignored by osqueryd. */
  readonly excludePaths?: PathsByCategory
  /**
   * Flags of osqueryd that its tables need: `{ enable_file_events: true }`. Those of evented tables are read when
   * osqueryd starts, so a host that gets them for the first time needs a restart.
   */
  readonly flags?: Flags
  readonly queries: Readonly<Record<QueryName, PackQuery>>
}

/** A pack as an engineer writes it. */
export interface PackDefinition<QueryName extends string = string> {
  readonly name: string
  readonly description: string
  readonly platform?: Platform
  readonly version?: string
  readonly shard?: number
  readonly discovery?: readonly string[]
  readonly tags?: readonly string[]
  readonly filePaths?: PathsByCategory
  readonly excludePaths?: PathsByCategory
  readonly flags?: Flags
  readonly queries: Readonly<Record<QueryName, QueryDefinition>>
}

const PLATFORMS: readonly string[] = ['linux', 'darwin', 'windows', 'posix'] satisfies readonly Platform[]

/** A week (osquery docs, deployment/configuration, "Schedule"). */
const MAX_INTERVAL_SECONDS = 604_800

/** No underscore: it is the default pack delimiter, and `pack_a_b_c` could then be read two ways. */
const PACK_NAME = /^[a-z0-9][a-z0-9-]*$/
const QUERY_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/
const CATEGORY_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/
const FLAG_NAME = /^[a-z][a-z0-9_]*$/
/** Flags that osqueryd takes from its command line only, and refuses from a config with a warning (core/flags.h, CLI_FLAG). */
const COMMAND_LINE_FLAG =
  /^(?:tls_|enroll_|config_|carver_|proxy_hostname|logger_plugin|disable_enrollment|flagfile|database_|extensions_)/
const VERSION = /^\d+\.\d+\.\d+$/

/**
 * Builds a pack, and refuses one that osqueryd would drop in silence.
 *
 * @throws Error naming the pack, the query and what to change. Packs are built when the Worker starts and by the tests,
 *   so a faulty pack can't be deployed.
 */
export function pack<const QueryName extends string>(definition: PackDefinition<QueryName>): Pack<QueryName> {
  const { name, tags } = definition
  const where = `pack "${name}"`
  if (!PACK_NAME.test(name)) refuse(where, 'its name must be lower-case letters, digits and hyphens')
  if (name === 'main')
    refuse(where, 'osquery takes a pack of this name for the schedule itself; name it otherwise')
  if (tags?.length === 0) refuse(where, 'an empty list of tags serves it to nobody; leave tags out')
  checkTargets(where, definition)
  checkPaths(where, definition)
  checkFlags(where, definition.flags ?? {})
  const entries = Object.entries<QueryDefinition>(definition.queries)
  if (entries.length === 0) refuse(where, 'it has no queries')
  const queries = Object.fromEntries(
    entries.map(([queryName, query]) => {
      checkQuery(`${where}, query "${queryName}"`, queryName, query)
      return [queryName, { ...query, pack: name, name: queryName }]
    }),
  )
  // The keys are those of the definition, which fromEntries forgets.
  return { ...definition, queries: queries as Record<QueryName, PackQuery> }
}

function checkQuery(where: string, name: string, query: QueryDefinition): void {
  const { interval, snapshot, removed, table } = query
  if (!QUERY_NAME.test(name)) refuse(where, 'its name must be letters, digits, "_", "-" and "."')
  if (query.query.trim() === '') refuse(where, 'its SQL is empty')
  if (!Number.isInteger(interval) || interval < 1 || interval > MAX_INTERVAL_SECONDS) {
    refuse(where, `its interval must be whole seconds from 1 to ${MAX_INTERVAL_SECONDS}, not ${interval}`)
  }
  if (snapshot === true && removed !== undefined)
    refuse(where, 'a snapshot has no removed rows; leave "removed" out')
  if (table !== undefined && TABLE_COLUMNS[table] === undefined) {
    refuse(where, `osquery has no table "${table}"; leave "table" out for a table of your own`)
  }
  checkTargets(where, query)
}

function checkTargets(where: string, target: Pick<QueryDefinition, 'platform' | 'version' | 'shard'>): void {
  const { platform, version, shard } = target
  if (platform !== undefined && !PLATFORMS.includes(platform)) {
    refuse(
      where,
      `its platform must be one of ${PLATFORMS.join(', ')}, not "${platform}"; leave it out for every host`,
    )
  }
  if (version !== undefined && !VERSION.test(version))
    refuse(where, `its version must read like 5.0.0, not "${version}"`)
  if (shard !== undefined && (!Number.isInteger(shard) || shard < 1 || shard > 100)) {
    refuse(where, `its shard must be a whole percentage from 1 to 100, not ${shard}`)
  }
}

function checkPaths(where: string, { filePaths = {}, excludePaths = {} }: PackDefinition<never>): void {
  for (const [category, paths] of [...Object.entries(filePaths), ...Object.entries(excludePaths)]) {
    const here = `${where}, category "${category}"`
    if (!CATEGORY_NAME.test(category)) refuse(here, 'its name must be letters, digits, "_" and "-"')
    if (paths.length === 0) refuse(here, 'it names no files')
    for (const path of paths) checkPath(here, path)
  }
  const unknown = Object.keys(excludePaths).find(category => !Object.hasOwn(filePaths, category))
  if (unknown !== undefined)
    refuse(where, `excludePaths has a category "${unknown}" that filePaths has not; osqueryd ignores it`)
}

function checkPath(where: string, path: string): void {
  if (!/^(?:\/|[A-Za-z]:\\)/.test(path)) refuse(where, `"${path}" must begin at the root`)
  const recursive = path.indexOf('%%')
  if (recursive !== -1 && recursive !== path.length - 2)
    refuse(where, `"${path}" has "%%" before its end, which matches nothing`)
}

function checkFlags(where: string, flags: Flags): void {
  for (const [name, value] of Object.entries(flags)) {
    if (!FLAG_NAME.test(name))
      refuse(where, `the flag "${name}" must be written without dashes: disable_events`)
    if (COMMAND_LINE_FLAG.test(name))
      refuse(where, `osqueryd takes the flag "${name}" from its command line only`)
    if (typeof value === 'number' && !Number.isInteger(value))
      refuse(where, `the flag "${name}" must be a whole number, a text, true or false, not ${value}`)
  }
}

function refuse(where: string, reason: string): never {
  throw new Error(`${where}: ${reason}`)
}
