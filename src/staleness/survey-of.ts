import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { type CanaryRound, selectCanary } from '../store/canary.ts'
import { minuteOf } from '../store/counters.ts'
import {
  type CountedMinute,
  selectRecentTraffic,
  selectUsualTraffic,
  type UsualHour,
} from '../store/feed-traffic.ts'
import {
  countServers,
  countServersOfGroups,
  type HostSilenceRow,
  selectAlarms,
  selectHostsOfInterest,
} from '../store/host-silence.ts'
import { takeCensus } from './census.ts'
import { QUIET_MINUTES } from './gates.ts'
import { suspectGroups } from './groups.ts'
import { watchedHostOf } from './host-row.ts'
import type { SilencePolicy } from './policy.ts'
import type { SilenceRecord } from './silence-record.ts'
import type { Census, Survey, Traffic } from './survey.ts'
import { STEADY_PULSES } from './vitals.ts'
import type { Alarm } from './watched-host.ts'

/** Hosts read in one query: about 2 MB. */
const PAGE_HOSTS = 1_000
/** 200,000 hosts that are not well. Those beyond are not watched, and the log says so: D1 allows 1,000 queries in an invocation. */
const MAX_PAGES = 200
/** Groups whose size is asked for. */
const MAX_SUSPECTS = 100
/** An alarm counts for a silence that began around it; a freeze may put off the judgement, an alarm is looked for this far back. */
const ALARM_WINDOW_MS = 3 * 60 * 60_000
const MAX_ALARMS = 5_000
/** Of `Traffic.recent`; the present minute is one of them. */
const RECENT_MINUTES = 5

/**
 * Reads what an evaluation goes by: one batch of small look-ups, a scan of the hosts in pages of those that are not well,
 * and, when servers are missing, two scans more that count.
 * @throws what D1 throws: who can't look must not judge
 */
export async function surveyOf(
  world: World,
  record: SilenceRecord,
  policy: SilencePolicy,
  now: number,
): Promise<Survey> {
  const { db } = world
  const minute = minuteOf(now)
  const [recent, usual, canary, grave] = await db.batch([
    selectRecentTraffic(db, minute - RECENT_MINUTES + 1, minute),
    selectUsualTraffic(db, minute),
    selectCanary(db),
    selectAlarms(db, now - ALARM_WINDOW_MS, MAX_ALARMS),
  ])
  const traffic = trafficOf(rowsOf<CountedMinute>(recent), rowsOf<UsualHour>(usual), minute)
  const census = await censusOf(world, record, alarmsOf(rowsOf<AlarmRow>(grave)), policy, now)
  return {
    traffic,
    canarySeenAt: rowsOf<CanaryRound>(canary)[0]?.seenAt ?? null,
    ...(await serversOf(db, record, traffic, census)),
    census,
  }
}

async function censusOf(
  world: World,
  record: SilenceRecord,
  alarms: ReadonlyMap<string, Alarm>,
  policy: SilencePolicy,
  now: number,
): Promise<Census> {
  const { db } = world
  const census = takeCensus(record, policy, now)
  let after = ''
  for (let page = 0; page < MAX_PAGES; page++) {
    const statement = selectHostsOfInterest(
      db,
      after,
      now - policy.lateAfterMs,
      policy.lagMs,
      STEADY_PULSES,
      PAGE_HOSTS,
    )
    const { results } = await statement.all<HostSilenceRow>()
    census.add(results.flatMap(watchedHostOf), alarms)
    const last = results.at(-1)
    if (last === undefined || results.length < PAGE_HOSTS) return census.census()
    after = last.host_id
  }
  world.log('silence.capped', { hosts: MAX_PAGES * PAGE_HOSTS })
  return census.census()
}

/** Counting reads every host: only when the numbers are asked for. */
async function serversOf(
  db: D1Database,
  { groups }: SilenceRecord,
  { posts, usualHours }: Traffic,
  { fleet, companies }: Census,
): Promise<Pick<Survey, 'servers' | 'groupServers'>> {
  const suspects = suspectGroups(companies, MAX_SUSPECTS)
  const isAsked = fleet.missing > 0 || groups.length > 0 || (posts === 0 && usualHours.length > 0)
  if (!isAsked) return { servers: 0, groupServers: new Map() }
  const names = [...groups.map(({ name }) => name), ...suspects]
  const [all, each] = await db.batch([
    countServers(db),
    ...(names.length === 0 ? [] : [countServersOfGroups(db, names)]),
  ])
  return {
    servers: rowsOf<{ servers: number }>(all)[0]?.servers ?? 0,
    groupServers: new Map(
      rowsOf<{ name: string; servers: number }>(each).map(({ name, servers }) => [name, servers]),
    ),
  }
}

function trafficOf(recent: readonly CountedMinute[], usual: readonly UsualHour[], minute: number): Traffic {
  const sum = (name: CountedMinute['name'], first: number, last: number) =>
    recent
      .filter(row => row.name === name && row.minute >= first && row.minute <= last)
      .reduce((total, { value }) => total + value, 0)
  const first = minute - RECENT_MINUTES + 1
  return {
    posts: sum('posts', minute - QUIET_MINUTES, minute),
    usualHours: usual.map(({ posts }) => posts),
    recent: {
      posts: sum('posts', first, minute),
      refused: sum('posts_refused', first, minute),
      failedChecks: sum('silence_checks_failed', first, minute),
    },
  }
}

interface AlarmRow extends Alarm {
  readonly hostId: HostId
}

/** The newest of each host: rows come newest first. */
function alarmsOf(rows: readonly AlarmRow[]): ReadonlyMap<string, Alarm> {
  return new Map(rows.toReversed().map(({ hostId, severity, at }) => [hostId, { severity, at }]))
}

/** The rows of one statement of a batch. The type is that of the columns which the statement names. */
function rowsOf<Row>(result: D1Result | undefined): readonly Row[] {
  return (result?.results ?? []) as Row[] // D1 says nothing of the columns; the statement does
}
