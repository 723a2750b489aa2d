import { takeCensus } from '../../src/staleness/census.ts'
import { groupsOf, suspectGroups } from '../../src/staleness/groups.ts'
import type { SilencePolicy } from '../../src/staleness/policy.ts'
import { NO_RECORD, type SilenceRecord } from '../../src/staleness/silence-record.ts'
import type { Survey, Traffic } from '../../src/staleness/survey.ts'
import type { Alarm, HostState } from '../../src/staleness/watched-host.ts'
import type { MemoryHost } from './memory-host.ts'
import type { Roster } from './roster.ts'

const MAX_SUSPECTS = 100
const EXPECTED: ReadonlySet<HostState> = new Set<HostState>(['live', 'late', 'lagging'])

/** What is read at one evaluation apart from the hosts. */
export interface Surroundings {
  readonly alarms: ReadonlyMap<string, Alarm>
  readonly traffic: Traffic
  readonly canarySeenAt: number | null
}

/** What `surveyOf` reads over D1, of hosts in memory: those that are well are not judged. */
export function surveyOf(
  roster: Roster,
  { alarms, traffic, canarySeenAt }: Surroundings,
  record: SilenceRecord | null,
  policy: SilencePolicy,
  now: number,
): Survey {
  const { groups } = record ?? NO_RECORD
  const taking = takeCensus(record ?? NO_RECORD, policy, now)
  taking.add(roster.ofInterest(now), alarms)
  const census = taking.census()
  const names = [...groups.map(({ name }) => name), ...suspectGroups(census.companies, MAX_SUSPECTS)]
  const isAsked = census.fleet.missing > 0 || groups.length > 0 || traffic.posts === 0
  return { traffic, canarySeenAt, ...(isAsked ? countServers(roster.hosts, names) : NONE), census }
}

const NONE = { servers: 0, groupServers: new Map<string, number>() }

function countServers(hosts: readonly MemoryHost[], names: readonly string[]) {
  const groupServers = new Map<string, number>()
  let servers = 0
  for (const host of hosts) {
    if (host.class !== 'server' || !EXPECTED.has(host.state)) continue
    servers += 1
    if (names.length === 0) continue
    const own = groupsOf(host)
    for (const name of names)
      if (own.includes(name)) groupServers.set(name, (groupServers.get(name) ?? 0) + 1)
  }
  return { servers, groupServers }
}
