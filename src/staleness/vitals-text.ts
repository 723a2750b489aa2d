import {
  type MissingPulses,
  NO_VITALS,
  type PulseGap,
  type PulseRun,
  type RhythmDay,
  type Vitals,
} from './vitals.ts'

/**
 * Vitals as they lie in a host's row: JSON of at most 2,048 characters, all ASCII. `contacts`, `pulses` and `rhythm`
 * have the members of their types, so that SQL can read them; what is many is shortened to arrays, times in it to seconds:
 *
 * - `runs`: `[start, first, firstTime, top, topTime, topAt, [[first, last, from, to, missedAt], …]]`
 * - `gaps`: `[from, to, pulses]`
 * - `days`: `[day, learntMs, longestMs]`
 */
export function vitalsText({ contacts, pulses, rhythm }: Vitals): string {
  return JSON.stringify({
    contacts,
    pulses: { ...pulses, runs: pulses.runs.map(runTuple), gaps: pulses.gaps.map(gapTuple) },
    rhythm: { ...rhythm, days: rhythm.days.map(day => [day.day, day.learntMs, day.longestMs]) },
  })
}

/** Reads them. Total: of a text that can't be understood, or of parts of it, nothing is known. */
export function readVitals(text: string): Vitals {
  if (text === '') return NO_VITALS
  const { contacts, pulses, rhythm } = membersOf(parsed(text))
  const contact = membersOf(contacts)
  const pulse = membersOf(pulses)
  const { since, meanMs, deviationMs, days } = membersOf(rhythm)
  return {
    contacts: { lastAt: timeOf(contact['lastAt']), previousAt: timeOf(contact['previousAt']) },
    pulses: {
      count: wholeOf(pulse['count']),
      lastAt: timeOf(pulse['lastAt']),
      previousAt: timeOf(pulse['previousAt']),
      newestTime: wholeOf(pulse['newestTime']),
      lagMs: signedOf(pulse['lagMs']),
      steady: wholeOf(pulse['steady']),
      steadyMs: signedOf(pulse['steadyMs']),
      version: textOf(pulse['version']),
      configId: textOf(pulse['configId']),
      configSince: wholeOf(pulse['configSince']),
      configPulses: wholeOf(pulse['configPulses']),
      runs: listOf(pulse['runs'], 3).map(readRun),
      lost: wholeOf(pulse['lost']),
      lostAt: timeOf(pulse['lostAt']),
      gaps: listOf(pulse['gaps'], 3).map(readGap),
      clones: wholeOf(pulse['clones']),
    },
    rhythm: {
      since: timeOf(since),
      meanMs: wholeOf(meanMs),
      deviationMs: wholeOf(deviationMs),
      days: listOf(days, 7).map(readDay),
    },
  }
}

function runTuple({ start, first, firstTime, top, topTime, topAt, missing }: PulseRun): unknown[] {
  const blocks = missing.map(block => [
    block.first,
    block.last,
    secondsOf(block.from),
    secondsOf(block.to),
    secondsOf(block.missedAt),
  ])
  return [start, first, secondsOf(firstTime), top, secondsOf(topTime), secondsOf(topAt), blocks]
}

function gapTuple({ from, to, pulses }: PulseGap): number[] {
  return [secondsOf(from), secondsOf(to), pulses]
}

function readRun(tuple: unknown): PulseRun {
  const [start, first, firstTime, top, topTime, topAt, missing] = listOf(tuple, 7)
  return {
    start: textOf(start),
    first: wholeOf(first),
    firstTime: wholeOf(firstTime) * 1000,
    top: wholeOf(top),
    topTime: wholeOf(topTime) * 1000,
    topAt: wholeOf(topAt) * 1000,
    missing: listOf(missing, 9).map(readMissing),
  }
}

function readMissing(tuple: unknown): MissingPulses {
  const [first, last, from, to, missedAt] = listOf(tuple, 5)
  return {
    first: wholeOf(first),
    last: wholeOf(last),
    from: wholeOf(from) * 1000,
    to: wholeOf(to) * 1000,
    missedAt: wholeOf(missedAt) * 1000,
  }
}

function readGap(tuple: unknown): PulseGap {
  const [from, to, pulses] = listOf(tuple, 3)
  return { from: wholeOf(from) * 1000, to: wholeOf(to) * 1000, pulses: wholeOf(pulses) }
}

function readDay(tuple: unknown): RhythmDay {
  const [day, learntMs, longestMs] = listOf(tuple, 3)
  return { day: wholeOf(day), learntMs: wholeOf(learntMs), longestMs: wholeOf(longestMs) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // One broken row must not stop what reads thousands of them.
    return null
  }
}

/** A record's members by name; of anything else none. Only own names are asked for. */
function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.assign(Object.create(null), value) : {}
}

function listOf(value: unknown, most: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : []
}

function signedOf(value: unknown): number {
  return Number.isSafeInteger(value) ? Number(value) : 0
}

function wholeOf(value: unknown): number {
  return Math.max(0, signedOf(value))
}

function timeOf(value: unknown): number | null {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : null
}

function textOf(value: unknown): string {
  return typeof value === 'string' && value.length <= 16 ? value : ''
}

function secondsOf(time: number): number {
  return Math.floor(time / 1000)
}
