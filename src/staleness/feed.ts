import { elapsed } from './elapsed.ts'
import type { SilencePolicy } from './policy.ts'

/**
 * The feed is all hosts together.
 * - `flowing`: hosts are judged one by one
 * - `silent`: so many are missing at once that the fault lies between them and us; one alert is open, hosts aren't judged
 * - `settling`: enough are back; the others may still wait in their back-off, so hosts aren't judged yet
 */
export type FeedState = { readonly episode: number } & (
  | { readonly phase: 'flowing' }
  | { readonly phase: 'silent'; readonly since: number }
  | { readonly phase: 'settling'; readonly until: number }
)

/** What one run counted. */
export interface Census {
  /** Hosts that ought to be heard: live ones, and new ones whose grace is over. */
  readonly watched: number
  /** Those of them that are late, whether or not they crossed their limit. */
  readonly missing: number
  /** Those of them that crossed their limit and would fall silent in this run. */
  readonly falling: number
  /** Hosts that already fell silent within the policy's window. */
  readonly recentlyFallen: number
}

/** What becomes of the feed, and whether hosts may fall silent in this run. */
export interface FeedDecision {
  readonly next: FeedState
  /** While frozen no host falls silent. A host that is heard again may always return. */
  readonly hosts: 'free' | 'frozen'
  /** The change of the feed alert, which is named by `next.episode`. */
  readonly alert: { readonly kind: 'opens' | 'resolves'; readonly reason: string } | null
}

/**
 * Decides on the feed before any host is judged, so that an outage of ours, or of the network between, is one alert and
 * not one for each host. Total and free of I/O.
 */
export function decideFeed(
  state: FeedState,
  census: Census,
  policy: SilencePolicy,
  now: number,
): FeedDecision {
  if (state.phase === 'silent') return whileSilent(state, census, policy, now)
  if (isMassSilence(census, policy)) return falls(state, census, policy, now)
  if (state.phase === 'flowing') return { next: state, hosts: 'free', alert: null }
  // A clock that went back must not stretch the patience.
  const until = Math.min(state.until, now + policy.patienceMs)
  if (now < until) return { next: { ...state, until }, hosts: 'frozen', alert: null }
  return { next: { phase: 'flowing', episode: state.episode }, hosts: 'free', alert: null }
}

function falls(state: FeedState, census: Census, policy: SilencePolicy, now: number): FeedDecision {
  const missing = census.missing + census.recentlyFallen
  const watched = census.watched + census.recentlyFallen
  const reason =
    `${missing} of ${watched} hosts stopped reporting at about the same time ` +
    `(limit: ${policy.massPercent} % and at least ${policy.massHosts} hosts). ` +
    'Hosts are not judged one by one until the feed is back.'
  return {
    next: { phase: 'silent', episode: state.episode + 1, since: now },
    hosts: 'frozen',
    alert: { kind: 'opens', reason },
  }
}

function whileSilent(
  state: FeedState & { readonly phase: 'silent' },
  census: Census,
  policy: SilencePolicy,
  now: number,
): FeedDecision {
  const { watched, missing } = census
  const isBack = missing <= policy.calmHosts || missing * 100 <= policy.calmPercent * watched
  if (!isBack) return { next: state, hosts: 'frozen', alert: null }
  const reason =
    `${watched - missing} of ${watched} hosts report again after ${elapsed(now - state.since)}. ` +
    `Those still missing are judged one by one in ${elapsed(policy.patienceMs)}.`
  return {
    next: { phase: 'settling', episode: state.episode, until: now + policy.patienceMs },
    hosts: 'frozen',
    alert: { kind: 'resolves', reason },
  }
}

/** Without a host that would fall now there is nothing to hold back, whatever lies behind. */
function isMassSilence(census: Census, policy: SilencePolicy): boolean {
  if (census.falling === 0) return false
  const missing = census.missing + census.recentlyFallen
  const watched = census.watched + census.recentlyFallen
  return missing >= policy.massHosts && missing * 100 > policy.massPercent * watched
}
