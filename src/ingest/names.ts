/** The ten packs that osquery ships, whose names people keep (osquery repository, packs/). */
const SHIPPED_PACKS: readonly string[] = [
  'hardware-monitoring',
  'incident-response',
  'it-compliance',
  'osquery-monitoring',
  'ossec-rootkit',
  'osx-attacks',
  'unwanted-chrome-extensions',
  'vuln-management',
  'windows-attacks',
  'windows-hardening',
]

/** Pack names that Fleet makes: `Global` for all hosts, `team-<n>` for a team. */
const FLEET_PACK = /^pack(.{1,16}?)(Global|team-\d+)\1(.+)$/s

/** Zentral's names: `pack/<pack>/<id>/<query>/<id>/<version>`, optionally with a routing key behind. */
const ZENTRAL_NAME = /^pack\/([^/]+)\/\d+\/([^/]+)\/\d+\/\d+(?:\/[^/]+)?$/

/** osctrl's own queries: `osctrl:<group>:<query>`. */
const OSCTRL_NAME = /^osctrl:([^:]+):(.+)$/s

/** Delimiters that people set by `--pack_delimiter`. After any other only a known pack name tells where it ends. */
const DELIMITERS: readonly string[] = ['_', '/', ':', '.', '|', ' ']

/** Longest text taken for a delimiter. */
const MAX_DELIMITER_CHARS = 16

/** A query name taken apart. */
export interface PackAndQuery {
  /** Empty when the query stands in no pack, or it can't be told. */
  readonly pack: string
  /** The query's name within the pack, or the whole name. */
  readonly query: string
}

/**
 * Makes the function that takes a query name as hosts send it apart into pack and query, under whatever delimiter.
 *
 * The default delimiter `_` also stands within names, so known packs are tried first, the longest name first. Names
 * hold spaces, slashes, backticks and trailing spaces (`Nano Defender `, `sadmind/iis_worm`): nothing is trimmed.
 *
 * @param served  names of the packs that we serve
 */
export function packNames(served: readonly string[]): (name: string) => PackAndQuery {
  const known = [...new Set([...served, ...SHIPPED_PACKS])].sort((a, b) => b.length - a.length)
  return name => {
    if (!name.startsWith('pack')) return osctrlName(name) ?? { pack: '', query: name }
    return knownPack(name, known) ?? productName(name) ?? delimited(name) ?? { pack: '', query: name }
  }
}

function knownPack(name: string, known: readonly string[]): PackAndQuery | null {
  for (const pack of known) {
    const at = name.indexOf(pack, 5)
    if (at < 0 || at - 4 > MAX_DELIMITER_CHARS) continue
    const delimiter = name.slice(4, at)
    const query = name.slice(at + pack.length + delimiter.length)
    if (query !== '' && name.startsWith(delimiter, at + pack.length)) return { pack, query }
  }
  return null
}

function productName(name: string): PackAndQuery | null {
  const [, , fleetPack, fleetQuery] = FLEET_PACK.exec(name) ?? []
  if (fleetPack !== undefined && fleetQuery !== undefined) return { pack: fleetPack, query: fleetQuery }
  const [, zentralPack, zentralQuery] = ZENTRAL_NAME.exec(name) ?? []
  if (zentralPack !== undefined && zentralQuery !== undefined)
    return { pack: zentralPack, query: zentralQuery }
  return null
}

function osctrlName(name: string): PackAndQuery | null {
  const [, pack, query] = OSCTRL_NAME.exec(name) ?? []
  return pack !== undefined && query !== undefined ? { pack, query } : null
}

/** An unknown pack ends at the first delimiter; `pack_test` holds none and is a query of that name. */
function delimited(name: string): PackAndQuery | null {
  const delimiter = name.charAt(4)
  if (!DELIMITERS.includes(delimiter)) return null
  const end = name.indexOf(delimiter, 5)
  if (end <= 5 || end === name.length - 1) return null
  return { pack: name.slice(5, end), query: name.slice(end + 1) }
}
