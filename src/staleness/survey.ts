import type { Move } from './watched-host.ts'

/** What the counters say of posts. */
export interface Traffic {
  /** Posts received in the last three full minutes and the present one. */
  readonly posts: number
  /** Posts received in the hour around this time of day, of each of the last seven days that the counters know; any order. */
  readonly usualHours: readonly number[]
  /** Of the last five minutes, the present one included: posts taken, posts that we refused, evaluations that failed. */
  readonly recent: { readonly posts: number; readonly refused: number; readonly failedChecks: number }
}

/** Servers that the log path is quiet of, in a fleet or a group. */
export interface Tally {
  /** Past their threshold, or a third of it at most (five minutes by default) before it, and not said to be silent yet. */
  readonly missing: number
  /** Those of them that crossed it within the policy's window, or are about to. */
  readonly newlyMissing: number
  /** Those of them that are past it. */
  readonly overdue: number
  /** Already said to be silent, and within that window. */
  readonly recentlyFallen: number
}

export const NO_TALLY: Tally = { missing: 0, newlyMissing: 0, overdue: 0, recentlyFallen: 0 }

/** Servers of the fleet that went missing lately and are in exactly these groups. */
export interface Company {
  readonly groups: readonly string[]
  readonly newlyMissing: number
  readonly overdue: number
}

/** What judging every host of interest came to. Lists are capped: what is beyond is due, and found, a minute later. */
export interface Census {
  readonly fleet: Tally
  /** Of the groups that are held back, by name. */
  readonly heldGroups: ReadonlyMap<string, Tally>
  /** Servers in no group that is held back. */
  readonly companies: readonly Company[]
  /** Hosts for which the digest stands. */
  readonly covered: number
  /** For the worse, and an alert opens. Hosts of groups that are held back are not among these two. */
  readonly falls: readonly Move[]
  /** For the worse, and none does. */
  readonly fadings: readonly Move[]
  /** Not for the worse. */
  readonly returns: readonly Move[]
}

/** All that one evaluation goes by. */
export interface Survey {
  readonly traffic: Traffic
  /** When the canary that came round last was sent (ms since the epoch); null when none ever did. */
  readonly canarySeenAt: number | null
  /** Servers that ought to be heard: live, late or lagging. */
  readonly servers: number
  /** The same for groups that may be silent, by name. */
  readonly groupServers: ReadonlyMap<string, number>
  readonly census: Census
}
