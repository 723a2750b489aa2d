import type { LogType, OsqueryEvent } from '../detect/event.ts'
import { eventsToParquet } from './event-parquet.ts'

/** One Parquet object of the lake, and what the index says of it. */
export interface Segment {
  /** `lake/osquery_<log type>/date=YYYY-MM-DD/hour=HH/<name>.parquet`; date and hour are those of receipt, in UTC. */
  readonly key: string
  readonly logType: LogType
  readonly parquet: Uint8Array<ArrayBuffer>
  readonly rowCount: number
  /** Milliseconds since the epoch, of the events and not of their receipt. */
  readonly minEventTime: number
  readonly maxEventTime: number
  /** Host ids, sorted. */
  readonly hosts: readonly string[]
  /**
   * Values of p_query, sorted, the first 256 UTF-16 units of each. When there are more than 500, which no schedule has,
   * only `*`: the segment may hold any.
   */
  readonly queries: readonly string[]
}

const HOUR_MS = 3_600_000
const QUERY_MAX_LENGTH = 256
const QUERIES_MAX = 500

/** Hex digits of a segment's name: 128 bits, far beyond collision by chance within one hour. */
const NAME_DIGITS = 32

/**
 * Lays events out as lake segments: one for each log type and hour of receipt, sorted by host, query and time so that
 * like stands beside like.
 *
 * The name comes from the ids of the rows alone: the same events give the same object, so a replay overwrites instead
 * of adding. (Events that come again in other company do stand twice; readers drop doubles by p_row_id.)
 *
 * @param events  distinct by p_row_id; none gives no segment
 */
export async function segmentsOf(events: readonly OsqueryEvent[]): Promise<Segment[]> {
  const byPartition = Map.groupBy(events, partitionOf)
  return Promise.all([...byPartition].map(([partition, members]) => segmentOf(partition, members)))
}

/**
 * Writes segments to the bucket. Safe to repeat.
 * @throws what R2 throws; some of the segments may have been written then
 */
export async function putSegments(bucket: R2Bucket, segments: readonly Segment[]): Promise<void> {
  await Promise.all(
    segments.map(({ key, parquet }) =>
      bucket.put(key, parquet, { httpMetadata: { contentType: 'application/vnd.apache.parquet' } }),
    ),
  )
}

/** `lake/osquery_differential/date=2026-11-24/hour=12`, the folder that Hive-style readers prune by. */
function partitionOf(event: OsqueryEvent): string {
  const table = event.p_log_type.toLowerCase().replace('.', '_')
  const hour = new Date(Math.floor(event.p_parse_time / HOUR_MS) * HOUR_MS).toISOString()
  return `lake/${table}/date=${hour.slice(0, 10)}/hour=${hour.slice(11, 13)}`
}

async function segmentOf(partition: string, members: readonly OsqueryEvent[]): Promise<Segment> {
  const rows = members.toSorted(byHostQueryTime)
  const times = rows.map(row => row.p_event_time)
  return {
    key: `${partition}/${await nameOf(rows)}.parquet`,
    logType: (rows[0] as OsqueryEvent).p_log_type, // groupBy makes no empty groups
    parquet: eventsToParquet(rows),
    rowCount: rows.length,
    minEventTime: times.reduce((least, time) => Math.min(least, time)),
    maxEventTime: times.reduce((most, time) => Math.max(most, time)),
    hosts: [...new Set(rows.map(row => row.p_host_id))].toSorted(),
    queries: queriesOf(rows),
  }
}

/** Names come from hosts, so they may be many or megabytes long; a row of D1 must hold the list. */
function queriesOf(rows: readonly OsqueryEvent[]): readonly string[] {
  const names = new Set(rows.map(({ p_query }) => p_query.slice(0, QUERY_MAX_LENGTH).toWellFormed()))
  return names.size > QUERIES_MAX ? ['*'] : [...names].toSorted()
}

function byHostQueryTime(a: OsqueryEvent, b: OsqueryEvent): number {
  return (
    compareText(a.p_host_id, b.p_host_id) ||
    compareText(a.p_query, b.p_query) ||
    a.p_event_time - b.p_event_time ||
    compareText(a.p_row_id, b.p_row_id)
  )
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Hash over the row ids. @param rows  sorted: the order in which posts arrived must not matter */
async function nameOf(rows: readonly OsqueryEvent[]): Promise<string> {
  const ids = rows.map(row => row.p_row_id)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(ids.join('\n')))
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, NAME_DIGITS)
}
