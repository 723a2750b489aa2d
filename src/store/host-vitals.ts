/** A host whose row may show an old config or newly lost pulses; `vitals` says for certain. */
export interface HostVitalsRow {
  readonly hostId: string
  readonly hostname: string
  readonly lastPulseAt: number | null
  readonly lastConfigAt: number | null
  readonly servedConfig: string
  readonly servedConfigAt: number | null
  readonly vitals: string
}

/** Hosts read in one look of each kind; more are told as these. */
export const VITALS_ROWS_MAX = 1_000

const COLUMNS = `host_id AS hostId, coalesce(nullif(hostname, ''), host_id) AS hostname, last_pulse_at AS lastPulseAt,
  last_config_at AS lastConfigAt, served_config AS servedConfig, served_config_at AS servedConfigAt, vitals`

/** Goes over all hosts once, so it is for every few minutes. What can't be read as JSON is left out. */
const VITAL = (member: string) => `CASE WHEN json_valid(vitals) THEN vitals->>'$.pulses.${member}' END`

/** Reads hosts that were found to have lost pulses since a time, the latest first. */
export function selectPulseLosers(db: D1Database, since: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT ${COLUMNS} FROM hosts
       WHERE vitals <> '' AND last_pulse_at IS NOT NULL AND ${VITAL('lostAt')} >= ?1
       ORDER BY ${VITAL('lostAt')} DESC, host_id LIMIT ${VITALS_ROWS_MAX}`,
    )
    .bind(since)
}

/**
 * Reads hosts whose pulses name another config than the one that they were given before `givenBefore`, or none.
 * @param heardSince  hosts whose last pulse is older are left out
 */
export function selectOtherConfigs(
  db: D1Database,
  givenBefore: number,
  heardSince: number,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT ${COLUMNS} FROM hosts
       WHERE vitals <> '' AND served_config <> '' AND served_config_at <= ?1 AND last_pulse_at >= ?2
         AND silence_state NOT IN ('gone', 'revoked') AND ${VITAL('configId')} <> served_config
       ORDER BY ${VITAL('configId')} = '', served_config_at, host_id LIMIT ${VITALS_ROWS_MAX}`,
    )
    .bind(givenBefore, heardSince)
}
