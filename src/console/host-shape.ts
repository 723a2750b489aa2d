import * as z from 'zod'
import type { HostRow } from '../store/host-list.ts'
import { moment, momentOf, momentOrNull } from './shapes.ts'

/** A host as lists show it. */
export const hostShape = z.object({
  id: z.string(),
  hostname: z.string(),
  host_identifier: z.string(),
  hardware_uuid: z.string(),
  hardware_serial: z.string(),
  platform: z.string(),
  os_name: z.string(),
  os_version: z.string(),
  osquery_version: z.string(),
  enroll_label: z.string(),
  tags: z.array(z.string()),
  enrolled_at: moment,
  enroll_count: z.int(),
  last_seen_at: moment,
  state: z.string(),
  state_since: moment,
  revoked_at: moment.nullable(),
})

/** A host with all there is to know of it. */
export const hostDetailShape = hostShape.extend({
  instance_id: z.string(),
  last_seen_by: z.object({
    enroll: moment,
    config: moment.nullable(),
    distributed: moment.nullable(),
    result: moment.nullable(),
    status: moment.nullable(),
    pulse: moment.nullable(),
  }),
  silences: z.int().meta({ description: 'How often the host fell silent.' }),
  details: z
    .record(z.string(), z.unknown())
    .meta({ description: 'What the host said of itself when it enrolled.' }),
})

/** The row as lists show it. */
export function hostItem(row: HostRow): z.input<typeof hostShape> {
  return {
    id: row.host_id,
    hostname: row.hostname,
    host_identifier: row.host_identifier,
    hardware_uuid: row.hardware_uuid,
    hardware_serial: row.hardware_serial,
    platform: row.platform,
    os_name: row.os_name,
    os_version: row.os_version,
    osquery_version: row.osquery_version,
    enroll_label: row.enroll_label,
    tags: tagsOf(row.tags),
    enrolled_at: momentOf(row.enrolled_at),
    enroll_count: row.enroll_count,
    last_seen_at: momentOf(row.last_seen_at),
    state: row.silence_state,
    state_since: momentOf(row.silence_since),
    revoked_at: momentOrNull(row.revoked_at),
  }
}

/** Tags are ours, written as a JSON array of strings. */
function tagsOf(json: string): string[] {
  const tags: unknown = JSON.parse(json)
  return Array.isArray(tags) ? tags.filter(tag => typeof tag === 'string') : []
}
