import type { Pack } from '../detect/pack.ts'
import { canComeFrom, tableByColumns, tableByName } from './infer-table.ts'
import { MAX_ROW_PLAN_CHARS, MAX_ROW_PLANS, MAX_STREAM_NAME_CHARS, MAX_STREAMS } from './limits.ts'
import { type PackAndQuery, packNames } from './names.ts'
import { type Lanes, mixText, newLanes, seedsOf } from './row-id.ts'
import { NO_PLAN, planRow, type RowPlan } from './row-plan.ts'

/** What is known of the results of one query name. */
export interface Stream {
  readonly name: string
  readonly pack: string
  readonly query: string
  /** Table by the schedule that we serve, or empty. */
  readonly servedTable: string
  /** Table of a result without rows: what the names alone tell. */
  readonly tableWithoutRows: string
  /** What the name adds to the hash of its events. */
  readonly nameHash: Lanes
  /** Plan of the row before: nearly always that of the next. */
  lastPlan: RowPlan
  /** Plans by their columns. */
  readonly plans: Map<string, RowPlan>
}

const NAME_SEEDS = seedsOf('\0name')

/** Remembers query names and the column sets of their rows. Bounded: forgets everything at a cap. */
export class Streams {
  readonly #packNames: (name: string) => PackAndQuery
  readonly #servedTables = new Map<string, string>()
  readonly #streams = new Map<string, Stream>()
  #last: Stream
  #planCount = 0

  /** @param packs  the packs that we serve: they say which table a query is about */
  constructor(packs: readonly Pack[]) {
    this.#packNames = packNames(packs.map(pack => pack.name))
    for (const pack of packs) {
      for (const [query, { table }] of Object.entries(pack.queries)) {
        if (table !== undefined) this.#servedTables.set(servedKey(pack.name, query), table)
      }
    }
    this.#last = this.#make('')
  }

  /** The stream of this query name. */
  of(name: string): Stream {
    // Rows of one query come in runs.
    if (name === this.#last.name) return this.#last
    const stream = this.#streams.get(name) ?? this.#remember(name)
    this.#last = stream
    return stream
  }

  #remember(name: string): Stream {
    const stream = this.#make(name)
    if (name.length > MAX_STREAM_NAME_CHARS) return stream
    if (this.#streams.size >= MAX_STREAMS) this.#forget()
    this.#streams.set(name, stream)
    return stream
  }

  #make(name: string): Stream {
    const { pack, query } = this.#packNames(name)
    const nameHash = newLanes()
    mixText(nameHash, name, NAME_SEEDS[0], NAME_SEEDS[1])
    const servedTable = this.#servedTables.get(servedKey(pack, query)) ?? ''
    const tableWithoutRows = servedTable || tableByName(query)
    return {
      name,
      pack,
      query,
      servedTable,
      tableWithoutRows,
      nameHash,
      lastPlan: NO_PLAN,
      plans: new Map(),
    }
  }

  /** The plan for rows of this stream with these columns; becomes the stream's last. */
  planFor(stream: Stream, keys: readonly string[]): RowPlan {
    const joined = keys.join('\0')
    let plan = stream.plans.get(joined)
    if (plan === undefined) {
      plan = planRow(keys, tableOf(stream, keys))
      if (joined.length <= MAX_ROW_PLAN_CHARS) {
        if (this.#planCount >= MAX_ROW_PLANS) this.#forget()
        this.#planCount++
        stream.plans.set(joined, plan)
        stream.lastPlan = plan
      }
      return plan
    }
    stream.lastPlan = plan
    return plan
  }

  #forget(): void {
    for (const stream of this.#streams.values()) stream.plans.clear()
    this.#streams.clear()
    this.#planCount = 0
  }
}

/** From the served schedule, else by the query's name, else by the columns; empty when that leaves it open. */
function tableOf(stream: Pick<Stream, 'servedTable' | 'query'>, keys: readonly string[]): string {
  if (stream.servedTable !== '') return stream.servedTable
  const named = tableByName(stream.query)
  if (named !== '' && canComeFrom(named, keys)) return named
  return tableByColumns(keys)
}

function servedKey(pack: string, query: string): string {
  return `${pack}\0${query}`
}
