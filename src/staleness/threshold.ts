import { elapsed } from './elapsed.ts'
import type { SilencePolicy } from './policy.ts'
import type { Rhythm } from './vitals.ts'
import type { WatchedHost } from './watched-host.ts'

/** How many heartbeats may be missing before a host is missed. */
const MISSED_HEARTBEATS = 3
/** A gap this many mean deviations above the mean is no chance, for whatever rhythm. */
const DEVIATIONS = 6
/** What a host has done before it may do again, and half as long once more. */
const LONGEST_SHARE = 1.5
/** UTC days whose longest gaps count, today among them. */
const DAYS = 7
const DAY_MS = 86_400_000

/** What decided a threshold. */
type ThresholdTerm =
  | 'heartbeats'
  | 'rhythm'
  | 'longest gap'
  | 'least threshold'
  | 'greatest threshold'
  | 'learning'

/** How long a host may be quiet on the log path. */
export interface Threshold {
  readonly ms: number
  readonly term: ThresholdTerm
  /** Why it is that, for people: `3 times the heartbeat's interval of 5 min`. */
  readonly why: string
}

/** The threshold of a host, and which of its terms decided it. For the number alone see `thresholdMs`. */
export function thresholdOf(
  host: Pick<WatchedHost, 'vitals'>,
  policy: SilencePolicy,
  now: number,
): Threshold {
  const ms = thresholdMs(host, policy, now)
  const term = termOf(host.vitals.rhythm, policy, now, ms)
  return { ms, term, why: WHY[term](host.vitals.rhythm, policy, now) }
}

/** The threshold of a host, ms: from its rhythm, within the policy's clamps. Total, whatever its vitals say. */
export function thresholdMs(host: Pick<WatchedHost, 'vitals'>, policy: SilencePolicy, now: number): number {
  const { rhythm } = host.vitals
  const learnt = Math.max(
    MISSED_HEARTBEATS * policy.heartbeatMs,
    ofRhythm(rhythm),
    LONGEST_SHARE * longestGap(rhythm, now),
  )
  const least = isLearning(rhythm, policy, now) ? policy.learningFloorMs : policy.floorMs
  return Math.min(Math.max(learnt, least), policy.ceilingMs)
}

/** The day of a clock that went back is still learnt; one that jumped forward has a day behind it. */
function isLearning(rhythm: Rhythm, policy: SilencePolicy, now: number): boolean {
  if (policy.learningMs === 0) return false
  return rhythm.since === null || now - rhythm.since < policy.learningMs
}

function termOf(rhythm: Rhythm, policy: SilencePolicy, now: number, ms: number): ThresholdTerm {
  const longest = LONGEST_SHARE * longestGap(rhythm, now)
  const learnt = Math.max(MISSED_HEARTBEATS * policy.heartbeatMs, ofRhythm(rhythm), longest)
  if (learnt > policy.ceilingMs) return 'greatest threshold'
  if (ms > learnt) return isLearning(rhythm, policy, now) ? 'learning' : 'least threshold'
  if (MISSED_HEARTBEATS * policy.heartbeatMs === learnt) return 'heartbeats'
  return longest === learnt ? 'longest gap' : 'rhythm'
}

const WHY: Readonly<Record<ThresholdTerm, (rhythm: Rhythm, policy: SilencePolicy, now: number) => string>> = {
  heartbeats: (_, { heartbeatMs }) =>
    `${MISSED_HEARTBEATS} times the heartbeat's interval of ${elapsed(heartbeatMs)}`,
  rhythm: ({ meanMs, deviationMs }) =>
    `its mean gap of ${elapsed(meanMs)} and ${DEVIATIONS} times the mean deviation of ${elapsed(deviationMs)}`,
  'longest gap': (rhythm, _, now) =>
    `${LONGEST_SHARE} times its longest gap of the last ${DAYS} days, ${elapsed(longestGap(rhythm, now))}`,
  'least threshold': ({ meanMs }) =>
    `the least there is; its mean gap is ${meanMs > 0 ? elapsed(meanMs) : 'not known'}`,
  'greatest threshold': () => 'the greatest there is; its own rhythm would ask for more',
  learning: (_, { learningMs }) => `it is still being learnt, for the first ${elapsed(learningMs)}`,
}

function ofRhythm({ meanMs, deviationMs }: Rhythm): number {
  return span(meanMs) + DEVIATIONS * span(deviationMs)
}

function longestGap({ days }: Rhythm, now: number): number {
  const today = Math.floor(now / DAY_MS)
  let longest = 0
  for (const { day, learntMs } of days) if (day > today - DAYS && learntMs > longest) longest = learntMs
  return longest
}

/** Vitals are read from JSON: what is no span of time counts for nothing. */
function span(ms: number): number {
  return Number.isFinite(ms) ? Math.max(ms, 0) : 0
}
