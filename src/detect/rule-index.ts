import type { OsqueryEvent } from './event.ts'
import type { Rule } from './rule.ts'
import type { Selector } from './selector.ts'

/** A rule that an event could match. */
export interface Candidate {
  readonly rule: Rule
  /** Place in the registry: findings come in that order. */
  readonly place: number
  /** The packs that the event must be of, or null for any. */
  readonly packs: ReadonlySet<string> | null
}

/** The actions that rules can name. Whatever else a host sends meets only rules that take every action. */
const ACTIONS = ['added', 'removed', 'snapshot'] as const
type Action = (typeof ACTIONS)[number] | 'other'

/** The candidates of one name of one kind of selector, by the event's action. */
type Entry = Readonly<Record<Action, Candidate[]>>
type Kind = Selector<unknown>['kind']

const NONE: readonly Candidate[] = Object.freeze([])

/**
 * Lists made of two shelves are kept, for events come in kinds: a table with a log type, a query with a pack. A registry
 * of more kinds than that begins anew, so that no mixture of names that a host thinks of can fill memory.
 */
const MERGED_MAX = 1000

/**
 * Finds the rules that an event could match, by its table, query, pack, log type and action. Built once; a look-up costs
 * the same whatever the number of rules, and no input can make it grow beyond `MERGED_MAX` lists.
 */
export class RuleIndex {
  private readonly shelves: Readonly<Record<Kind, Map<string, Entry>>> = {
    table: new Map(),
    query: new Map(),
    pack: new Map(),
    logType: new Map(),
  }
  private readonly merged = new Map<readonly Candidate[], Map<readonly Candidate[], readonly Candidate[]>>()
  private mergedCount = 0

  constructor(rules: readonly Rule[]) {
    for (const [place, rule] of rules.entries()) this.add(rule, place)
  }

  /** Rules that could match, in the order of the registry. Of events without columns only status lines meet any. */
  candidates(event: OsqueryEvent): readonly Candidate[] {
    const { table, query, pack, logType } = this.shelves
    const action = actionOf(event)
    const byLogType = logType.get(event.p_log_type)?.[action] ?? NONE
    if (event.columns === null) return event.p_log_type === 'Osquery.Status' ? byLogType : NONE
    const byTable = table.get(event.p_table)?.[action] ?? NONE
    const byQuery = query.get(event.p_query)?.[action] ?? NONE
    const byPack = pack.get(event.p_pack)?.[action] ?? NONE
    return this.both(this.both(byTable, byLogType), this.both(byQuery, byPack))
  }

  /** Both lists as one; most events have rules on one shelf or two. */
  private both(left: readonly Candidate[], right: readonly Candidate[]): readonly Candidate[] {
    if (left.length === 0) return right
    if (right.length === 0) return left
    const known = this.merged.get(left)?.get(right)
    if (known !== undefined) return known
    if (this.mergedCount >= MERGED_MAX) {
      this.merged.clear()
      this.mergedCount = 0
    }
    const list = merge(left, right)
    const ofLeft = this.merged.get(left) ?? new Map<readonly Candidate[], readonly Candidate[]>()
    this.merged.set(left, ofLeft.set(right, list))
    this.mergedCount += 1
    return list
  }

  private add(rule: Rule, place: number): void {
    const { kind, names, queries = [], served } = rule.on
    const packs = served === undefined ? null : new Set(spellings('pack', served.pack))
    const candidate: Candidate = { rule, place, packs }
    this.shelve(kind, names, candidate)
    this.shelve('query', queries, candidate)
  }

  private shelve(kind: Kind, names: readonly string[], candidate: Candidate): void {
    for (const name of new Set(names.flatMap(one => spellings(kind, one)))) {
      const entry = this.shelves[kind].get(name) ?? { added: [], removed: [], snapshot: [], other: [] }
      for (const action of candidate.rule.actions ?? [...ACTIONS, 'other']) {
        entry[ACTIONS.find(known => known === action) ?? 'other'].push(candidate)
      }
      this.shelves[kind].set(name, entry)
    }
  }
}

/**
 * Fleets write `incident-response` and `incident_response` for the same pack, so names of packs and queries are known by
 * either. Tables and log types have one spelling.
 */
export function spellings(kind: Kind, name: string): readonly string[] {
  if (kind === 'table' || kind === 'logType') return [name]
  return [name, name.replaceAll('-', '_'), name.replaceAll('_', '-')]
}

function actionOf({ action }: OsqueryEvent): Action {
  return action === 'added' || action === 'removed' || action === 'snapshot' ? action : 'other'
}

/** Both lists as one in the order of the registry, each candidate once: a pack known by its queries stands on two shelves. */
function merge(left: readonly Candidate[], right: readonly Candidate[]): readonly Candidate[] {
  return [...new Set([...left, ...right])].sort((a, b) => a.place - b.place)
}
