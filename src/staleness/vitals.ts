import { foldPulses } from './vitals-pulses.ts'
import { foldRhythm } from './vitals-rhythm.ts'

/**
 * What is known of a host from what it posted: its rhythm, its pulses, and what of them never came. Lies as JSON in the
 * host's row (`vitals`, see vitals-text.ts). Times are milliseconds since the epoch by the server's clock, unless they
 * say otherwise.
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
  /** By the host's clock: when the newest was written. */
  readonly newestTime: number
  /** Of the newest: received minus written by the host's clock, ms. */
  readonly lagMs: number
  /** How many pulses in a row that was the same, within two minutes: a clock that is off and not a buffer that drains. */
  readonly steady: number
  /** The lag at which those began. */
  readonly steadyMs: number
  /** Version of osquery by the newest; empty when it didn't say. */
  readonly version: string
  /** Id of the config by which the newest ran; empty when it didn't say. */
  readonly configId: string
  /** Since when, and by how many pulses, that was so. */
  readonly configSince: number
  readonly configPulses: number
  /** The last three that went on, the last first. */
  readonly runs: readonly PulseRun[]
  /** Pulses that will never come. */
  readonly lost: number
  readonly lostAt: number | null
  /** The last few losses, newest last. */
  readonly gaps: readonly PulseGap[]
  /** How often two runs went on at the same time: two machines with one identity. */
  readonly clones: number
}

/** The pulses of one start of a daemon, by their numbers. Times are whole seconds. */
export interface PulseRun {
  /** `start_time` of osquery_info, as a name only: it goes by the host's clock. */
  readonly start: string
  readonly first: number
  /** By the host's clock: when the first was written. */
  readonly firstTime: number
  readonly top: number
  /** By the host's clock: when the top was written. */
  readonly topTime: number
  readonly topAt: number
  /** What has not come of the numbers below `top`, ascending. */
  readonly missing: readonly MissingPulses[]
}

/** Successive numbers that have not come yet. `from` and `to` are the times, by the host's clock, of those around them. */
export interface MissingPulses {
  readonly first: number
  readonly last: number
  readonly from: number
  readonly to: number
  readonly missedAt: number
}

/** Pulses that were lost between two that came; these were written at `from` and `to` by the host's clock. */
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

/** A lag that so many pulses in a row share is a clock that is off, and no buffer that drains. */
export const STEADY_PULSES = 3

/** Whether the host's clock is off, by all that its pulses say. */
export function isClockOff({ steady }: Pick<Pulses, 'steady'>): boolean {
  return steady >= STEADY_PULSES
}

/** A host of which nothing is known yet. */
export const NO_VITALS: Vitals = {
  contacts: { lastAt: null, previousAt: null },
  pulses: {
    count: 0,
    lastAt: null,
    previousAt: null,
    newestTime: 0,
    lagMs: 0,
    steady: 0,
    steadyMs: 0,
    version: '',
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

/** One post of a host, as far as its vitals go. */
export interface LogContact {
  readonly receivedAt: number
  readonly pulses: readonly Pulse[]
}

/** One row of the heartbeat query. All of it is the host's word. */
export interface Pulse {
  /** How often the daemon ran the query before; null when it didn't say (packs before there were numbers). */
  readonly number: number | null
  /** `start_time` of osquery_info: seconds by the host's clock, used as a name; may be empty. */
  readonly start: string
  /** When it was written, by the host's clock. */
  readonly time: number
  readonly version: string
  readonly configId: string
}

/** How to fold. */
export interface Folding {
  /** Don't learn from this contact's gap: the host, or the whole feed, was away. */
  readonly frozen: boolean
  /** Contacts closer together than this are one, ms. */
  readonly touchMs: number
}

/** The latest time that is taken for one: the year 5138. */
const TIME_MAX = 1e14

/**
 * Adds one contact to what is known. Folding the same contact again changes nothing, and then the very object comes
 * back. Total: what makes no sense is left out.
 */
export function foldVitals(before: Vitals, contact: LogContact, { frozen, touchMs }: Folding): Vitals {
  // No negative zero: JSON has none.
  const at = Math.floor(contact.receivedAt) + 0
  if (!(at >= 0 && at <= TIME_MAX)) return before
  const pulses = foldPulses(before.pulses, contact.pulses, at)
  const { contacts, rhythm } = foldRhythm(before, at, frozen, touchMs)
  if (pulses === before.pulses && contacts === before.contacts) return before
  return { contacts, pulses, rhythm }
}
