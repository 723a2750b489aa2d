import type { PulseGap, Vitals } from './vitals.ts'

/** What is known to be lost of a host, ever. */
export interface Loss {
  /** Pulses that will never come. Other lines of the same time are likely to be lost too. */
  readonly lostPulses: number
  /** When the newest of them were given up, ms since the epoch; null when none was. */
  readonly lostAt: number | null
  /** The last few holes, newest last: between which two pulses, by the host's clock, and how many are missing there. */
  readonly gaps: readonly PulseGap[]
  /** Lines that the agent itself says it threw away. */
  readonly droppedLines: number
  /** Minutes from which lines may be missing: the length of those holes. */
  readonly minutesAtRisk: number
}

const MINUTE_MS = 60_000

/** Sums up what a host lost. Total. @param droppedLines  `lines_dropped` of its row */
export function lossOf({ pulses }: Vitals, droppedLines: number): Loss {
  const { lost, lostAt, gaps } = pulses
  const risk = gaps.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0)
  return {
    lostPulses: lost,
    lostAt,
    gaps,
    droppedLines: Math.max(0, Math.floor(droppedLines) || 0),
    minutesAtRisk: Math.ceil(risk / MINUTE_MS),
  }
}
