import { createHash } from 'node:crypto'
import type { Flags, Pack, PackQuery, PathsByCategory } from '../detect/pack.ts'
import { isTagged, type Kind, kindOf, suits } from '../detect/pack-target.ts'
import type { Settings } from '../env.ts'

/**
 * What hosts are told to run, compiled from the packs. osqueryd hashes the text it gets and starts its schedule anew when
 * it changed, so the same packs always give the same text.
 */
export interface HostConfigs {
  /**
   * The config for one host.
   * @param platform  osquery's platform word; with an empty one, or one that isn't known, the host gets the packs of all
   *   platforms and leaves out by itself what isn't for it
   * @param tags  packs that name tags are served to hosts that carry one of them
   */
  forHost(platform: string, tags: readonly string[]): HostConfig
}

/** One config. */
interface HostConfig {
  /** What the heartbeat of a host that runs this config says: 12 hex digits of a hash of the text without them. */
  readonly id: string
  /** JSON. */
  readonly text: string
}

/** The pulse: hosts without news are silent otherwise. Its interval is a setting. */
const HEARTBEAT = { pack: 'margay', query: 'heartbeat' } as const

/** The column by which the heartbeat says which config it belongs to, as the pack has it: still without an id. */
const CONFIG_ID_COLUMN = { blank: "'' AS config_id", with: (id: string) => `'${id}' AS config_id` } as const
const CONFIG_ID_DIGITS = 12

/** Texts kept, one for each platform and set of tags. */
const TEXTS_MAX = 200

/**
 * Flags that a config may set; the others belong into the host's flag file (osquery: docs/wiki/installation/cli-flags).
 * A config beats the flag file.
 */
const OPTIONS = {
  /** Nothing is asked over this channel yet, so hosts that have it on needn't ask often. */
  distributed_interval: 300,
  logger_event_type: true,
  logger_min_status: 1,
  /** One row a line: a snapshot in one line can exceed the line limit, and is then dropped by the host. */
  logger_snapshot_event_type: true,
  /** After an outage of ours hosts must be back before silence is noticed; the default is an hour. */
  logger_tls_backoff_max: 300,
  logger_tls_compress: true,
  /** The default; a longer line is dropped by the host. */
  logger_tls_max_linesize: 1_048_576,
  /** A host never makes a refused post smaller, so posts must be small to begin with. The default is 1,024. */
  logger_tls_max_lines: 250,
  logger_tls_period: 10,
  /** Query names are read back as `pack_<pack>_<query>`. */
  pack_delimiter: '_',
} as const

/** Columns for every line. Loaded with the config; hosts read it anew each few minutes. */
const DECORATORS = {
  load: ['SELECT uuid AS host_uuid FROM system_info;', 'SELECT hostname FROM system_info;'],
} as const

/**
 * Compiles the packs. Cheap; the texts are made when asked for and kept.
 *
 * @throws Error when packs contradict each other: in a flag, or in the category of a path. osqueryd would take either.
 */
export function compileConfig(
  packs: readonly Pack[],
  settings: Pick<Settings, 'heartbeatSeconds'>,
): HostConfigs {
  checkTogether(packs)
  const texts = new Map<string, HostConfig>()
  const sorted = packs.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return {
    forHost(platform, tags) {
      const kind = kindOf(platform)
      const served = sorted.filter(pack => suits(pack.platform, kind) && isTagged(pack, tags))
      const which = `${kind} ${served.map(({ name }) => name).join(' ')}`
      const known = texts.get(which)
      if (known !== undefined) return known
      const config = hostConfig(served, kind, settings.heartbeatSeconds)
      if (texts.size >= TEXTS_MAX) texts.clear()
      texts.set(which, config)
      return config
    },
  }
}

function hostConfig(packs: readonly Pack[], kind: Kind, heartbeatSeconds: number): HostConfig {
  const blank = configText(packs, kind, { interval: heartbeatSeconds, configId: '' })
  const id = createHash('sha256').update(blank).digest('hex').slice(0, CONFIG_ID_DIGITS)
  return { id, text: configText(packs, kind, { interval: heartbeatSeconds, configId: id }) }
}

/** What the heartbeat query gets when it is served. */
interface Heartbeat {
  /** Seconds. */
  readonly interval: number
  readonly configId: string
}

function configText(packs: readonly Pack[], kind: Kind, heartbeat: Heartbeat): string {
  const served = packs.flatMap(pack => {
    const queries = servedQueries(pack, kind, heartbeat)
    const { discovery, name, platform, shard, version } = pack
    return queries.length === 0
      ? []
      : [[name, { discovery, platform, queries: Object.fromEntries(queries), shard, version }]]
  })
  return JSON.stringify({
    decorators: DECORATORS,
    ...pathSection('exclude_paths', packs, ({ excludePaths }) => excludePaths),
    ...pathSection('file_paths', packs, ({ filePaths }) => filePaths),
    options: { ...OPTIONS, ...Object.fromEntries(flagsOf(packs)) },
    packs: Object.fromEntries(served),
  })
}

/** The paths of all packs by category, each once, in a fixed order; left out when there are none. */
function pathSection(
  section: 'file_paths' | 'exclude_paths',
  packs: readonly Pack[],
  pathsOf: (pack: Pack) => PathsByCategory | undefined,
): Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> {
  const byCategory = new Map<string, Set<string>>()
  for (const [category, paths] of packs.flatMap(pack => Object.entries(pathsOf(pack) ?? {}))) {
    byCategory.set(category, new Set([...(byCategory.get(category) ?? []), ...paths]))
  }
  if (byCategory.size === 0) return {}
  const sorted = [...byCategory].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    [section]: Object.fromEntries(sorted.map(([category, paths]) => [category, [...paths].toSorted()])),
  }
}

function flagsOf(packs: readonly Pack[]): [string, Flags[string]][] {
  return packs.flatMap(({ flags = {} }) => Object.entries(flags)).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function checkTogether(packs: readonly Pack[]): void {
  const flags = new Map<string, Flags[string]>(Object.entries(OPTIONS))
  for (const [name, value] of flagsOf(packs)) {
    const other = flags.get(name)
    if (other !== undefined && other !== value) {
      throw new Error(`packs: the flag "${name}" is set to ${other} and to ${value}; agree on one`)
    }
    flags.set(name, value)
  }
  const categories = new Map<string, string>()
  for (const [category, paths] of packs.flatMap(({ filePaths = {} }) => Object.entries(filePaths))) {
    for (const path of paths) {
      const other = categories.get(path)
      if (other !== undefined && other !== category) {
        throw new Error(`packs: "${path}" stands in the categories ${other} and ${category}; keep one`)
      }
      categories.set(path, category)
    }
  }
}

function servedQueries(pack: Pack, kind: Kind, heartbeat: Heartbeat): [string, object][] {
  return Object.values(pack.queries)
    .filter(query => suits(query.platform, kind))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(query => [query.name, servedQuery(query, heartbeat)])
}

/** Only what osqueryd reads, in a fixed order; what is undefined is left out of the text. */
function servedQuery(query: PackQuery, heartbeat: Heartbeat): object {
  const { denylist, platform, removed, shard, snapshot, version } = query
  const isHeartbeat = query.pack === HEARTBEAT.pack && query.name === HEARTBEAT.query
  const interval = isHeartbeat ? heartbeat.interval : query.interval
  const sql = isHeartbeat
    ? query.query.replace(CONFIG_ID_COLUMN.blank, CONFIG_ID_COLUMN.with(heartbeat.configId))
    : query.query
  return { denylist, interval, platform, query: sql, removed, shard, snapshot, version }
}
