import * as z from 'zod'
import type { World } from '../env.ts'
import { classWithReason, HOST_CLASSES } from '../staleness/host-class.ts'
import { silencePolicy } from '../staleness/policy.ts'
import { thresholdOf } from '../staleness/threshold.ts'
import { readVitals } from '../staleness/vitals-text.ts'
import { readHostState } from '../staleness/watched-host.ts'
import type { HostRow } from '../store/host-list.ts'
import { readTags } from '../store/host-tags.ts'
import { moment, momentOf, momentOrNull } from './shapes.ts'

const MS_A_SECOND = 1_000

/** What showing a host asks for besides its row. */
export type Surroundings = Pick<World, 'settings' | 'now'>

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
  class: z.enum(HOST_CLASSES).meta({ description: 'By which its silence is judged.' }),
  class_reason: z.string().meta({ description: 'Why it is of that class.' }),
  state: z.string().meta({
    description: 'new, live, late, stale, half-dead, lagging, gone, revoked; see docs/silence.md.',
  }),
  state_since: moment,
  state_reason: z.string(),
  state_alert: z
    .string()
    .nullable()
    .meta({ description: 'Rule of the alert that is open because of the state; null when there is none.' }),
  threshold_seconds: z.int().meta({ description: 'So long it may be quiet before it is late.' }),
  threshold_term: z.string().meta({ description: 'What decided the threshold.' }),
  threshold_reason: z.string().meta({ description: 'The same in words.' }),
  revoked_at: moment.nullable(),
})

/** The row as lists show it. */
export function hostItem(row: HostRow, world: Surroundings): z.input<typeof hostShape> {
  const now = world.now()
  const vitals = readVitals(row.vitals)
  const threshold = thresholdOf({ vitals }, silencePolicy(world.settings), now)
  const tags = [...readTags(row.tags)]
  const silence = readHostState(row.silence_state, row.silence_alert)
  const judged = classWithReason({
    set: row.class,
    tags,
    guess: row.class_guess,
    guessReason: row.class_reason,
    rhythm: vitals.rhythm,
  })
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
    tags,
    enrolled_at: momentOf(row.enrolled_at),
    enroll_count: row.enroll_count,
    last_seen_at: momentOf(row.last_seen_at),
    class: judged.class,
    class_reason: judged.reason,
    // A state of newer code is shown as it is.
    state: silence?.state ?? row.silence_state,
    state_since: momentOf(row.silence_since),
    state_reason: row.silence_reason,
    state_alert: silence?.alert || null,
    threshold_seconds: Math.round(threshold.ms / MS_A_SECOND),
    threshold_term: threshold.term,
    threshold_reason: threshold.why,
    revoked_at: momentOrNull(row.revoked_at),
  }
}
