import type { HostFacts, HostId } from '../detect/event.ts'
import type { Settings, World } from '../env.ts'
import { readTags } from './host-tags.ts'
import { mirrorRevocations } from './revocations.ts'

/** What a host says of itself when it enrolls. Everything but the id is a claim; unknown is empty. */
export interface Enrollment {
  readonly hostId: HostId
  readonly instanceId: string
  readonly hostIdentifier: string
  readonly hostname: string
  readonly hardwareUuid: string
  readonly hardwareSerial: string
  readonly platform: string
  readonly osName: string
  readonly osVersion: string
  readonly osqueryVersion: string
  /** Label of the enroll secret it used; becomes a tag in place of the label before. */
  readonly label: string
  /** `host_details` as JSON text. */
  readonly details: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** A host as its row says. */
export interface HostRecord extends HostFacts {
  /** All that it called itself when it enrolled: identifier, hostname, hardware UUID, instance. */
  readonly names: readonly string[]
  /** Milliseconds since the epoch; node keys issued until then are void. */
  readonly revokedAt: number | null
  /** Milliseconds since the epoch. Later than `revokedAt` when the host was let in again. */
  readonly lastEnrollAt: number
}

/** By which road a host was heard: `pulse` is a row of the heartbeat query, which also is a `result`. */
export type Channel = 'enroll' | 'config' | 'distributed' | 'result' | 'status' | 'pulse'

/** One sign of life. */
export interface Touch {
  readonly hostId: HostId
  readonly channel: Channel
  /** Milliseconds since the epoch, by the Worker's clock. */
  readonly at: number
  /** Id of the config that the host was given; absent or empty: none was. Another than before is written at once. */
  readonly servedConfig?: string
  /** The host's vitals as they are now, to be written with whatever is written; absent: as they are. */
  readonly vitals?: string
  /** The vitals are worth a write by themselves. */
  readonly isNews?: boolean
}

/**
 * How old a time in a host's row must be for a newer one to cause a write, ms; what a row costs is its writes. Any write
 * takes the newer times of all channels along.
 */
export interface TouchIntervals {
  readonly pulse: number
  readonly result: number
  readonly status: number
  readonly config: number
  readonly distributed: number
  /** For results and status lines of a host without a pulse for longer than `pulselessAfter`. */
  readonly pulseless: number
  readonly pulselessAfter: number
}

/** Pulses come each 300 s, so that nearly every one is written. */
const TOUCH_INTERVAL_MS = 60_000
/** Above the interval of pulses, so that results and status lines ride along with them. */
const RIDING_INTERVAL_MS = 330_000
/** Below the interval of config requests, so that each is written. */
const CONFIG_INTERVAL_MS = 270_000
/** Nothing but half-dead hosts are judged by it. */
const DISTRIBUTED_INTERVAL_MS = 600_000
/** A host that is heard all the time must look so: its row is never older than this part of the limit of silence. */
const TOUCHES_PER_LIMIT = 6
/** The limit of silence, ms, that the intervals are made for; where silence is told sooner they are shorter. */
const USUAL_LIMIT_MS = 900_000
const PULSELESS_AFTER_HEARTBEATS = 3
const USUAL_HEARTBEAT_S = 300

/** Contacts of a host closer together than this are one, ms: a minute, or less where silence is told sooner. */
export function touchIntervalMs(settings: Pick<Settings, 'silentAfterSeconds'>): number {
  return Math.min(TOUCH_INTERVAL_MS, Math.floor((settings.silentAfterSeconds * 1_000) / TOUCHES_PER_LIMIT))
}

/** The intervals by the settings. */
export function touchIntervals(
  settings: Pick<Settings, 'silentAfterSeconds' | 'heartbeatSeconds'>,
): TouchIntervals {
  const scale = Math.min(1, (settings.silentAfterSeconds * 1_000) / USUAL_LIMIT_MS)
  const touch = touchIntervalMs(settings)
  const riding = Math.floor(RIDING_INTERVAL_MS * scale)
  return {
    pulse: touch,
    result: riding,
    status: riding,
    config: Math.floor(CONFIG_INTERVAL_MS * scale),
    distributed: Math.floor(DISTRIBUTED_INTERVAL_MS * scale),
    pulseless: touch,
    pulselessAfter: PULSELESS_AFTER_HEARTBEATS * settings.heartbeatSeconds * 1_000,
  }
}

const USUAL_INTERVALS = touchIntervals({
  silentAfterSeconds: USUAL_LIMIT_MS / 1_000,
  heartbeatSeconds: USUAL_HEARTBEAT_S,
})

const UPSERT_ENROLLMENT = `
INSERT INTO hosts (host_id, instance_id, host_identifier, hostname, hardware_uuid, hardware_serial, platform, os_name,
  os_version, osquery_version, enroll_label, tags, details, enrolled_at, last_enroll_at, last_seen_at, silence_since)
SELECT e->>'hostId', e->>'instanceId', e->>'hostIdentifier', e->>'hostname', e->>'hardwareUuid', e->>'hardwareSerial',
  e->>'platform', e->>'osName', e->>'osVersion', e->>'osqueryVersion', e->>'label', json_array(e->>'label'),
  e->>'details', e->>'at', e->>'at', e->>'at', e->>'at'
FROM (SELECT ?1 AS e) WHERE true
ON CONFLICT (host_id) DO UPDATE SET
  instance_id = excluded.instance_id,
  host_identifier = excluded.host_identifier,
  hostname = excluded.hostname,
  hardware_uuid = excluded.hardware_uuid,
  hardware_serial = excluded.hardware_serial,
  platform = excluded.platform,
  os_name = excluded.os_name,
  os_version = excluded.os_version,
  osquery_version = excluded.osquery_version,
  enroll_label = excluded.enroll_label,
  tags = (
    SELECT json_group_array(tag) FROM (
      SELECT value AS tag FROM json_each(hosts.tags) WHERE value <> hosts.enroll_label
      UNION SELECT excluded.enroll_label ORDER BY 1
    )
  ),
  details = excluded.details,
  enroll_count = hosts.enroll_count + 1,
  last_enroll_at = max(hosts.last_enroll_at, excluded.last_enroll_at),
  last_seen_at = max(hosts.last_seen_at, excluded.last_seen_at)`

/**
 * Writes the row of a host that enrolls, for the first time or again. What an operator did to it (tags, revocation) and
 * the state of its silence stay.
 * @param notes  statements about that row, to be run in the same transaction
 * @returns the label under which it was enrolled before, or null for a new host
 * @throws what D1 throws
 */
export async function enrollHost(
  db: D1Database,
  enrollment: Enrollment,
  notes: readonly D1PreparedStatement[] = [],
): Promise<{ readonly previousLabel: string | null }> {
  const [before] = await db.batch<{ enroll_label: string }>([
    db.prepare('SELECT enroll_label FROM hosts WHERE host_id = ?1').bind(enrollment.hostId),
    db.prepare(UPSERT_ENROLLMENT).bind(JSON.stringify(enrollment)),
    ...notes,
  ])
  return { previousLabel: before?.results[0]?.enroll_label ?? null }
}

export interface HostRow {
  readonly host_id: string
  readonly host_identifier: string
  readonly hostname: string
  readonly hardware_uuid: string
  readonly instance_id: string
  readonly platform: string
  readonly tags: string
  readonly revoked_at: number | null
  readonly last_enroll_at: number
}

/** The columns of `HostRow`. */
export const SELECT_HOSTS =
  'host_id, host_identifier, hostname, hardware_uuid, instance_id, platform, tags, revoked_at, last_enroll_at'

/** The rows of the given hosts; a host without a row is absent. */
export async function hostsById(db: D1Database, ids: readonly HostId[]): Promise<Map<HostId, HostRecord>> {
  const { results } = await db
    .prepare(
      `SELECT ${SELECT_HOSTS} FROM hosts
       WHERE host_id IN (SELECT value FROM json_each(?1))`,
    )
    .bind(JSON.stringify(ids))
    .all<HostRow>()
  return new Map(results.map(hostRecord).map(record => [record.id, record]))
}

/** The record of a row with the columns of `SELECT_HOSTS`. */
export function hostRecord(row: HostRow): HostRecord {
  return {
    // The column holds nothing but host ids.
    id: row.host_id as HostId,
    name: row.hostname || row.host_identifier || row.host_id,
    names: [row.host_identifier, row.hostname, row.hardware_uuid, row.instance_id].filter(
      name => name !== '',
    ),
    platform: row.platform,
    tags: readTags(row.tags),
    revokedAt: row.revoked_at,
    lastEnrollAt: row.last_enroll_at,
  }
}

const CHANNELS = [
  ['config', 'last_config_at'],
  ['distributed', 'last_distributed_at'],
  ['result', 'last_result_at'],
  ['status', 'last_status_at'],
  ['pulse', 'last_pulse_at'],
] as const satisfies readonly (readonly [Channel, string])[]

/** True in SQL when a channel's new time is older than the stored one by its interval, or the first. ?2: TouchIntervals. */
const isDue = (channel: string, column: string) =>
  `excluded.${column} >= coalesce(hosts.${column} + (?2->>'${channel}'), 0)`

const IS_PULSELESS = (column: string) =>
  `(excluded.${column} >= coalesce(hosts.last_pulse_at, 0) + (?2->>'pulselessAfter')
    AND ${isDue('pulseless', column)})`

const IS_OTHER_CONFIG = `(excluded.served_config NOT IN ('', hosts.served_config)
    AND excluded.served_config_at >= coalesce(hosts.served_config_at, 0))`

const TOUCH_HOSTS = `
INSERT INTO hosts (host_id, enrolled_at, enroll_count, last_enroll_at, last_seen_at, silence_since,
  served_config, served_config_at, vitals, ${CHANNELS.map(([, column]) => column).join(', ')})
SELECT value->>'hostId', min(value->>'at'), 0, min(value->>'at'), max(value->>'at'), min(value->>'at'),
  coalesce(max(value->>'servedConfig'), ''), max(iif(value->>'servedConfig' <> '', value->>'at', NULL)),
  coalesce(max(value->>'vitals'), ''),
  ${CHANNELS.map(([channel]) => `max(iif(value->>'channel' = '${channel}', value->>'at', NULL))`).join(',\n  ')}
FROM json_each(?1) WHERE true GROUP BY 1
ON CONFLICT (host_id) DO UPDATE SET
  ${CHANNELS.map(([, column]) => `${column} = max(coalesce(hosts.${column}, excluded.${column}), coalesce(excluded.${column}, hosts.${column}))`).join(',\n  ')},
  served_config = iif(${IS_OTHER_CONFIG}, excluded.served_config, hosts.served_config),
  served_config_at = iif(${IS_OTHER_CONFIG}, excluded.served_config_at, hosts.served_config_at),
  vitals = iif(excluded.vitals <> '', excluded.vitals, hosts.vitals),
  last_seen_at = max(hosts.last_seen_at, excluded.last_seen_at)
WHERE ${CHANNELS.map(([channel, column]) => isDue(channel, column)).join(' OR ')}
  OR ${IS_PULSELESS('last_result_at')} OR ${IS_PULSELESS('last_status_at')} OR ${IS_OTHER_CONFIG}
  OR hosts.host_id IN (SELECT value->>'hostId' FROM json_each(?1) WHERE value->>'isNews')
RETURNING host_id`

/**
 * Notes signs of life, any number for each host, in one row write a host or none: see `TouchIntervals`. Repeating the
 * statement changes nothing. A host whose row was lost gets a bare one back (`enroll_count` 0): its node key proves that
 * it enrolled. Returns the ids of the hosts whose rows were written.
 * @param intervals  see `touchIntervals`
 */
export function touchHosts(
  db: D1Database,
  touches: readonly Touch[],
  intervals: TouchIntervals = USUAL_INTERVALS,
): D1PreparedStatement {
  return db.prepare(TOUCH_HOSTS).bind(JSON.stringify(touches), JSON.stringify(intervals))
}

/**
 * Makes all node keys void that were issued to the host until now. The row is written first, then its mirror in R2,
 * which the log route reads; there it takes effect within a minute.
 * @throws what D1 or R2 throw. When only the mirror failed, revoking again (or `mirrorRevocations`) mends it.
 */
export async function revokeHost(
  world: Pick<World, 'db' | 'bucket' | 'now'>,
  hostId: HostId,
): Promise<'revoked' | 'unknown_host'> {
  const { meta } = await world.db
    .prepare('UPDATE hosts SET revoked_at = ?2 WHERE host_id = ?1')
    .bind(hostId, world.now())
    .run()
  if (meta.changes === 0) return 'unknown_host'
  await mirrorRevocations(world)
  return 'revoked'
}
