import type { HoldingGate } from './gates.ts'
import type { SilencePolicy } from './policy.ts'
import type { SilenceRecord } from './silence-record.ts'

/** The change of the feed alert, which `episode` of the record names. `dueAt`: when destinations are to be told. */
export type OutageChange =
  | { readonly kind: 'opens' | 'reopens'; readonly dueAt: number }
  | { readonly kind: 'resolves'; readonly lengthMs: number }

type Feed = Pick<
  SilenceRecord,
  'phase' | 'since' | 'until' | 'episode' | 'gates' | 'clearSince' | 'toldAt' | 'runningSince'
>

export interface OutageDecision {
  readonly feed: Feed
  /** While frozen no host moves for the worse. */
  readonly hosts: 'free' | 'frozen'
  readonly change: OutageChange | null
}

/** Three missed crons: we were away, so silence proves nothing. */
const MAX_GAP_MS = 3 * 60_000
/** A third of the least threshold, five minutes by default: so long nothing must be wrong before the alert resolves. */
const CALM_SHARE = 1 / 3

/** How long nobody looked, ms, when that is longer than crons may be apart; else 0. */
export function missedMs(record: SilenceRecord | null, now: number): number {
  const gap = record === null ? 0 : now - record.evaluatedAt
  return gap > MAX_GAP_MS ? gap : 0
}

/** Since when evaluations follow on each other. A clock that went back has no gap. */
export function runningSinceOf(record: SilenceRecord | null, now: number): number {
  if (record === null || missedMs(record, now) > 0) return now
  return Math.min(record.runningSince, now)
}

/**
 * Decides on the feed before any host is judged, so that an outage of ours, or of the network between, is one alert and
 * not one for each host. An evaluation that comes late, after crons that were missed or failed, freezes hosts and pages
 * nobody: it is over when it is known, and `margay.checks-missed` tells of it.
 */
export function decideOutage(
  record: SilenceRecord | null,
  before: Feed,
  holding: readonly HoldingGate[],
  policy: SilencePolicy,
  now: number,
): OutageDecision {
  const runningSince = runningSinceOf(record, now)
  const feed = { ...before, runningSince, gates: holding.map(({ gate }) => gate) }
  if (feed.phase === 'silent') return whileSilent(feed, policy, now)
  if (holding.length > 0) return begins(feed, policy, now)
  const until = Math.max(
    feed.phase === 'settling' ? Math.min(feed.until, now + policy.patienceMs) : 0,
    runningSince === now ? now + patienceAfterGap(record, policy, now) : 0,
  )
  if (now < until)
    return { feed: { ...feed, phase: 'settling', since: 0, until }, hosts: 'frozen', change: null }
  return { feed: { ...feed, phase: 'flowing', since: 0, until: 0 }, hosts: 'free', change: null }
}

/** An agent's next try never comes later than it has waited already. */
function patienceAfterGap(record: SilenceRecord | null, policy: SilencePolicy, now: number): number {
  if (record === null) return Math.min(policy.floorMs, policy.patienceMs)
  const gap = missedMs(record, now)
  if (gap === 0) return 0
  return Math.min(Math.max(gap, policy.floorMs), policy.patienceMs)
}

/** One that begins again shortly after somebody was told goes on as the same alert, told when that time is over. */
function begins(feed: Feed, policy: SilencePolicy, now: number): OutageDecision {
  const toldAt = feed.toldAt === null ? null : Math.min(feed.toldAt, now + policy.floorMs)
  const isAgain = toldAt !== null && now < toldAt + policy.floorMs
  const dueAt = isAgain ? Math.max(now, toldAt < now ? toldAt + policy.floorMs : toldAt) : now
  return {
    feed: {
      ...feed,
      phase: 'silent',
      since: now,
      until: 0,
      clearSince: null,
      episode: isAgain ? feed.episode : feed.episode + 1,
      toldAt: dueAt,
    },
    hosts: 'frozen',
    change: { kind: isAgain ? 'reopens' : 'opens', dueAt },
  }
}

function whileSilent(feed: Feed, policy: SilencePolicy, now: number): OutageDecision {
  if (feed.gates.length > 0) return { feed: { ...feed, clearSince: null }, hosts: 'frozen', change: null }
  const clearSince = feed.clearSince === null ? now : Math.min(feed.clearSince, now)
  if (now - clearSince < Math.floor(policy.floorMs * CALM_SHARE)) {
    return { feed: { ...feed, clearSince }, hosts: 'frozen', change: null }
  }
  return {
    feed: { ...feed, phase: 'settling', since: 0, until: now + policy.patienceMs, clearSince: null },
    hosts: 'frozen',
    change: { kind: 'resolves', lengthMs: now - feed.since },
  }
}
