import type { HostId, RowId } from '../detect/event.ts'

/** Lines that a host says it threw away: one status line's worth. */
export interface DroppedLines {
  readonly rowId: RowId
  readonly hostId: HostId
  /** Since the epoch, in which that is counted. */
  readonly minute: number
  readonly lines: number
}

/** Lines that were lost on one host within some minutes. */
export interface RecentlyDropped {
  readonly hostId: string
  /** What the host is called; its id when it has no row. */
  readonly hostname: string
  readonly lines: number
  /** Minutes since the epoch: the first and the last in which they were told. */
  readonly firstMinute: number
  readonly lastMinute: number
}

/** Rows of hosts that lose lines, in one look; a flood is told by those. */
export const DROPPING_HOSTS_MAX = 500

/**
 * Adds what hosts threw away to their rows and to the counter `lines_dropped`. Only of events that D1 does not hold yet: must
 * stand before their insertion, in the same batch.
 */
export function countDroppedLines(db: D1Database, dropped: readonly DroppedLines[]): D1PreparedStatement[] {
  const json = JSON.stringify(
    dropped.map(({ rowId, hostId, minute, lines }) => [rowId, hostId, minute, lines]),
  )
  return [
    db
      .prepare(
        `UPDATE hosts SET lines_dropped = lines_dropped + d.lines
         FROM (SELECT value->>1 AS host, sum(value->>3) AS lines FROM json_each(?1)
           WHERE NOT EXISTS (SELECT 1 FROM events WHERE p_row_id = value->>0) GROUP BY 1) AS d
         WHERE hosts.host_id = d.host`,
      )
      .bind(json),
    db
      .prepare(
        `INSERT INTO counters (minute, name, label, value)
         SELECT value->>2, 'lines_dropped', value->>1, sum(value->>3) FROM json_each(?1)
         WHERE NOT EXISTS (SELECT 1 FROM events WHERE p_row_id = value->>0)
         GROUP BY 1, 3
         ON CONFLICT DO UPDATE SET value = value + excluded.value`,
      )
      .bind(json),
  ]
}

/** Reads which hosts threw lines away, most first. @param minutes  JSON array of minutes since the epoch */
export function selectRecentlyDropped(db: D1Database, minutes: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT c.label AS hostId, coalesce(nullif(h.hostname, ''), c.label) AS hostname, sum(c.value) AS lines,
         min(c.minute) AS firstMinute, max(c.minute) AS lastMinute
       FROM counters c LEFT JOIN hosts h ON h.host_id = c.label
       WHERE c.minute IN (SELECT value FROM json_each(?1)) AND c.name = 'lines_dropped'
       GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT ${DROPPING_HOSTS_MAX}`,
    )
    .bind(minutes)
}
