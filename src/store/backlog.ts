import { type CanaryRound, selectCanary } from './canary.ts'

/** What waits to be told, briefly, and whether the way there is open. */
export interface BriefBacklog {
  /** At most `BACKLOG_COUNT_CAP`. What a silence keeps is left out. */
  readonly pending: number
  /** When the oldest of those was to be told first, ms since the epoch; null when none waits. */
  readonly oldestPendingAt: number | null
  /** At most `BACKLOG_COUNT_CAP`. */
  readonly parked: number
  /** When the latest canary that came round was sent, ms since the epoch; null while none has. */
  readonly canarySeenAt: number | null
}

/** `/healthz` answers anyone: this bounds the rows that it reads. */
const BACKLOG_COUNT_CAP = 1_000

/** @throws what D1 throws */
export async function briefBacklog(db: D1Database, now: number): Promise<BriefBacklog> {
  const [waiting, parked, canary] = await db.batch([
    db
      .prepare(
        `SELECT count(*) AS n, min(created_at) AS oldest FROM (
           SELECT created_at FROM deliveries
           WHERE state IN ('pending', 'leased') AND coalesce(silenced_until, 0) <= ?1
           ORDER BY state, next_attempt_at LIMIT ?2)`,
      )
      .bind(now, BACKLOG_COUNT_CAP),
    db
      .prepare(`SELECT count(*) AS n FROM (SELECT 1 FROM deliveries WHERE state = 'parked' LIMIT ?)`)
      .bind(BACKLOG_COUNT_CAP),
    selectCanary(db),
  ])
  // The rows are shaped by the SELECTs above.
  const first = waiting?.results[0] as { n: number; oldest: number | null } | undefined
  return {
    pending: first?.n ?? 0,
    oldestPendingAt: first?.oldest ?? null,
    parked: (parked?.results[0] as { n: number } | undefined)?.n ?? 0,
    canarySeenAt: (canary?.results[0] as CanaryRound | undefined)?.seenAt ?? null,
  }
}
