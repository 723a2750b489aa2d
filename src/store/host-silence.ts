import { readGuardedState, type StateRow, writeGuardedState } from './guarded-state.ts'

/** The columns of a host that judging its silence needs. Times are milliseconds since the epoch. */
export interface HostSilenceRow {
  readonly host_id: string
  readonly hostname: string
  readonly host_identifier: string
  /** JSON array of texts. */
  readonly tags: string
  readonly last_enroll_at: number
  readonly revoked_at: number | null
  readonly last_config_at: number | null
  readonly last_distributed_at: number | null
  readonly last_result_at: number | null
  readonly last_status_at: number | null
  readonly last_pulse_at: number | null
  readonly silence_state: string
  readonly silence_since: number
  readonly silence_episode: number
}

/** A change of one host's silence, to be made only if the host still is as it was read. */
export interface HostMove {
  readonly hostId: string
  readonly from: string
  readonly fromEpisode: number
  /** Refuse the move if the host was heard after this time; null when a newer sign of life doesn't matter. */
  readonly unheardSince: number | null
  readonly to: string
  readonly since: number
  readonly episode: number
}

const FEED = 'feed'

/** Scalar max() of SQLite; null would win over every number. Enrolling is no sign of life. */
const LAST_HEARD = `max(
  coalesce(h.last_pulse_at, 0), coalesce(h.last_result_at, 0), coalesce(h.last_status_at, 0),
  coalesce(h.last_config_at, 0), coalesce(h.last_distributed_at, 0))`

/** That host of the list `m` is still as it was read. */
const IS_AS_READ = `h.host_id = m.value->>'hostId' AND h.silence_state = m.value->>'from'
  AND h.silence_episode = m.value->>'fromEpisode'
  AND (m.value->>'unheardSince' IS NULL OR ${LAST_HEARD} <= m.value->>'unheardSince')`

/** The next `limit` hosts by primary key; `after` is the last host id of the page before, or empty. */
export async function hostSilencePage(
  db: D1Database,
  after: string,
  limit: number,
): Promise<HostSilenceRow[]> {
  const { results } = await db.prepare(HOST_SILENCE_PAGE).bind(after, limit).all<HostSilenceRow>()
  return results
}

/** Exported for the test of its plan. */
export const HOST_SILENCE_PAGE = `SELECT host_id, hostname, host_identifier, tags, last_enroll_at, revoked_at, last_config_at,
  last_distributed_at, last_result_at, last_status_at, last_pulse_at, silence_state, silence_since, silence_episode
FROM hosts WHERE host_id > ? ORDER BY host_id LIMIT ?`

/** Refuses the batch it stands in when one of the hosts is no longer as it was read. */
export function assertHostsAsRead(db: D1Database, moves: readonly HostMove[]): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO assertions
       SELECT 0 FROM json_each(?) AS m WHERE NOT EXISTS (SELECT 1 FROM hosts AS h WHERE ${IS_AS_READ})`,
    )
    .bind(JSON.stringify(moves))
}

/** Moves those of the hosts that still are as they were read; the others are left alone. */
export function moveHosts(db: D1Database, moves: readonly HostMove[]): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE hosts AS h
       SET silence_state = m.value->>'to', silence_since = m.value->>'since', silence_episode = m.value->>'episode'
       FROM json_each(?) AS m WHERE ${IS_AS_READ}`,
    )
    .bind(JSON.stringify(moves))
}

/** What the last run knew of the feed, or null before the first one. */
export async function readFeedState(db: D1Database): Promise<StateRow | null> {
  return await readGuardedState(db, FEED)
}

/**
 * Writes the feed's state; the batch they stand in is refused when another run wrote it since it was read.
 * @param version  as read; 0 when there was none
 */
export function writeFeedState(db: D1Database, value: string, version: number): D1PreparedStatement[] {
  return writeGuardedState(db, FEED, value, version)
}
