import type { HostFacts, HostId } from '../detect/event.ts'
import type { Settings, World } from '../env.ts'
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
}

/** A time in a host's row is written anew only when it is at least this old: what a row costs is its writes. */
const TOUCH_INTERVAL_MS = 60_000
/** A host that is heard all the time must look so: its row is never older than this part of the limit of silence. */
const TOUCHES_PER_LIMIT = 6

/** How old a host's times may grow, ms: a minute, or less where silence is told sooner. */
export function touchIntervalMs(settings: Pick<Settings, 'silentAfterSeconds'>): number {
  return Math.min(TOUCH_INTERVAL_MS, Math.floor((settings.silentAfterSeconds * 1_000) / TOUCHES_PER_LIMIT))
}

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
 * @returns the label under which it was enrolled before, or null for a new host
 * @throws what D1 throws
 */
export async function enrollHost(
  db: D1Database,
  enrollment: Enrollment,
): Promise<{ readonly previousLabel: string | null }> {
  const [before] = await db.batch<{ enroll_label: string }>([
    db.prepare('SELECT enroll_label FROM hosts WHERE host_id = ?1').bind(enrollment.hostId),
    db.prepare(UPSERT_ENROLLMENT).bind(JSON.stringify(enrollment)),
  ])
  return { previousLabel: before?.results[0]?.enroll_label ?? null }
}

interface HostRow {
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

/** The rows of the given hosts; a host without a row is absent. */
export async function hostsById(db: D1Database, ids: readonly HostId[]): Promise<Map<HostId, HostRecord>> {
  const { results } = await db
    .prepare(
      `SELECT host_id, host_identifier, hostname, hardware_uuid, instance_id, platform, tags, revoked_at, last_enroll_at
       FROM hosts
       WHERE host_id IN (SELECT value FROM json_each(?1))`,
    )
    .bind(JSON.stringify(ids))
    .all<HostRow>()
  return new Map(results.map(hostRecord).map(record => [record.id, record]))
}

function hostRecord(row: HostRow): HostRecord {
  return {
    // The column holds nothing but host ids.
    id: row.host_id as HostId,
    name: row.hostname || row.host_identifier || row.host_id,
    names: [row.host_identifier, row.hostname, row.hardware_uuid, row.instance_id].filter(
      name => name !== '',
    ),
    platform: row.platform,
    // Written by UPSERT_ENROLLMENT as an array of texts.
    tags: JSON.parse(row.tags) as string[],
    revokedAt: row.revoked_at,
    lastEnrollAt: row.last_enroll_at,
  }
}

/** True in SQL when a channel's new time is worth writing; ?2 is the interval. */
const isDue = (column: string) => `excluded.${column} >= coalesce(hosts.${column}, -?2) + ?2`

const CHANNELS = [
  ['config', 'last_config_at'],
  ['distributed', 'last_distributed_at'],
  ['result', 'last_result_at'],
  ['status', 'last_status_at'],
  ['pulse', 'last_pulse_at'],
] as const satisfies readonly (readonly [Channel, string])[]

const TOUCH_HOSTS = `
INSERT INTO hosts (host_id, enrolled_at, enroll_count, last_enroll_at, last_seen_at, silence_since,
  ${CHANNELS.map(([, column]) => column).join(', ')})
SELECT value->>'hostId', min(value->>'at'), 0, min(value->>'at'), max(value->>'at'), min(value->>'at'),
  ${CHANNELS.map(([channel]) => `max(iif(value->>'channel' = '${channel}', value->>'at', NULL))`).join(',\n  ')}
FROM json_each(?1) WHERE true GROUP BY 1
ON CONFLICT (host_id) DO UPDATE SET
  ${CHANNELS.map(([, column]) => `${column} = iif(${isDue(column)}, excluded.${column}, hosts.${column})`).join(',\n  ')},
  last_seen_at = max(hosts.last_seen_at, excluded.last_seen_at)
WHERE ${isDue('last_seen_at')} OR ${CHANNELS.map(([, column]) => isDue(column)).join(' OR ')}`

/**
 * Notes signs of life, any number for each host. A time is renewed when the one stored is older by the interval, so
 * repeating the statement changes nothing. A host whose row was lost gets a bare one back (`enroll_count` 0): its node
 * key proves that it enrolled.
 * @param intervalMs  see `touchIntervalMs`
 */
export function touchHosts(
  db: D1Database,
  touches: readonly Touch[],
  intervalMs = TOUCH_INTERVAL_MS,
): D1PreparedStatement {
  return db.prepare(TOUCH_HOSTS).bind(JSON.stringify(touches), intervalMs)
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
