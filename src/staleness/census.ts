import type { Census } from './feed.ts'
import type { SilencePolicy } from './policy.ts'
import { isRevoked, judge, type Move, type WatchedHost } from './states.ts'

/**
 * How many changes of each kind one run carries out; the rest is due, and found again, a minute later. Alerts cost about
 * six statements each and D1 allows 1,000 in an invocation; changes without an alert go by the thousand in one.
 */
const MAX_FALLS = 50
const MAX_RETURNS = 50
const MAX_QUIET_MOVES = 5_000

/** What one run found: the count of all hosts, and the changes that are due, up to the caps above. */
export interface Findings {
  readonly census: Census
  /** To silent: an alert opens. Held back while the feed is silent. */
  readonly falls: readonly Move[]
  /** From silent: the alert resolves. */
  readonly returns: readonly Move[]
  /** Neither: no alert is touched. */
  readonly quiet: readonly Move[]
}

/** Counts hosts page by page, so that a run holds the changes that are due and never the fleet. */
export function takeCensus(policy: SilencePolicy, now: number) {
  const falls: Move[] = []
  const returns: Move[] = []
  const quiet: Move[] = []
  const count = { watched: 0, missing: 0, falling: 0, recentlyFallen: 0 }

  return {
    add(hosts: readonly WatchedHost[]): void {
      for (const host of hosts) {
        const { move, missing } = judge(host, policy, now)
        if (isWatched(host, missing)) count.watched += 1
        if (missing) count.missing += 1
        if (fellRecently(host, move, policy, now)) count.recentlyFallen += 1
        if (move === null) continue
        if (move.to === 'silent') {
          count.falling += 1
          keep(falls, MAX_FALLS, move)
        } else if (host.state === 'silent') keep(returns, MAX_RETURNS, move)
        else keep(quiet, MAX_QUIET_MOVES, move)
      }
    },
    findings(): Findings {
      return { census: { ...count }, falls, returns, quiet }
    },
  }
}

/** A new host is expected to be heard only once its grace is over. */
function isWatched(host: WatchedHost, missing: boolean): boolean {
  return !isRevoked(host) && (host.state === 'live' || missing)
}

function fellRecently(host: WatchedHost, move: Move | null, policy: SilencePolicy, now: number): boolean {
  if (host.state !== 'silent' || move !== null) return false
  return now - (host.since + policy.silentAfterMs) <= policy.fallWindowMs
}

function keep(moves: Move[], cap: number, move: Move): void {
  if (moves.length < cap) moves.push(move)
}
