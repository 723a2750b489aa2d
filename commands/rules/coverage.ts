import { TACTICS, tacticsOf } from '../../src/detect/attack.ts'
import { ATTACK_RELEASE } from '../../src/detect/attack-techniques.ts'
import { feedingQueries } from '../../src/detect/feeds.ts'
import type { Pack } from '../../src/detect/pack.ts'
import type { Rule } from '../../src/detect/rule.ts'
import { asTable } from './output.ts'

/** What the rules cover: techniques by tactic, and tables of osquery. */
export interface Coverage {
  readonly attack: {
    readonly version: string
    /** Distinct techniques that a rule names. */
    readonly techniques: number
    readonly tactics: readonly {
      readonly tactic: string
      readonly techniques: readonly { readonly technique: string; readonly rules: readonly string[] }[]
    }[]
  }
  /** Tables that a query of a pack or a rule is about. */
  readonly tables: readonly {
    readonly table: string
    readonly queries: readonly string[]
    readonly rules: readonly string[]
  }[]
}

/** Looks at enabled rules only. */
export function coverageOf(all: readonly Rule[], packs: readonly Pack[]): Coverage {
  const rules = all.filter(({ enabled }) => enabled)
  const byTechnique = gathered(rules.flatMap(rule => rule.attack.map(technique => [technique, rule.id])))
  const tactics = TACTICS.map(tactic => ({
    tactic,
    techniques: [...byTechnique]
      .filter(([technique]) => tacticsOf(technique)?.includes(tactic))
      .map(([technique, of]) => ({ technique, rules: of })),
  }))
  const queries = packs.flatMap(pack => Object.values(pack.queries))
  const queriesOf = gathered(
    queries.flatMap(({ table, pack, name }) => (table === undefined ? [] : [[table, `${pack}/${name}`]])),
  )
  const rulesOf = gathered(rules.flatMap(rule => tablesOf(rule, packs).map(table => [table, rule.id])))
  const tables = [...new Set([...queriesOf.keys(), ...rulesOf.keys()])].toSorted()
  return {
    attack: { version: ATTACK_RELEASE.version, techniques: byTechnique.size, tactics },
    tables: tables.map(table => ({
      table,
      queries: queriesOf.get(table) ?? [],
      rules: rulesOf.get(table) ?? [],
    })),
  }
}

/** Names by key, each once; keys and names sorted. */
function gathered(pairs: readonly (readonly string[])[]): ReadonlyMap<string, readonly string[]> {
  const byKey = new Map<string, Set<string>>()
  for (const [key = '', name = ''] of pairs) byKey.set(key, (byKey.get(key) ?? new Set()).add(name))
  return new Map([...byKey].map(([key, names]) => [key, [...names].toSorted()] as const).toSorted(byFirst))
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

/** The tables that a rule is about, by its own words or by those of the queries that feed it. */
function tablesOf(rule: Rule, packs: readonly Pack[]): readonly string[] {
  if (rule.on.kind === 'table') return rule.on.names
  return feedingQueries(rule, packs).flatMap(({ table }) => table ?? [])
}

export function coverageText({ attack, tables }: Coverage): string {
  const matrix = attack.tactics.map(({ tactic, techniques }) => {
    const width = 'T1234.567'.length
    const lines = techniques.map(
      ({ technique, rules }) => `  ${technique.padEnd(width)}  ${rules.join(' ')}\n`,
    )
    return `${tactic} (${techniques.length})\n${lines.join('')}`
  })
  const rows = tables.map(({ table, queries, rules }) => [
    table,
    String(queries.length),
    rules.join(' ') || '-',
  ])
  const unread = tables.filter(({ rules }) => rules.length === 0).length
  return [
    `ATT&CK ${attack.version}: ${attack.techniques} techniques\n\n`,
    `${matrix.join('\n')}\n`,
    asTable(['TABLE', 'QUERIES', 'RULES'], rows),
    `\n${tables.length} tables, ${tables.length - unread} of them judged by a rule\n`,
  ].join('')
}
