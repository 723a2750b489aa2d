import type { Contacts, Pulse, Pulses } from './vitals.ts'
import { giveUp, type Numbered, type Taken, takeNumber } from './vitals-runs.ts'

/** Above this no daemon counts: ten thousand years of pulses. */
const NUMBER_MAX = 2 ** 31
/** Where counts stop. */
const COUNT_MAX = 1e9
/** Times beyond are none: the year 5138. */
const TIME_MAX = 1e14
const GAPS_MAX = 3
/** The lag of a clock that is off wanders less than this. */
const STEADY_MS = 120_000
const VERSION_MAX_CHARS = 16

/**
 * Adds the pulses of one post to what is known, in the order in which they were written. A pulse that is known already
 * changes nothing; when all are, what was given comes back.
 * @param at  when the post was received, ms by our clock
 */
export function foldPulses(before: Pulses, pulses: readonly Pulse[], at: number): Pulses {
  let after = withLosses(before, giveUp(before.runs, at), at)
  const sane = pulses.filter(({ time }) => time >= 0 && time <= TIME_MAX)
  const sorted = sane.length > 1 ? sane.toSorted((a, b) => a.time - b.time) : sane
  let unnumbered: Pulse | null = null
  for (const pulse of sorted) {
    const { number } = pulse
    if (isNumber(number)) after = withNumbered(after, pulse, number, at)
    else unnumbered = pulse
  }
  // Without a number nothing tells one from another: those of a post are one, and a post that comes again is no news.
  if (unnumbered === null || (after.lastAt !== null && at <= after.lastAt)) return after
  return withNewest(withCount(after, at), unnumbered, at)
}

function isNumber(number: number | null): number is number {
  return number !== null && Number.isInteger(number) && number >= 0 && number <= NUMBER_MAX
}

function withNumbered(before: Pulses, pulse: Pulse, number: number, at: number): Pulses {
  const numbered: Numbered = {
    number,
    start: /^\d{1,12}$/.test(pulse.start) ? pulse.start : '',
    time: wholeSecond(pulse.time),
    at: wholeSecond(at),
  }
  const taken = takeNumber(before.runs, numbered)
  if (taken.as === 'known') return before
  const counted = withLosses(withCount(before, at), taken, at)
  const after = taken.clone ? { ...counted, clones: atMost(counted.clones + 1) } : counted
  // What a daemon left behind when it ended may come after the first word of the next one.
  const isNewest =
    taken.as === 'top' && (pulse.time >= before.newestTime || before.runs[0]?.start === numbered.start)
  return isNewest ? withNewest(after, pulse, at) : after
}

function withCount(before: Pulses, at: number): Pulses {
  return { ...before, ...withTime(before, at), count: atMost(before.count + 1) }
}

function withTime({ lastAt, previousAt }: Contacts, at: number): Contacts {
  if (lastAt === null || at >= lastAt) return { lastAt: at, previousAt: lastAt }
  return { lastAt, previousAt: Math.max(previousAt ?? 0, at) }
}

function withNewest(before: Pulses, pulse: Pulse, at: number): Pulses {
  const newestTime = Math.round(pulse.time)
  const lagMs = at - newestTime
  const isSteady = before.steady > 0 && Math.abs(lagMs - before.steadyMs) <= STEADY_MS
  const configId = /^[0-9a-f]{12}$/.test(pulse.configId) ? pulse.configId : ''
  const isSame = before.configPulses > 0 && before.configId === configId
  return {
    ...before,
    newestTime,
    lagMs,
    steady: isSteady ? atMost(before.steady + 1) : 1,
    steadyMs: isSteady ? before.steadyMs : lagMs,
    version: /^[\w.+-]+$/.test(pulse.version) ? pulse.version.slice(0, VERSION_MAX_CHARS) : '',
    configId,
    configSince: isSame ? before.configSince : at,
    configPulses: isSame ? atMost(before.configPulses + 1) : 1,
  }
}

function withLosses(before: Pulses, { runs, lost }: Pick<Taken, 'runs' | 'lost'>, at: number): Pulses {
  if (runs === before.runs) return before
  if (lost.length === 0) return { ...before, runs }
  const pulses = lost.reduce((sum, gap) => sum + gap.pulses, 0)
  return {
    ...before,
    runs,
    lost: atMost(before.lost + pulses),
    lostAt: at,
    gaps: [...before.gaps, ...lost].slice(-GAPS_MAX),
  }
}

function atMost(count: number): number {
  return Math.min(count, COUNT_MAX)
}

function wholeSecond(time: number): number {
  return Math.floor(time / 1000) * 1000
}
