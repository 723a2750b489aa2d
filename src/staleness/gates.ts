import { elapsed } from './elapsed.ts'
import type { SilencePolicy } from './policy.ts'
import { GATES, type Gate } from './silence-record.ts'
import type { Survey, Tally } from './survey.ts'

/** A gate that holds, and why, for people. */
export interface HoldingGate {
  readonly gate: Gate
  readonly reason: string
}

/** The canary goes round each minute; three rounds in a row may be slow before it means something. */
const CANARY_LATE_MS = 5 * 60_000
/** It is back when its last rounds came in time: what stops the heartbeat of the dead man's switch is longer. */
const CANARY_BACK_MS = 150_000
/** The span of `Traffic.posts`. */
export const QUIET_MINUTES = 3
const MINUTES_IN_HOUR = 60
const MINUTE_MS = 60_000
/** Fewer posts than this in the span may be nothing at all by chance. */
const USUAL_POSTS = 10
/** Of what is usual; a single host that gets through is not the feed. */
const POSTS_BACK_PERCENT = 10
const REFUSED_PERCENT = 5
const REFUSED_POSTS = 10
const REFUSED_CALM_PERCENT = 2
/** More than half of the last five. */
const FAILED_CHECKS = 3

/** What of the record the gates go by. */
export interface GateMemory {
  readonly gates: readonly Gate[]
  readonly runningSince: number
}

type Question = (
  survey: Survey,
  isHolding: boolean,
  policy: SilencePolicy,
  ranMs: number,
  now: number,
) => string | null

/**
 * Which gates hold: whether something is wrong between the hosts and us, so that their silence proves nothing. Each that
 * holds needs more to let go than it needed to take hold, so none flaps around a number. Total and free of I/O.
 */
export function holdingGates(
  { gates, runningSince }: GateMemory,
  survey: Survey,
  policy: SilencePolicy,
  now: number,
): readonly HoldingGate[] {
  const ranMs = now - runningSince
  return GATES.flatMap(gate => {
    const reason = QUESTIONS[gate](survey, gates.includes(gate), policy, ranMs, now)
    return reason === null ? [] : [{ gate, reason }]
  })
}

const QUESTIONS: Readonly<Record<Gate, Question>> = {
  canary: isCanaryMissing,
  'no-posts': isWithoutPosts,
  'mass-silence': isMassSilence,
  'own-errors': isFailingItself,
}

/** Cron sends the canary: while cron was away there was none. A canary of the future (the clock went back) is fresh. */
function isCanaryMissing(
  { canarySeenAt }: Survey,
  isHolding: boolean,
  _: SilencePolicy,
  ranMs: number,
  now: number,
): string | null {
  if (canarySeenAt === null) return null
  const limit = isHolding ? CANARY_BACK_MS : CANARY_LATE_MS
  const age = Math.min(now - canarySeenAt, isHolding ? Number.POSITIVE_INFINITY : ranMs)
  if (age <= limit) return null
  return `The canary, a post that goes through every stage each minute, has not come round for ${elapsed(now - canarySeenAt)}.`
}

/** By the quietest of the days: a fleet that sleeps on Sundays is not out on the first of them. */
function isWithoutPosts(
  { traffic, servers }: Survey,
  isHolding: boolean,
  _: SilencePolicy,
  ranMs: number,
): string | null {
  const { posts, usualHours } = traffic
  if (usualHours.length === 0) return null
  const usual = (Math.min(...usualHours) * QUIET_MINUTES) / MINUTES_IN_HOUR
  if (isHolding) {
    const enough = Math.max(1, (usual * POSTS_BACK_PERCENT) / 100)
    if (posts >= enough) return null
  } else if (posts > 0 || usual < USUAL_POSTS || servers === 0 || ranMs < QUIET_MINUTES * MINUTE_MS)
    return null
  const days = usualHours.length === 1 ? 'the day before' : `each of the last ${usualHours.length} days`
  return (
    `${posts === 0 ? 'No post' : `${posts} posts`} came in ${QUIET_MINUTES} minutes; at this time of day at least ` +
    `${Math.floor(usual)} came in as long on ${days}.`
  )
}

function isMassSilence(survey: Survey, isHolding: boolean, policy: SilencePolicy): string | null {
  const { fleet } = survey.census
  const watched = watchedOf(survey.servers, fleet)
  if (isHolding) {
    const { missing } = fleet
    if (missing <= policy.calmHosts || missing * 100 <= policy.calmPercent * watched) return null
    return `${missing} of ${watched} servers are missing.`
  }
  const gone = fleet.newlyMissing + fleet.recentlyFallen
  // Without one that would fall now there is nothing to hold back.
  if (fleet.overdue === 0) return null
  if (gone < policy.massHosts || gone * 100 < policy.massPercent * watched) return null
  return (
    `${gone} of ${watched} servers stopped reporting at about the same time ` +
    `(limit: ${policy.massPercent} % and at least ${policy.massHosts}).`
  )
}

/** Servers that ought to be heard, with those that were just said to be silent. */
export function watchedOf(servers: number, { missing, recentlyFallen }: Tally): number {
  return Math.max(servers, missing) + recentlyFallen
}

function isFailingItself({ traffic: { recent } }: Survey, isHolding: boolean): string | null {
  const { posts, refused, failedChecks } = recent
  const percent = isHolding ? REFUSED_CALM_PERCENT : REFUSED_PERCENT
  const least = isHolding ? Math.floor(REFUSED_POSTS / 2) : REFUSED_POSTS
  if (refused >= least && refused * 100 > percent * (posts + refused)) {
    return `We refused ${refused} of ${posts + refused} posts in five minutes because of errors of our own.`
  }
  if (failedChecks >= (isHolding ? 1 : FAILED_CHECKS)) {
    return `${failedChecks} looks for silent hosts failed in five minutes: the database did not answer them.`
  }
  return null
}
