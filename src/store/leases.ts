import type { World } from '../env.ts'

/** What became of a job: done by us, or left to whoever holds the lease. */
export type LeaseOutcome<T> = { readonly ran: true; readonly value: T } | { readonly ran: false }

/** Random bytes of a lease token: enough that two holders never share one. */
const TOKEN_BYTES = 12

/**
 * Runs a job unless another run of it is under way. The lease of a holder that died ends by itself after `ttlMs`, so
 * what the job does must be safe to do twice.
 *
 * @param job  names the lease
 * @param ttlMs  longer than the job can take: a cron invocation has 15 minutes at most
 * @param work  gets the time (ms since the epoch) at which the job was last completed, null for never: it tells what
 *   was missed when cron came late
 * @throws what `work` throws, after giving the lease back; what D1 throws
 */
export async function withLease<T>(
  world: World,
  job: string,
  ttlMs: number,
  work: (lastCompletedAt: number | null) => Promise<T>,
): Promise<LeaseOutcome<T>> {
  const name = `lease:${job}`
  const token = Array.from(world.randomBytes(TOKEN_BYTES), byte => byte.toString(16).padStart(2, '0')).join(
    '',
  )
  const now = world.now()
  const held = await takeLease(world.db, name, token, now, now + ttlMs).first<LeaseRow>()
  if (held === null) return { ran: false }
  try {
    const value = await work(held.last_completed_at)
    await returnLease(world.db, name, token, world.now()).run()
    return { ran: true, value }
  } catch (error) {
    await returnQuietly(world, name, token, held.last_completed_at)
    throw error
  }
}

interface LeaseRow {
  readonly last_completed_at: number | null
}

/** Answers no row when another holder's lease is still good. */
function takeLease(
  db: D1Database,
  name: string,
  token: string,
  now: number,
  expiresAt: number,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO states (name, value, version)
       VALUES (?1, json_object('token', ?2, 'expires_at', ?4, 'last_completed_at', NULL), 1)
       ON CONFLICT (name) DO UPDATE
         SET value = json_set(value, '$.token', ?2, '$.expires_at', ?4), version = version + 1
         WHERE value->>'expires_at' <= ?3
       RETURNING value->>'last_completed_at' AS last_completed_at`,
    )
    .bind(name, token, now, expiresAt)
}

/** Ends a lease that is still ours; one that was taken over stays with its new holder. */
function returnLease(
  db: D1Database,
  name: string,
  token: string,
  completedAt: number | null,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE states
       SET value = json_set(value, '$.token', NULL, '$.expires_at', 0, '$.last_completed_at', ?3),
         version = version + 1
       WHERE name = ?1 AND value->>'token' = ?2`,
    )
    .bind(name, token, completedAt)
}

/** The error of the job matters more than one of D1 now: the lease then ends by its time. */
async function returnQuietly(
  world: World,
  name: string,
  token: string,
  lastCompletedAt: number | null,
): Promise<void> {
  try {
    await returnLease(world.db, name, token, lastCompletedAt).run()
  } catch (error) {
    world.log('lease_not_returned', {
      lease: name,
      error: error instanceof Error ? error.message : 'unknown',
    })
  }
}
