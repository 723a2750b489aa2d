import { takeCensus } from '../src/staleness/census.ts'
import { groupsOf } from '../src/staleness/groups.ts'
import type { SilencePolicy } from '../src/staleness/policy.ts'
import { NO_RECORD, type SilenceRecord } from '../src/staleness/silence-record.ts'
import type { Survey, Traffic } from '../src/staleness/survey.ts'
import { type Alarm, alertAfter, type Move, type WatchedHost } from '../src/staleness/watched-host.ts'

/** Posts flow, nothing fails, and the counters know no day before. */
export const CALM_TRAFFIC: Traffic = {
  posts: 1,
  usualHours: [],
  recent: { posts: 1, refused: 0, failedChecks: 0 },
}

/** What `surveyOf` reads of D1, for a fleet in memory. */
export function surveyFleet(
  hosts: Iterable<WatchedHost>,
  record: SilenceRecord | null,
  policy: SilencePolicy,
  now: number,
  also: {
    readonly traffic?: Traffic
    readonly canarySeenAt?: number | null
    readonly alarms?: ReadonlyMap<string, Alarm>
  } = {},
): Survey {
  const census = takeCensus(record ?? NO_RECORD, policy, now)
  const groupServers = new Map<string, number>()
  let servers = 0
  for (const host of hosts) {
    census.add([host], also.alarms ?? new Map())
    if (host.class !== 'server' || !['live', 'late', 'lagging'].includes(host.state)) continue
    servers += 1
    for (const name of groupsOf(host)) groupServers.set(name, (groupServers.get(name) ?? 0) + 1)
  }
  return {
    traffic: also.traffic ?? CALM_TRAFFIC,
    canarySeenAt: also.canarySeenAt ?? null,
    servers,
    groupServers,
    census: census.census(),
  }
}

/** The host after a move, as its row would be. */
export function applyMove(move: Move): WatchedHost {
  const { host, to, since, episode, toldAt } = move
  const lateLines = to === 'late' ? 0 : host.lateLines
  return { ...host, state: to, since, episode, toldAt, alert: alertAfter(move), lateLines }
}
