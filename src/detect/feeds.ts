import type { Pack, PackQuery } from './pack.ts'
import type { Rule } from './rule.ts'
import { spellings } from './rule-index.ts'

/**
 * The queries of the packs whose rows this rule meets: its table, query or pack, sent with one of its actions. Empty for a
 * rule about log types, which meets lines that no query makes.
 */
export function feedingQueries(rule: Rule, packs: readonly Pack[]): readonly PackQuery[] {
  return packs.flatMap(pack => Object.values(pack.queries)).filter(query => feeds(query, rule))
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
