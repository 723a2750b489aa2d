import { HOST_CLASS } from './host-class.ts'

/** The columns of a host that judging its silence needs. Times are milliseconds since the epoch. */
export interface HostSilenceRow {
  readonly host_id: string
  readonly hostname: string
  readonly host_identifier: string
  readonly platform: string
  /** JSON array of texts. */
  readonly tags: string
  readonly class: string
  readonly class_guess: string
  readonly enrolled_at: number
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
  readonly silence_alert: string
  readonly silence_told_at: number | null
  readonly late_lines: number
  readonly vitals: string
}

/** A change of one host's silence, to be made only if the host still is as it was read. */
export interface HostMove {
  readonly hostId: string
  readonly from: string
  readonly fromEpisode: number
  readonly fromAlert: string
  /** Refuse the move if the host logged after this time; null when a newer sign of life doesn't matter. */
  readonly quietSince: number | null
  /** The same for a sign of life of any kind. */
  readonly unheardSince: number | null
  readonly to: string
  readonly since: number
  readonly episode: number
  readonly reason: string
  readonly alert: string
  readonly toldAt: number | null
  /** Lines that come late are counted anew from here. */
  readonly begins: boolean
}

/** Scalar max() of SQLite; null would win over every number. Enrolling is no sign of life. */
const LAST_LOGGED =
  'max(coalesce(h.last_pulse_at, 0), coalesce(h.last_result_at, 0), coalesce(h.last_status_at, 0))'
const LAST_HEARD = `max(${LAST_LOGGED}, coalesce(h.last_config_at, 0), coalesce(h.last_distributed_at, 0))`

/** That host of the list `m` is still as it was read. The version before wrote `silent`, with an alert, for stale. */
const IS_AS_READ = `h.host_id = m.value->>'hostId'
  AND CASE h.silence_state WHEN 'silent' THEN 'stale' ELSE h.silence_state END = m.value->>'from'
  AND h.silence_episode = m.value->>'fromEpisode'
  AND (h.silence_alert = m.value->>'fromAlert' OR h.silence_state = 'silent')
  AND (m.value->>'quietSince' IS NULL OR ${LAST_LOGGED} <= m.value->>'quietSince')
  AND (m.value->>'unheardSince' IS NULL OR ${LAST_HEARD} <= m.value->>'unheardSince')`

const IS_SERVER = `${HOST_CLASS} = 'server'`

/** States in which a host ought to be heard. */
const EXPECTED = `h.silence_state IN ('live', 'late', 'lagging')`

/**
 * Hosts whose silence there is something to decide on, by primary key from `after` on: those that are not well, and those
 * that have not logged since `quietSince`, or whose pulses come later than `lagMs`, each
 * by another time for fewer than `steadyPulses`. A fleet that is well is one scan.
 * @param after  the last host id of the page before, or empty
 */
export function selectHostsOfInterest(
  db: D1Database,
  after: string,
  quietSince: number,
  lagMs: number,
  steadyPulses: number,
  limit: number,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT host_id, hostname, host_identifier, platform, tags, class, class_guess, enrolled_at, last_enroll_at,
         revoked_at, last_config_at, last_distributed_at, last_result_at, last_status_at, last_pulse_at, silence_state,
         silence_since, silence_episode, silence_alert, silence_told_at, late_lines, vitals
       FROM hosts h WHERE host_id > ?1 AND CASE silence_state
         WHEN 'live' THEN ${LAST_LOGGED} < ?2 OR last_enroll_at <= revoked_at
           OR CASE WHEN json_valid(vitals)
             THEN vitals ->> '$.pulses.lagMs' > ?3 AND vitals ->> '$.pulses.steady' < ?4 ELSE 0 END
         WHEN 'revoked' THEN revoked_at IS NULL OR last_enroll_at > revoked_at
         WHEN 'gone' THEN max(last_seen_at, last_enroll_at, ${LAST_HEARD}) > silence_since
           OR last_enroll_at <= revoked_at
         ELSE 1 END
       ORDER BY host_id LIMIT ?5`,
    )
    .bind(after, quietSince, lagMs, steadyPulses, limit)
}

/** Counts servers that ought to be heard: one scan. */
export function countServers(db: D1Database): D1PreparedStatement {
  return db.prepare(`SELECT count(*) AS servers FROM hosts h WHERE ${EXPECTED} AND ${IS_SERVER}`)
}

/** The same for each of the groups (tags, and `os:` with a platform) that has any: one scan more. */
export function countServersOfGroups(db: D1Database, groups: readonly string[]): D1PreparedStatement {
  return db
    .prepare(
      `SELECT g.value AS name, count(*) AS servers
       FROM hosts h CROSS JOIN json_each(
         json_insert(CASE WHEN json_valid(h.tags) THEN h.tags ELSE '[]' END, '$[#]', 'os:' || h.platform)) g
       WHERE ${EXPECTED} AND ${IS_SERVER} AND g.value IN (SELECT value FROM json_each(?1)) GROUP BY 1`,
    )
    .bind(JSON.stringify(groups))
}

/** Hosts on which something grave matched since then, newest first; one may come more than once. */
export function selectAlarms(db: D1Database, since: number, limit: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT a.host_id AS hostId, a.severity AS severity, a.created_at AS at
       FROM alerts a WHERE a.created_at >= ?1 AND a.kind = 'match' AND a.severity IN ('high', 'critical')
         AND a.host_id IS NOT NULL
       UNION ALL
       SELECT h.host_id, a.severity, a.created_at FROM alerts a CROSS JOIN alert_hosts h ON h.alert_id = a.alert_id
       WHERE a.created_at >= ?1 AND a.kind = 'match' AND a.severity IN ('high', 'critical')
       ORDER BY 3 DESC LIMIT ?2`,
    )
    .bind(since, limit)
}

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
       SET silence_state = m.value->>'to', silence_since = m.value->>'since', silence_episode = m.value->>'episode',
         silence_reason = m.value->>'reason', silence_alert = m.value->>'alert', silence_told_at = m.value->>'toldAt',
         late_lines = CASE WHEN m.value->>'begins' THEN 0 ELSE h.late_lines END
       FROM json_each(?) AS m WHERE ${IS_AS_READ}`,
    )
    .bind(JSON.stringify(moves))
}
