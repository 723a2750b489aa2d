import * as z from 'zod'
import { lossOf } from '../staleness/loss.ts'
import type { Vitals } from '../staleness/vitals.ts'
import { isClockOff } from '../staleness/vitals.ts'
import { readVitals } from '../staleness/vitals-text.ts'
import type { HostDetailRow } from '../store/host-list.ts'
import { hostItem, hostShape, type Surroundings } from './host-shape.ts'
import { moment, momentOf, momentOrNull, objectOf, openObject } from './shapes.ts'

const MS_A_SECOND = 1_000
const MS_A_DAY = 86_400_000

const seconds = z.number()

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
  alerts: z.int().meta({ description: 'How many alerts there were about its silence.' }),
  told_at: moment
    .nullable()
    .meta({ description: 'When somebody was last told of it, or will be at the earliest.' }),
  rhythm: z
    .object({
      learning_since: moment.nullable(),
      mean_gap_seconds: seconds,
      deviation_seconds: seconds,
      days: z.array(
        z.object({
          day: z.iso.date(),
          longest_learnt_gap_seconds: seconds,
          longest_gap_seconds: seconds,
        }),
      ),
    })
    .meta({ description: 'Gaps between contacts on the log path, as learnt.' }),
  pulses: z.object({
    count: z.int(),
    last_at: moment.nullable(),
    previous_at: moment.nullable(),
    osquery_version: z.string().meta({ description: 'By the newest pulse; empty when it did not say.' }),
    lag_seconds: seconds.meta({
      description: "Of the newest pulse: received minus written, by the host's clock.",
    }),
    clock_offset_seconds: seconds.nullable().meta({
      description:
        'By how much its clock is behind, roughly: the lag, once it has been the same for three pulses.',
    }),
    clones: z.int().meta({ description: 'How often pulses showed two machines that share this identity.' }),
  }),
  loss: z.object({
    lost_pulses: z.int(),
    lost_at: moment.nullable(),
    gaps: z.array(z.object({ from: moment, to: moment, pulses: z.int() })),
    dropped_lines: z.int().meta({ description: 'Lines that its agent said it threw away.' }),
    minutes_at_risk: z
      .int()
      .meta({ description: 'Length of those gaps: other lines of that time may be lost too.' }),
    late_lines: z.int().meta({ description: 'Lines that came late since it last fell silent.' }),
  }),
  config: z.object({
    served: z.string().nullable().meta({ description: 'Id of the config it was last given.' }),
    served_since: moment.nullable(),
    running: z.string().nullable().meta({ description: 'Id of the config that its newest pulse ran by.' }),
    running_since: moment.nullable(),
    running_pulses: z.int(),
  }),
  details: openObject.meta({ description: 'What the host said of itself when it enrolled.' }),
})

/** The row as the page of one host shows it. */
export function hostDetail(row: HostDetailRow, world: Surroundings): z.input<typeof hostDetailShape> {
  const vitals = readVitals(row.vitals)
  return {
    ...hostItem(row, world),
    instance_id: row.instance_id,
    last_seen_by: {
      enroll: momentOf(row.last_enroll_at),
      config: momentOrNull(row.last_config_at),
      distributed: momentOrNull(row.last_distributed_at),
      result: momentOrNull(row.last_result_at),
      status: momentOrNull(row.last_status_at),
      pulse: momentOrNull(row.last_pulse_at),
    },
    alerts: row.silence_episode,
    told_at: momentOrNull(row.silence_told_at),
    rhythm: shownRhythm(vitals),
    pulses: shownPulses(vitals),
    loss: shownLoss(vitals, row),
    config: shownConfig(vitals, row),
    details: objectOf(row.details),
  }
}

function shownRhythm({ rhythm }: Vitals) {
  return {
    learning_since: momentOrNull(rhythm.since),
    mean_gap_seconds: rhythm.meanMs / MS_A_SECOND,
    deviation_seconds: rhythm.deviationMs / MS_A_SECOND,
    days: rhythm.days.map(({ day, learntMs, longestMs }) => ({
      day: momentOf(day * MS_A_DAY).slice(0, 10),
      longest_learnt_gap_seconds: learntMs / MS_A_SECOND,
      longest_gap_seconds: longestMs / MS_A_SECOND,
    })),
  }
}

function shownPulses({ pulses }: Vitals) {
  const { count, lastAt, previousAt, version, lagMs, clones } = pulses
  return {
    count,
    last_at: momentOrNull(lastAt),
    previous_at: momentOrNull(previousAt),
    osquery_version: version,
    lag_seconds: lagMs / MS_A_SECOND,
    clock_offset_seconds: isClockOff(pulses) ? lagMs / MS_A_SECOND : null,
    clones,
  }
}

function shownLoss(vitals: Vitals, row: HostDetailRow) {
  const { lostPulses, lostAt, gaps, droppedLines, minutesAtRisk } = lossOf(vitals, row.lines_dropped)
  return {
    lost_pulses: lostPulses,
    lost_at: momentOrNull(lostAt),
    gaps: gaps.map(gap => ({ from: momentOf(gap.from), to: momentOf(gap.to), pulses: gap.pulses })),
    dropped_lines: droppedLines,
    minutes_at_risk: minutesAtRisk,
    late_lines: row.late_lines,
  }
}

function shownConfig({ pulses }: Vitals, row: HostDetailRow) {
  const isSaid = pulses.configId !== ''
  return {
    served: row.served_config || null,
    served_since: momentOrNull(row.served_config_at),
    running: pulses.configId || null,
    running_since: isSaid ? momentOf(pulses.configSince) : null,
    running_pulses: isSaid ? pulses.configPulses : 0,
  }
}
