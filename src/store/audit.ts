import type { World } from '../env.ts'
import { type Page, pageOf, positionOf } from './page.ts'

/** What people and Margay itself do that is audited. */
type AuditedAction =
  | 'acknowledge'
  | 'resolve'
  | 'redrive'
  | 'redrive_destination'
  | 'silence'
  | 'expire_silence'
  | 'revoke_host'
  | 'set_host_class'
  | 'set_host_tags'

/** One line of the audit: only added to, never changed or removed (triggers of the schema refuse it). */
export interface AuditEntry {
  /** Begins with the time, so that entries sort by it. */
  readonly auditId: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** As they named themselves: the admin token is shared. */
  readonly who: string
  readonly what: AuditedAction
  /** Id of the alert, delivery, silence, host or destination. */
  readonly subject: string
  readonly detail: string
}

const SUFFIX_BYTES = 6
/** 13 digits of milliseconds last until the year 2286. */
const TIME_DIGITS = 13
const DETAIL_MAX_LENGTH = 2_000

/** Redrives that people may ask for within an hour: each may page somebody. */
export const REDRIVES_PER_HOUR = 60
const HOUR_MS = 3_600_000

/** Adds a line to the audit; stands in the batch of what it tells of. */
export function insertAudit(
  { db, now, randomBytes }: Pick<World, 'db' | 'now' | 'randomBytes'>,
  entry: Omit<AuditEntry, 'auditId' | 'at'>,
): D1PreparedStatement {
  const at = now()
  const suffix = Array.from(randomBytes(SUFFIX_BYTES), byte => byte.toString(16).padStart(2, '0')).join('')
  return db
    .prepare('INSERT INTO audit (audit_id, at, who, what, subject, detail) VALUES (?, ?, ?, ?, ?, ?)')
    .bind(
      `${idFloor(at)}.${suffix}`,
      at,
      entry.who,
      entry.what,
      entry.subject,
      entry.detail.slice(0, DETAIL_MAX_LENGTH).toWellFormed(),
    )
}

/** Refuses the batch (`isConflict`) when people asked for as many redrives in the last hour as they may. */
export function assertRedrivesLeft(db: D1Database, now: number): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO assertions SELECT 0 WHERE (
         SELECT count(*) FROM audit WHERE audit_id > ?1 AND what = 'redrive') >= ?2`,
    )
    .bind(idFloor(now - HOUR_MS), REDRIVES_PER_HOUR)
}

/**
 * Lists the audit, latest first.
 * @param cursor  null for the first page, else the `nextCursor` of the page before
 * @returns null when the cursor is not one of ours
 */
export async function listAudit(
  db: D1Database,
  cursor: string | null,
  limit: number,
): Promise<Page<AuditEntry> | null> {
  const after = positionOf(cursor)
  if (after === null) return null
  // Behind every id: they begin with a digit.
  const before = after.id === '' ? 'a' : after.id
  const { results } = await db
    .prepare(
      `SELECT audit_id AS auditId, at, who, what, subject, detail FROM audit
       WHERE audit_id < ?1 ORDER BY audit_id DESC LIMIT ?2`,
    )
    .bind(before, limit + 1)
    .all<AuditEntry>()
  return pageOf(results, limit, entry => ({ time: entry.at, id: entry.auditId }))
}

function idFloor(at: number): string {
  return String(Math.max(0, at)).padStart(TIME_DIGITS, '0')
}
