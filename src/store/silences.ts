import { type Page, pageOf, positionOf } from './page.ts'

/** What keeps matching alerts from being told for a while. Times are milliseconds since the epoch. */
export interface Silence {
  readonly silenceId: string
  /** JSON text of an object; `src/notify/silence.ts` reads it. */
  readonly matchers: string
  readonly startsAt: number
  /** Exclusive. */
  readonly endsAt: number
  readonly author: string
  readonly comment: string
  readonly createdAt: number
  /** When somebody ended it before its time. */
  readonly expiredAt: number | null
  readonly expiredBy: string | null
}

/** Silences that have not ended, at most: each is looked at with every alert that is about to be sent. */
export const SILENCES_MAX = 500

const COLUMNS = `
  silence_id AS silenceId, matchers, starts_at AS startsAt, ends_at AS endsAt, author, comment,
  created_at AS createdAt, expired_at AS expiredAt, expired_by AS expiredBy`

/** Inserts a silence; refuses the batch (`isConflict`) when `SILENCES_MAX` others have not ended. */
export function insertSilence(db: D1Database, silence: Silence, now: number): D1PreparedStatement[] {
  return [
    db
      .prepare(
        `INSERT INTO assertions SELECT 0
         WHERE (SELECT count(*) FROM (SELECT 1 FROM silences WHERE ends_at > ?1 LIMIT ?2)) >= ?2`,
      )
      .bind(now, SILENCES_MAX),
    db
      .prepare(
        `INSERT INTO silences (silence_id, matchers, starts_at, ends_at, author, comment, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .bind(
        silence.silenceId,
        silence.matchers,
        silence.startsAt,
        silence.endsAt,
        silence.author,
        silence.comment,
        silence.createdAt,
      ),
  ]
}

/** Reads the silences that hold at a moment. */
export function selectSilencesAt(db: D1Database, at: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT ${COLUMNS} FROM silences WHERE ends_at > ?1 AND starts_at <= ?1 ORDER BY ends_at DESC LIMIT ?2`,
    )
    .bind(at, SILENCES_MAX)
}

/** Ends a silence now, unless it has ended. */
export function expireSilence(
  db: D1Database,
  silenceId: string,
  at: number,
  by: string,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE silences SET ends_at = ?2, expired_at = ?2, expired_by = ?3
       WHERE silence_id = ?1 AND ends_at > ?2`,
    )
    .bind(silenceId, at, by)
}

export async function silenceById(db: D1Database, silenceId: string): Promise<Silence | null> {
  return db.prepare(`SELECT ${COLUMNS} FROM silences WHERE silence_id = ?`).bind(silenceId).first<Silence>()
}

/**
 * Lists silences, latest ending first.
 * @param endsAfter  leaves out those that ended by then; null for all
 * @param cursor  null for the first page, else the `nextCursor` of the page before
 * @returns null when the cursor is not one of ours
 */
export async function listSilences(
  db: D1Database,
  endsAfter: number | null,
  cursor: string | null,
  limit: number,
): Promise<Page<Silence> | null> {
  const after = positionOf(cursor)
  if (after === null) return null
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM silences
       WHERE ends_at > ?1 AND ends_at <= ?2 AND (ends_at < ?2 OR silence_id < ?3)
       ORDER BY ends_at DESC, silence_id DESC LIMIT ?4`,
    )
    .bind(endsAfter ?? -1, after.time, after.id, limit + 1)
    .all<Silence>()
  return pageOf(results, limit, silence => ({ time: silence.endsAt, id: silence.silenceId }))
}
