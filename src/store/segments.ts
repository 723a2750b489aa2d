import type { Segment } from './lake.ts'

/**
 * Adds segments to the index: how a search finds the objects that can hold what it looks for.
 * A segment that is there already stays as it is: same key, same rows.
 * @param now  milliseconds since the epoch
 */
export function insertSegments(
  db: D1Database,
  segments: readonly Segment[],
  now: number,
): D1PreparedStatement {
  const rows = segments.map(segment => ({
    key: segment.key,
    type: segment.logType,
    min: segment.minEventTime,
    max: segment.maxEventTime,
    rows: segment.rowCount,
    bytes: segment.parquet.byteLength,
    hosts: segment.hosts,
    queries: segment.queries,
  }))
  return db
    .prepare(
      `INSERT INTO segments (segment_key, log_type, min_event_time, max_event_time, row_count, byte_count, hosts,
         queries, created_at)
       SELECT value->>'key', value->>'type', value->>'min', value->>'max', value->>'rows', value->>'bytes',
         value->'hosts', value->'queries', ?2
       FROM json_each(?1) WHERE true
       ON CONFLICT DO NOTHING`,
    )
    .bind(JSON.stringify(rows), now)
}
