import type { Pack, PackQuery, Platform } from './pack.ts'

/** What of a host decides which queries it is given, besides its tags. */
export type Kind = 'linux' | 'darwin' | 'windows' | 'unknown'

/** From what osquery's `os_version.platform` says; distributions of Linux are too many to list. */
export function kindOf(platform: string): Kind {
  if (platform === 'darwin' || platform === 'windows') return platform
  return platform === '' || platform === 'freebsd' ? 'unknown' : 'linux'
}

/** Whether what is for `wanted` is for a host of this kind. A host of unknown kind gets all and leaves out what it can't run. */
export function suits(wanted: Platform | undefined, kind: Kind): boolean {
  if (wanted === undefined || kind === 'unknown') return true
  return wanted === 'posix' ? kind !== 'windows' : wanted === kind
}

/** Whether a pack is for a host with these tags. */
export function isTagged(pack: Pack, tags: readonly string[]): boolean {
  return pack.tags === undefined || pack.tags.some(tag => tags.includes(tag))
}

/** Whether a query stands in the config that a host is given. @param platform  osquery's platform word, or empty */
export function servesQuery(
  pack: Pack,
  query: PackQuery,
  platform: string,
  tags: readonly string[],
): boolean {
  const kind = kindOf(platform)
  return suits(pack.platform, kind) && isTagged(pack, tags) && suits(query.platform, kind)
}
