/**
 * What is known of a host from what it posted: its rhythm, its pulses, and what of them never came. Lies as JSON in the
 * host's row (`vitals`). Times are milliseconds since the epoch by the server's clock, unless they say otherwise.
 */
export interface Vitals {
  /** Contacts on the log path; those closer together than the touch interval are one. */
  readonly contacts: Contacts
  readonly pulses: Pulses
  readonly rhythm: Rhythm
}

export interface Contacts {
  readonly lastAt: number | null
  readonly previousAt: number | null
}

export interface Pulses extends Contacts {
  /** Distinct ones, ever. */
  readonly count: number
  /** Of the newest: received minus written by the host's clock, ms. */
  readonly lagMs: number
  /** How many pulses in a row that was the same, within two minutes: a clock that is off and not a buffer that drains. */
  readonly steady: number
  /** Id of the config by which the newest ran; empty when it didn't say. */
  readonly configId: string
  /** Since when, and by how many pulses, that was so. */
  readonly configSince: number
  readonly configPulses: number
  readonly runs: readonly PulseRun[]
  /** Pulses that will never come. */
  readonly lost: number
  readonly lostAt: number | null
  /** The last few losses, newest last. */
  readonly gaps: readonly PulseGap[]
  /** How often two runs went on at the same time: two machines with one identity. */
  readonly clones: number
}

/** The pulses of one start of a daemon. */
export interface PulseRun {
  /** `start_time` of osquery_info, as a name only: it goes by the host's clock. */
  readonly start: string
  readonly top: number
  readonly topAt: number
  /** Numbers below `top` that have not come: [number, when it was missed]. */
  readonly missing: readonly (readonly [number, number])[]
}

/** Pulses that were lost between two that came. */
export interface PulseGap {
  readonly from: number
  readonly to: number
  readonly pulses: number
}

/** Gaps between contacts on the log path, as learnt. */
export interface Rhythm {
  /** When learning began; null before the first contact. */
  readonly since: number | null
  readonly meanMs: number
  readonly deviationMs: number
  /** Of the last seven UTC days on which there was one, oldest first. */
  readonly days: readonly RhythmDay[]
}

export interface RhythmDay {
  /** Days since the epoch. */
  readonly day: number
  /** The longest gap that the host's threshold learns from. */
  readonly learntMs: number
  /** The longest at all. */
  readonly longestMs: number
}

/** A host of which nothing is known yet. */
export const NO_VITALS: Vitals = {
  contacts: { lastAt: null, previousAt: null },
  pulses: {
    count: 0,
    lastAt: null,
    previousAt: null,
    lagMs: 0,
    steady: 0,
    configId: '',
    configSince: 0,
    configPulses: 0,
    runs: [],
    lost: 0,
    lostAt: null,
    gaps: [],
    clones: 0,
  },
  rhythm: { since: null, meanMs: 0, deviationMs: 0, days: [] },
}
