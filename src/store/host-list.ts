import { HOST_CLASS } from './host-class.ts'
import type { Page } from './page.ts'

/** A host as it lies in D1. Times are milliseconds since the epoch; `tags` is a JSON array. */
export interface HostRow {
  readonly host_id: string
  readonly host_identifier: string
  readonly hostname: string
  readonly hardware_uuid: string
  readonly hardware_serial: string
  readonly platform: string
  readonly os_name: string
  readonly os_version: string
  readonly osquery_version: string
  readonly enroll_label: string
  readonly tags: string
  readonly enrolled_at: number
  readonly enroll_count: number
  readonly revoked_at: number | null
  readonly last_seen_at: number
  readonly silence_state: string
  readonly silence_since: number
  readonly silence_reason: string
  /** Rule id of the alert that is open because of the state, or empty. */
  readonly silence_alert: string
  readonly silence_episode: number
  readonly silence_told_at: number | null
  /** As a person said, or empty. */
  readonly class: string
  readonly class_guess: string
  /** Why that is guessed. */
  readonly class_reason: string
  /** JSON, see src/staleness/vitals-text.ts. */
  readonly vitals: string
  readonly late_lines: number
  readonly last_enroll_at: number
  readonly last_config_at: number | null
  readonly last_distributed_at: number | null
  readonly last_result_at: number | null
  readonly last_status_at: number | null
  readonly last_pulse_at: number | null
}

/** A host with what only its own page shows. */
export interface HostDetailRow extends HostRow {
  readonly instance_id: string
  /** What it said when it enrolled: JSON text of an object. */
  readonly details: string
  readonly served_config: string
  readonly served_config_at: number | null
  readonly lines_dropped: number
}

const COLUMNS = `host_id, host_identifier, hostname, hardware_uuid, hardware_serial, platform, os_name, os_version,
  osquery_version, enroll_label, tags, enrolled_at, enroll_count, revoked_at, last_seen_at, silence_state, silence_since,
  silence_reason, silence_alert, silence_episode, silence_told_at, class, class_guess, class_reason, vitals, late_lines,
  last_enroll_at, last_config_at, last_distributed_at, last_result_at, last_status_at, last_pulse_at`
const DETAIL_COLUMNS = `${COLUMNS}, instance_id, details, served_config, served_config_at, lines_dropped`

/** Rows of before there were more states say `silent`. */
const STATE = "iif(silence_state = 'silent', 'stale', silence_state)"

export interface HostFilter {
  /** Without one, hosts that are gone are left out. */
  readonly state?: string | undefined
  readonly class?: string | undefined
  /** Part of the hostname, host identifier, hardware UUID or serial; case counts only outside ASCII. */
  readonly q?: string | undefined
}

/** The cursor of this list is the id of the last host of a page. */
const HOST_ID = /^[A-Za-z0-9_-]{1,64}$/

/**
 * Lists hosts by id: the order of the primary key, so a page costs its rows and no more unless a filter skips some.
 * @param cursor  null for the first page, else the `nextCursor` of the page before
 * @returns null when the cursor is not one of ours
 */
export async function listHosts(
  db: D1Database,
  filter: HostFilter,
  cursor: string | null,
  limit: number,
): Promise<Page<HostRow> | null> {
  if (cursor !== null && !HOST_ID.test(cursor)) return null
  const { results } = await db
    .prepare(
      // instr() and not LIKE: no wildcards to escape, no limit of 50 bytes on the pattern.
      `SELECT ${COLUMNS} FROM hosts
       WHERE host_id > ?1 AND iif(?2 IS NULL, ${STATE} <> 'gone', ${STATE} = ?2)
         AND (?5 IS NULL OR ${HOST_CLASS} = ?5)
         AND (?3 IS NULL OR instr(lower(hostname), ?3) OR instr(lower(host_identifier), ?3)
           OR instr(lower(hardware_uuid), ?3) OR instr(lower(hardware_serial), ?3))
       ORDER BY host_id LIMIT ?4`,
    )
    .bind(
      cursor ?? '',
      filter.state ?? null,
      filter.q === undefined ? null : asciiLower(filter.q),
      limit + 1,
      filter.class ?? null,
    )
    .all<HostRow>()
  const items = results.slice(0, limit)
  return { items, nextCursor: results.length > limit ? (items.at(-1)?.host_id ?? null) : null }
}

export async function hostById(db: D1Database, hostId: string): Promise<HostDetailRow | null> {
  return await db
    .prepare(`SELECT ${DETAIL_COLUMNS} FROM hosts WHERE host_id = ?`)
    .bind(hostId)
    .first<HostDetailRow>()
}

/** SQLite's lower() knows ASCII only; JavaScript's would lower what SQLite then doesn't find. */
function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, letter => letter.toLowerCase())
}
