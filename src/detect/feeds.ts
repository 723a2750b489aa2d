import type { Pack, PackQuery, Platform } from './pack.ts'
import type { Rule } from './rule.ts'
import { spellings } from './rule-index.ts'

/** Where the hosts are that the rules of a room are about; a rule of another room may be about any. */
const ROOM_PLATFORMS: Readonly<Record<string, readonly Platform[]>> = {
  linux: ['linux', 'posix'],
  macos: ['darwin', 'posix'],
  posix: ['linux', 'darwin', 'posix'],
  windows: ['windows'],
}

/**
 * The queries of the packs whose rows this rule is about: of its table, query or pack, sent with one of its actions, by
 * hosts of the platform that its id begins with. Empty for a rule about log types, which meets lines that no query makes.
 */
export function feedingQueries(rule: Rule, packs: readonly Pack[]): readonly PackQuery[] {
  const platforms = ROOM_PLATFORMS[rule.id.split('.')[0] ?? '']
  const suits = (wanted: Platform | undefined) =>
    wanted === undefined || (platforms?.includes(wanted) ?? true)
  return packs
    .filter(({ platform }) => suits(platform))
    .flatMap(pack => Object.values(pack.queries))
    .filter(query => suits(query.platform) && feeds(query, rule))
}

function feeds(query: PackQuery, { on, actions }: Rule): boolean {
  if (actions !== null && !sentActions(query).some(action => actions.includes(action))) return false
  const named = new Set(on.names.flatMap(name => spellings(on.kind, name)))
  switch (on.kind) {
    case 'table':
      return query.table !== undefined && named.has(query.table)
    case 'query':
      return named.has(query.name) && (on.served === undefined || on.served.pack === query.pack)
    case 'pack':
      return named.has(query.pack)
    case 'logType':
      return false
  }
}

/** What the lines of a query can carry as their action. */
function sentActions({ snapshot, removed }: PackQuery): readonly string[] {
  if (snapshot === true) return ['snapshot']
  return removed === false ? ['added'] : ['added', 'removed']
}
