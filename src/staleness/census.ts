import { ageOf, lastLogAt, quietSince } from './contacts.ts'
import { groupsOf } from './groups.ts'
import { judge } from './judge.ts'
import { DIGEST_RULE } from './page-cap.ts'
import type { SilencePolicy } from './policy.ts'
import type { SilenceRecord } from './silence-record.ts'
import { type Census, type Company, NO_TALLY, type Tally } from './survey.ts'
import { thresholdMs } from './threshold.ts'
import {
  type Alarm,
  type HostState,
  isForTheWorse,
  type Judgement,
  type Move,
  type WatchedHost,
} from './watched-host.ts'

/** Moves kept in one run: some 4 KB each. What is beyond is due again, and found, a minute later. */
const MAX_FALLS = 1_000
const MAX_FADINGS = 4_000
const MAX_RETURNS = 4_000
/** Different sets of groups; hosts of further ones count for the fleet alone. */
const MAX_COMPANIES = 10_000

/** Cron. */
const LOOK_EVERY_MS = 60_000

/** A server that is expected, with how long the log path may still be quiet of it. */
const UNDECLARED: ReadonlySet<HostState> = new Set<HostState>(['new', 'live', 'late', 'lagging'])
const DECLARED: ReadonlySet<HostState> = new Set<HostState>(['stale', 'half-dead'])

/**
 * Judges hosts page by page, so that a run holds the moves that are due and never the fleet.
 * @param record  its groups are those that are held back; when hosts were looked at last, 0 for never
 */
export function takeCensus(
  { groups, evaluatedAt }: Pick<SilenceRecord, 'groups' | 'evaluatedAt'>,
  policy: SilencePolicy,
  now: number,
) {
  // What went missing while nobody looked went missing lately: an outage of everything is known when it is over.
  const windowMs =
    policy.fallWindowMs + (evaluatedAt === 0 ? 0 : Math.max(0, now - evaluatedAt - LOOK_EVERY_MS))
  const held = new Map(groups.map(({ name }) => [name, NO_TALLY]))
  const companies = new Map<string, Company>()
  const lists = { falls: [] as Move[], fadings: [] as Move[], returns: [] as Move[] }
  let fleet = NO_TALLY
  let covered = 0

  function count(host: WatchedHost, tally: Tally): readonly string[] {
    const own = groupsOf(host)
    const holding = own.filter(name => held.has(name))
    if (tally === NO_TALLY) return holding
    fleet = sum(fleet, tally)
    for (const name of holding) held.set(name, sum(held.get(name) ?? NO_TALLY, tally))
    if (holding.length === 0) accompany(companies, own, tally)
    return holding
  }

  return {
    add(hosts: readonly WatchedHost[], alarms: ReadonlyMap<string, Alarm>): void {
      for (const host of hosts) {
        const judgement = judge(host, policy, now, alarms.get(host.hostId) ?? null)
        const holding = count(host, tallyOf(host, judgement, policy, windowMs, now))
        if (host.alert === DIGEST_RULE) covered += 1
        const { move } = judgement
        if (move === null) continue
        if (!isForTheWorse(move)) keep(lists.returns, MAX_RETURNS, move)
        else if (holding.length > 0) continue
        else if (move.raises === null) keep(lists.fadings, MAX_FADINGS, move)
        else keep(lists.falls, MAX_FALLS, move)
      }
    },
    census(): Census {
      return { fleet, heldGroups: held, companies: [...companies.values()], covered, ...lists }
    },
  }
}

function keep(moves: Move[], cap: number, move: Move): void {
  if (moves.length < cap) moves.push(move)
}

/** What one host counts for. Only servers do: others sleep, and go. */
function tallyOf(
  host: WatchedHost,
  { move, overdueMs }: Judgement,
  policy: SilencePolicy,
  windowMs: number,
  now: number,
): Tally {
  if (host.class !== 'server' || move?.to === 'revoked') return NO_TALLY
  if (DECLARED.has(host.state)) {
    const isRecent = overdueMs > 0 && overdueMs <= policy.fallWindowMs
    return isRecent ? { ...NO_TALLY, recentlyFallen: 1 } : NO_TALLY
  }
  if (!UNDECLARED.has(host.state)) return NO_TALLY
  // Who is away for longer than any host may be quiet is away for good: an outage must not hold the judgement of all for ever.
  if (overdueMs > policy.ceilingMs) return NO_TALLY
  const toGo = overdueMs > 0 ? -overdueMs : timeToGo(host, policy, now)
  if (toGo >= policy.silentAfterMs - policy.lateAfterMs) return NO_TALLY
  const newlyMissing = toGo >= -windowMs ? 1 : 0
  return { missing: 1, newlyMissing, overdue: overdueMs > 0 ? 1 : 0, recentlyFallen: 0 }
}

/** How long until it is past its threshold. A host that has never logged is missed when its grace is over, not before. */
function timeToGo(host: WatchedHost, policy: SilencePolicy, now: number): number {
  if (host.state === 'new' || lastLogAt(host) === null) return Number.POSITIVE_INFINITY
  return thresholdMs(host, policy, now) - ageOf(quietSince(host), now)
}

function sum(a: Tally, b: Tally): Tally {
  return {
    missing: a.missing + b.missing,
    newlyMissing: a.newlyMissing + b.newlyMissing,
    overdue: a.overdue + b.overdue,
    recentlyFallen: a.recentlyFallen + b.recentlyFallen,
  }
}

function accompany(companies: Map<string, Company>, groups: readonly string[], tally: Tally): void {
  const lately = tally.newlyMissing + tally.recentlyFallen
  if (lately === 0) return
  const key = JSON.stringify(groups)
  const before = companies.get(key)
  if (before === undefined && companies.size >= MAX_COMPANIES) return
  companies.set(key, {
    groups,
    newlyMissing: (before?.newlyMissing ?? 0) + lately,
    overdue: (before?.overdue ?? 0) + tally.overdue,
  })
}
