import { type Page, pageOf, positionOf } from './page.ts'

/** What could not be processed. The bytes lie in R2. Times are milliseconds since the epoch. */
export interface QuarantineRow {
  readonly quarantine_id: string
  readonly quarantined_at: number
  readonly host_id: string | null
  readonly reason: string
  readonly detail: string
  readonly position: number | null
  readonly byte_count: number
  readonly r2_key: string
}

const COLUMNS = 'quarantine_id, quarantined_at, host_id, reason, detail, position, byte_count, r2_key'

export interface QuarantineFilter {
  readonly host?: string | undefined
  readonly reason?: string | undefined
}

/**
 * Lists what is in quarantine, latest first.
 * @param cursor  null for the first page, else the `nextCursor` of the page before
 * @returns null when the cursor is not one of ours
 */
export async function listQuarantine(
  db: D1Database,
  filter: QuarantineFilter,
  cursor: string | null,
  limit: number,
): Promise<Page<QuarantineRow> | null> {
  const after = positionOf(cursor)
  if (after === null) return null
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM quarantine
       WHERE quarantined_at <= ?1 AND (quarantined_at < ?1 OR quarantine_id < ?2)
         AND (?3 IS NULL OR host_id = ?3) AND (?4 IS NULL OR reason = ?4)
       ORDER BY quarantined_at DESC, quarantine_id DESC LIMIT ?5`,
    )
    .bind(after.time, after.id, filter.host ?? null, filter.reason ?? null, limit + 1)
    .all<QuarantineRow>()
  return pageOf(results, limit, row => ({ time: row.quarantined_at, id: row.quarantine_id }))
}

export async function quarantineById(db: D1Database, quarantineId: string): Promise<QuarantineRow | null> {
  return await db
    .prepare(`SELECT ${COLUMNS} FROM quarantine WHERE quarantine_id = ?`)
    .bind(quarantineId)
    .first<QuarantineRow>()
}
