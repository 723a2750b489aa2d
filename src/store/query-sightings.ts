import type { HostId } from '../detect/event.ts'

/** Rows of a query that came from a host. */
export interface QuerySighting {
  readonly hostId: HostId
  readonly query: string
  /** Milliseconds since the epoch, by the Worker's clock. */
  readonly at: number
  /** Another is noted only when the last one noted is at least so old, ms. */
  readonly everyMs: number
}

/** A pair of host and query without rows for long, with what is needed to judge it. */
export interface SilentPair {
  readonly query: string
  readonly hostId: string
  readonly hostname: string
  readonly lastAt: number
  /** Pulses of the host, ever, when it was last seen; null when not known. */
  readonly pulsesThen: number | null
  readonly platform: string
  /** JSON array of texts. */
  readonly tags: string
  readonly state: string
  readonly revokedAt: number | null
  readonly lastEnrollAt: number
  readonly lastPulseAt: number | null
  readonly servedConfig: string
  readonly vitals: string
}

/** Pairs of one query read in one look: more are told as these. Newest silence first. */
export const SILENT_PAIRS_MAX = 1_000
/** Pairs are forgotten after this: longer than four of the longest intervals that osquery knows (a week). */
const FORGET_AFTER_MS = 35 * 86_400_000

/** The pulses of a host as its row says, or NULL when that can't be read. */
const PULSES = `(SELECT CASE WHEN json_valid(h.vitals) THEN h.vitals->>'$.pulses.count' END
  FROM hosts h WHERE h.host_id = value->>'hostId')`

/**
 * Notes that queries ran. Repeating the statement changes nothing, and what is older than what is noted is no news. One row
 * is written for a pair and `everyMs`.
 */
export function noteSightings(db: D1Database, sightings: readonly QuerySighting[]): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO query_sightings (host_id, query, last_at, seen, pulses)
       SELECT value->>'hostId', value->>'query', value->>'at', 1, ${PULSES}
       FROM json_each(?1) LEFT JOIN query_sightings s
         ON s.host_id = value->>'hostId' AND s.query = value->>'query'
       WHERE s.last_at IS NULL OR value->>'at' >= s.last_at + value->>'everyMs'
       ON CONFLICT (host_id, query) DO UPDATE SET last_at = excluded.last_at, seen = seen + 1, pulses = excluded.pulses`,
    )
    .bind(JSON.stringify(sightings))
}

/**
 * Reads which hosts did not send rows of a query since a time, though they did three times before. Hosts that were not heard
 * for 30 days, or don't say how often they pulsed, are not among them.
 */
export function selectSilentPairs(
  db: D1Database,
  query: string,
  seenBefore: number,
  now: number,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT s.query AS query, h.host_id AS hostId, coalesce(nullif(h.hostname, ''), h.host_id) AS hostname,
         s.last_at AS lastAt, s.pulses AS pulsesThen, h.platform AS platform, h.tags AS tags, h.silence_state AS state,
         h.revoked_at AS revokedAt, h.last_enroll_at AS lastEnrollAt, h.last_pulse_at AS lastPulseAt,
         h.served_config AS servedConfig, h.vitals AS vitals
       FROM query_sightings s CROSS JOIN hosts h ON h.host_id = s.host_id
       WHERE s.query = ?1 AND s.last_at > ?3 AND s.last_at <= ?2 AND s.seen >= 3 AND s.pulses IS NOT NULL
         AND h.vitals <> '' AND h.silence_state NOT IN ('gone', 'revoked')
         AND h.last_pulse_at >= s.last_at
       ORDER BY s.last_at DESC LIMIT ${SILENT_PAIRS_MAX}`,
    )
    .bind(query, seenBefore, now - FORGET_AFTER_MS)
}

/** Removes sightings that are too old to be judged, so many at most. Goes from query to query by the index. */
export function removeSightings(db: D1Database, now: number, limit: number): D1PreparedStatement {
  return db
    .prepare(
      `WITH RECURSIVE names (query) AS (
         SELECT min(query) FROM query_sightings
         UNION ALL
         SELECT (SELECT min(s.query) FROM query_sightings s WHERE s.query > names.query) FROM names
         WHERE names.query IS NOT NULL)
       DELETE FROM query_sightings WHERE (host_id, query) IN (
         SELECT s.host_id, s.query FROM names CROSS JOIN query_sightings s
         WHERE s.query = names.query AND s.last_at <= ?1 LIMIT ?2)`,
    )
    .bind(now - FORGET_AFTER_MS, limit)
}
