import type { HostId, RowId } from '../detect/event.ts'
import { type HostRecord, type HostRow, hostRecord, SELECT_HOSTS } from './hosts.ts'
import { jsonArrays } from './json-rows.ts'

/** A host with what is known of its rhythm. */
interface KnownHost extends HostRecord {
  /** As it lies in the row: see vitals-text.ts. */
  readonly vitals: string
  /** As its row says; a newer version may have written one that this one doesn't know. */
  readonly silenceState: string
}

/** What the consumer has to know before it commits. */
export interface KnownHosts {
  /** A host without a row is absent. */
  readonly byId: ReadonlyMap<HostId, KnownHost>
  /** Phase of the feed as the last look for silence left it; null before the first, or when it can't be read. */
  readonly feedPhase: string | null
}

export const NO_HOSTS: KnownHosts = { byId: new Map(), feedPhase: null }

/** Reads hosts and the state of the feed in one round trip. @throws what D1 throws */
export async function readKnownHosts(db: D1Database, ids: readonly HostId[]): Promise<KnownHosts> {
  if (ids.length === 0) return NO_HOSTS
  const [hosts, feed] = await db.batch<object>([
    db
      .prepare(
        `SELECT ${SELECT_HOSTS}, vitals, silence_state FROM hosts WHERE host_id IN (SELECT value FROM json_each(?1))`,
      )
      .bind(JSON.stringify(ids)),
    db.prepare(
      `SELECT iif(json_valid(value), value->>'phase', NULL) AS phase FROM states WHERE name = 'feed'`,
    ),
  ])
  // The columns are those selected above.
  const rows = (hosts?.results ?? []) as (HostRow & { vitals: string; silence_state: string })[]
  const [state] = (feed?.results ?? []) as { phase: string | null }[]
  return {
    byId: new Map(
      rows.map(row => {
        const record = hostRecord(row)
        return [record.id, { ...record, vitals: row.vitals, silenceState: row.silence_state }]
      }),
    ),
    feedPhase: state?.phase ?? null,
  }
}

/** Refuses the batch it stands in when the vitals of one of the hosts are no longer as they were read. */
export function assertVitalsAsRead(
  db: D1Database,
  asRead: readonly (readonly [HostId, string])[],
): D1PreparedStatement[] {
  return jsonArrays(asRead.map(pair => JSON.stringify(pair))).map(array =>
    db
      .prepare(
        `INSERT INTO assertions SELECT 0 FROM json_each(?1)
         WHERE coalesce((SELECT vitals FROM hosts WHERE host_id = value->>0), '') <> value->>1`,
      )
      .bind(array),
  )
}

/**
 * Counts lines that came late in the rows of their hosts. Only those that D1 does not hold yet: must stand before their
 * insertion, in the same batch.
 */
export function countLateLines(
  db: D1Database,
  lines: readonly (readonly [RowId, HostId])[],
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE hosts SET late_lines = late_lines + late.lines
       FROM (SELECT value->>1 AS host, count(*) AS lines FROM json_each(?1)
         WHERE NOT EXISTS (SELECT 1 FROM events WHERE p_row_id = value->>0) GROUP BY 1) AS late
       WHERE hosts.host_id = late.host`,
    )
    .bind(JSON.stringify(lines))
}
