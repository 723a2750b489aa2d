import type { MissingPulses, PulseGap, PulseRun } from './vitals.ts'

/** So many numbers below the top of a run are still waited for: five hours of pulses. */
const WINDOW = 60
/** A pulse that is missed for longer won't come: a post that waits for our queue and its retries is here by then. */
const MISSING_MAX_MS = 3 * 60 * 60_000
const RUNS_MAX = 3
/** Gaps remembered of the run that went on last, and of the others; beyond, the oldest count as lost. Bounds the row. */
const BLOCKS_MAX = 9
const OLD_BLOCKS_MAX = 2
/** Two clocks that both are right differ by less. */
const CLOCKS_APART_MS = 120_000

/** A pulse with a number, as a run counts it. Times are whole seconds, in ms. */
export interface Numbered {
  readonly number: number
  readonly start: string
  /** By the host's clock. */
  readonly time: number
  /** By ours. */
  readonly at: number
}

/** What a pulse did to the runs. */
export interface Taken {
  readonly runs: readonly PulseRun[]
  /** `top`: it goes on with its run or begins one. `late`: it was missed. `known`: it came before, or too late to tell. */
  readonly as: 'top' | 'late' | 'known'
  readonly lost: readonly PulseGap[]
  /** It goes on with a run although a later one has begun, by the clock of the host. */
  readonly clone: boolean
}

/** Takes a pulse into the run of its daemon. The order in which pulses come makes no difference to what is missing. */
export function takeNumber(runs: readonly PulseRun[], pulse: Numbered): Taken {
  const run = runOf(runs, pulse)
  if (run === undefined || isReset(run, pulse))
    return { ...bounded([newRun(pulse), ...runs]), as: 'top', clone: false }
  if (pulse.number > run.top) return advance(runs, run, pulse)
  const changed = pulse.number < run.first ? extendDown(run, pulse) : fill(run, pulse.number)
  if (changed === null) return { runs, as: 'known', lost: [], clone: false }
  return { ...bounded(runs.map(other => (other === run ? changed : other))), as: 'late', clone: false }
}

/** Gives up what has been missed for too long. */
export function giveUp(runs: readonly PulseRun[], now: number): Pick<Taken, 'runs' | 'lost'> {
  const isOver = ({ missedAt }: MissingPulses) => now - missedAt > MISSING_MAX_MS
  if (!runs.some(run => run.missing.some(isOver))) return { runs, lost: [] }
  return {
    runs: runs.map(run => ({ ...run, missing: run.missing.filter(block => !isOver(block)) })),
    lost: runs.flatMap(run => run.missing.filter(isOver).map(gapOf)),
  }
}

/** The latest run of the daemon's name that had begun when the pulse was written; a name has several after a reset. */
function runOf(runs: readonly PulseRun[], { start, time }: Numbered): PulseRun | undefined {
  const named = runs.filter(run => run.start === start)
  return named.find(run => time >= run.firstTime) ?? named.at(-1)
}

/** The daemon counts anew without having started anew: a number that is known, or too small, but written later. */
function isReset(run: PulseRun, { number, time }: Numbered): boolean {
  return number <= run.top && time > run.topTime && !run.missing.some(block => holds(block, number))
}

function newRun({ number, start, time, at }: Numbered): PulseRun {
  return { start, first: number, firstTime: time, top: number, topTime: time, topAt: at, missing: [] }
}

function advance(runs: readonly PulseRun[], run: PulseRun, { number, time, at }: Numbered): Taken {
  const between = { first: run.top + 1, last: number - 1, from: run.topTime, to: time, missedAt: at }
  const missing = between.first > between.last ? run.missing : [...run.missing, between]
  const advanced = { ...run, top: number, topTime: time, topAt: at, missing }
  const [last] = runs
  const clone = last !== undefined && last.start !== run.start && time > last.firstTime + CLOCKS_APART_MS
  // A pulse from before the last run began was late on our side: it doesn't make its own run the one that goes on.
  const isBefore = last !== undefined && last.start !== run.start && !clone
  const next = isBefore
    ? runs.map(other => (other === run ? advanced : other))
    : [advanced, ...runs.filter(other => other !== run)]
  return { ...bounded(next), as: 'top', clone }
}

/** A pulse from before the first one known: those between the two are missed now. */
function extendDown(run: PulseRun, { number, time, at }: Numbered): PulseRun | null {
  if (number < run.top - WINDOW) return null
  const between = { first: number + 1, last: run.first - 1, from: time, to: run.firstTime, missedAt: at }
  const missing = between.first > between.last ? run.missing : [between, ...run.missing]
  return { ...run, first: number, firstTime: Math.min(time, run.firstTime), missing }
}

function fill(run: PulseRun, number: number): PulseRun | null {
  if (!run.missing.some(block => holds(block, number))) return null
  const missing = run.missing.flatMap(block =>
    holds(block, number)
      ? [
          { ...block, last: number - 1 },
          { ...block, first: number + 1 },
        ].filter(isThere)
      : [block],
  )
  return { ...run, missing }
}

/** Keeps the runs and what they miss within their bounds; what falls out is lost. */
function bounded(runs: readonly PulseRun[]): Pick<Taken, 'runs' | 'lost'> {
  const lost: PulseGap[] = runs.slice(RUNS_MAX).flatMap(run => run.missing.map(gapOf))
  const kept = runs.slice(0, RUNS_MAX).map((run, index) => {
    if (run.missing.length === 0) return run
    const floor = run.top - WINDOW
    const old = run.missing.map(block => ({ ...block, last: Math.min(block.last, floor - 1) }))
    const young = run.missing
      .map(block => ({ ...block, first: Math.max(block.first, floor) }))
      .filter(isThere)
    const excess = Math.max(0, young.length - (index === 0 ? BLOCKS_MAX : OLD_BLOCKS_MAX))
    lost.push(...[...old.filter(isThere), ...young.slice(0, excess)].map(gapOf))
    return { ...run, missing: young.slice(excess) }
  })
  return { runs: kept, lost }
}

function holds({ first, last }: MissingPulses, number: number): boolean {
  return first <= number && number <= last
}

function isThere({ first, last }: MissingPulses): boolean {
  return first <= last
}

function gapOf({ first, last, from, to }: MissingPulses): PulseGap {
  return { from, to, pulses: last - first + 1 }
}
