import type { Pack, PackQuery } from '../detect/pack.ts'

/** A snapshot query whose silence is judged. */
export interface SnapshotQuery {
  /** `pack/query`: its name in D1 and in the alert. */
  readonly name: string
  readonly pack: Pack
  readonly query: PackQuery
  /** Milliseconds of running time between two runs. */
  readonly intervalMs: number
}

/** By name. */
export type SnapshotQueries = ReadonlyMap<string, SnapshotQuery>

/** Every host sends it, and what it says is judged elsewhere. */
const HEARTBEAT = 'margay/heartbeat'
/** Beyond this a query is not watched: a fault in the packs must not fill D1. Counted in the order of the packs. */
const QUERIES_MAX = 200

/**
 * The snapshot queries of all packs but the heartbeat. Only a snapshot says at each run that it ran; a differential one
 * that finds nothing new is quiet by design. Of packs with discovery queries none: the host decides whether they run.
 */
export function snapshotQueries(packs: readonly Pack[]): SnapshotQueries {
  const queries = packs.flatMap(pack =>
    pack.discovery === undefined ? Object.values(pack.queries).map(query => ({ pack, query })) : [],
  )
  return new Map(
    queries
      .filter(({ query }) => query.snapshot === true && snapshotName(query.pack, query.name) !== HEARTBEAT)
      .slice(0, QUERIES_MAX)
      .map(({ pack, query }) => {
        const name = snapshotName(query.pack, query.name)
        return [name, { name, pack, query, intervalMs: query.interval * 1_000 }]
      }),
  )
}

/** The name of a query as this table of sightings has it. */
export function snapshotName(pack: string, query: string): string {
  return `${pack}/${query}`
}
