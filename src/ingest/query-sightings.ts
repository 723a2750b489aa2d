import type { OsqueryEvent } from '../detect/event.ts'
import { type SnapshotQueries, snapshotName } from '../staleness/snapshot-queries.ts'
import type { QuerySighting } from '../store/query-sightings.ts'

const HOUR_MS = 3_600_000
/** A run that comes a little early must not wait for the next one to be noted. */
const SLACK = 0.1

/**
 * Which snapshot queries the rows show to have run, each once for a host, at the latest receipt. Names that no pack has are
 * left out: what a host may choose must not fill D1.
 */
export function sightingsOf(events: readonly OsqueryEvent[], queries: SnapshotQueries): QuerySighting[] {
  const sightings = new Map<string, QuerySighting>()
  for (const { action, columns, p_host_id: hostId, p_pack, p_query, p_parse_time: at } of events) {
    if (action !== 'snapshot' || columns === null) continue
    const query = queries.get(snapshotName(p_pack, p_query))
    if (query === undefined) continue
    const key = `${hostId} ${query.name}`
    const known = sightings.get(key)
    if (known !== undefined && known.at >= at) continue
    sightings.set(key, { hostId, query: query.name, at, everyMs: noteEvery(query.intervalMs) })
  }
  return [...sightings.values()]
}

/** A sighting costs a row: at most one an interval, and one an hour. */
function noteEvery(intervalMs: number): number {
  return Math.floor(Math.max(intervalMs, HOUR_MS) * (1 - SLACK))
}
