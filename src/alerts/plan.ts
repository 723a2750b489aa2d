import type { HostFacts, HostId } from '../detect/event.ts'
import type { Finding } from '../detect/finding.ts'
import type { Routing } from '../detect/routing.ts'
import type { AlertGrowth } from '../store/alerts.ts'
import { matchedEventJson } from '../store/hot-event.ts'
import type { Match } from '../store/matches.ts'
import { type Standing, TOLD_EVERY_MS } from '../store/standings.ts'
import type { KnownStorm } from '../store/storms.ts'
import type { AlertDraft, Window } from '../store/windows.ts'
import { type Announcement, announce, type Opening } from './announce.ts'
import { alertIdOf, groupIdOf } from './identity.ts'

/** What D1 knows already of the findings at hand. */
export interface Known {
  /** By group id. */
  readonly windows: ReadonlyMap<string, Window>
  /** As `matchKeyOf` spells them. */
  readonly matches: ReadonlySet<string>
  /** By group id: values of `unique` that the group's window has seen. Those not asked about may be missing. */
  readonly uniqueValues: ReadonlyMap<string, ReadonlySet<string>>
  /** By group id: how the alert of the group's last window stands. None is taken to be open. */
  readonly standings?: ReadonlyMap<string, Standing>
  /** By `stormKeyOf`. */
  readonly storms?: ReadonlyMap<string, KnownStorm>
}

/** What D1 has to learn. */
export interface Plan extends Announcement {
  readonly matches: readonly Match[]
  readonly windows: readonly Window[]
  readonly grown: readonly AlertGrowth[]
}

/** Names of hosts, queries and packs beyond this are nobody's. */
const NAME_MAX_LENGTH = 256

const MINUTE_MS = 60_000

/**
 * A match that comes so soon after its alert was resolved, or within the hour for which that was told, opens the same alert
 * again; a later one is the next episode.
 */
const REOPEN_WITHIN_MS = 30 * MINUTE_MS

/** Names a match within and across chunks: one event counts once for a rule, and once for its errors. */
export function matchKeyOf(kind: Finding['kind'], ruleId: string, rowId: string): string {
  return JSON.stringify([ruleId, kind, rowId])
}

/** The window group that a finding counts in. */
export function groupIdOfFinding(finding: Finding): string {
  return groupIdOf(finding.kind, finding.ruleId, finding.dedup)
}

/** The value that a finding adds to a rule that counts distinct ones; null when there is nothing to count. */
export function uniqueValueOf(finding: Finding): string | null {
  const value = finding.kind === 'match' ? finding.unique : undefined
  // D1 keeps neither half a surrogate pair nor NUL as they are, and what is compared must be what was kept.
  return value?.toWellFormed().replaceAll('\0', '') || null
}

/**
 * Groups the findings of one chunk into windows and says what follows: Panther's semantics (a window is fixed from its
 * first match and counted in processing time), but each event counts once however often it arrives.
 *
 * Findings of a group go in the order of their row ids, so their order in the chunk changes nothing.
 * @param now  milliseconds since the epoch; the only clock here, for agents' clocks can't be trusted
 */
export function planFindings(
  findings: readonly Finding[],
  known: Known,
  routing: Routing,
  hosts: ReadonlyMap<HostId, HostFacts>,
  now: number,
): Plan {
  const fresh = freshFindings(findings, known.matches)
  const signals = fresh.filter(isSignal)
  const groups = Map.groupBy(
    fresh.filter(finding => !isSignal(finding)),
    groupIdOfFinding,
  )
  const parts = [...groups].map(([groupId, members]) => planGroup(groupId, members, known, hosts, now))
  const announced = announce(
    parts.flatMap(({ opening }) => opening ?? []),
    known.storms ?? new Map(),
    routing,
    now,
  )
  return {
    ...announced,
    matches: [
      ...signals.map(finding => matchOf(finding, '', now)),
      ...parts.flatMap(({ matches }) => matches),
    ],
    windows: parts.map(({ window }) => window),
    grown: parts.flatMap(({ grown }) => grown ?? []),
    hosts: [...parts.flatMap(({ hosts: others }) => others), ...announced.hosts],
  }
}

interface GroupPlan {
  readonly matches: readonly Match[]
  readonly window: Window
  readonly opening: Opening | null
  readonly grown: AlertGrowth | null
  readonly hosts: Announcement['hosts']
}

/** Findings not known yet, each once, by row id. */
function freshFindings(findings: readonly Finding[], known: ReadonlySet<string>): Finding[] {
  const fresh = new Map<string, Finding>()
  for (const finding of findings) {
    const key = matchKeyOf(finding.kind, finding.ruleId, finding.event.p_row_id)
    if (!known.has(key) && !fresh.has(key)) fresh.set(key, finding)
  }
  return [...fresh.values()].toSorted(byRowId)
}

function byRowId(a: Finding, b: Finding): number {
  if (a.event.p_row_id === b.event.p_row_id) return 0
  return a.event.p_row_id < b.event.p_row_id ? -1 : 1
}

function isSignal(finding: Finding): boolean {
  return finding.kind === 'match' && !finding.alert
}

function planGroup(
  groupId: string,
  members: readonly Finding[],
  known: Known,
  hosts: ReadonlyMap<HostId, HostFacts>,
  now: number,
): GroupPlan {
  // A group is made by its first member, so there is one.
  const first = members[0] as Finding
  const prior = known.windows.get(groupId)
  const standing = known.standings?.get(groupId)
  const running = prior !== undefined && !isOver(prior, standing, first.dedupMinutes, now)
  const before = running ? prior : openWindow(groupId, first, { prior, standing }, hosts, now)
  // The alert of this window, if there is one; not that of an earlier episode.
  const alert = before.alertId === prior?.alertId ? standing : undefined

  const seen = running ? known.uniqueValues.get(groupId) : undefined
  const matchCount = before.matchCount + members.length
  const distinctCount = before.distinctCount + newValues(members, seen).size
  const alerted = before.alerted || (countsDistinct(first) ? distinctCount : matchCount) >= thresholdOf(first)
  const window = {
    ...before,
    matchCount,
    distinctCount,
    alerted,
    opening: alerted ? null : before.opening,
    version: (prior?.version ?? 0) + 1,
  }
  const draft = before.opening ?? draftOf(first, hosts)
  const opens = alerted && !before.alerted && (alert === undefined || alert.status === 'resolved')
  const eventCount = before.carriedCount + matchCount
  const exists = before.alerted || alert !== undefined
  return {
    // Not before the window, or another machine's clock would keep a value from being seen in it.
    matches: members.map(finding => matchOf(finding, window.alertId, Math.max(now, window.startedAt))),
    window,
    opening: opens ? { window, draft, reason: openingReason(window, first), again: alert ?? null } : null,
    grown: exists ? { alertId: window.alertId, eventCount, lastEventAt: now } : null,
    hosts: otherHosts(members, window, alert?.hostId ?? before.opening?.hostId),
  }
}

/** Hosts besides the one that the alert's row names, each once. */
function otherHosts(members: readonly Finding[], { alertId }: Window, named: string | undefined) {
  const hosts = new Set<string>(members.map(({ event }) => event.p_host_id))
  if (named !== undefined) hosts.delete(named)
  return [...hosts].map(hostId => [alertId, hostId] as const)
}

/**
 * By time, strictly after: a match that comes exactly when the period ends still belongs to the window. Or by the resolve
 * of its alert: what comes then is news.
 */
function isOver(window: Window, standing: Standing | undefined, dedupMinutes: number, now: number): boolean {
  const { startedAt, alerted } = window
  if (startedAt < now - dedupMinutes * MINUTE_MS) return true
  const resolvedAt = standing?.resolvedAt ?? null
  return resolvedAt !== null && (alerted || startedAt <= resolvedAt)
}

/** A window of the same alert when that was resolved a short time ago, else of the next episode. */
function openWindow(
  groupId: string,
  first: Finding,
  { prior, standing }: { readonly prior: Window | undefined; readonly standing: Standing | undefined },
  hosts: ReadonlyMap<HostId, HostFacts>,
  now: number,
): Window {
  const { kind, ruleId, dedup } = first
  const resolvedAt = standing?.resolvedAt ?? null
  const opensAgain = prior !== undefined && resolvedAt !== null && isSameAlert(standing, resolvedAt, now)
  const episode = opensAgain ? prior.episode : (prior?.episode ?? 0) + 1
  return {
    groupId,
    kind,
    ruleId,
    dedup,
    episode,
    alertId: alertIdOf(kind, ruleId, dedup, episode),
    // After the resolve, whatever the clocks of two machines say: a window that began before is over.
    startedAt: opensAgain ? Math.max(now, resolvedAt + 1) : now,
    carriedCount: opensAgain ? prior.carriedCount + prior.matchCount : 0,
    matchCount: 0,
    distinctCount: 0,
    alerted: false,
    opening: draftOf(first, hosts),
    version: 0,
  }
}

function isSameAlert(standing: Standing | undefined, resolvedAt: number, now: number): boolean {
  if (now - resolvedAt <= REOPEN_WITHIN_MS) return true
  return [...(standing?.toldAt.values() ?? [])].some(toldAt => now < toldAt + TOLD_EVERY_MS)
}

/** An error is worth knowing at once, so its threshold is one whatever the rule's is. */
function thresholdOf(finding: Finding): number {
  return finding.kind === 'match' ? finding.threshold : 1
}

function countsDistinct(finding: Finding): boolean {
  return finding.kind === 'match' && finding.unique !== undefined
}

function newValues(members: readonly Finding[], seen: ReadonlySet<string> | undefined): ReadonlySet<string> {
  const values = members.map(uniqueValueOf).filter(value => value !== null)
  return new Set(values.filter(value => !seen?.has(value)))
}

function draftOf(finding: Finding, hosts: ReadonlyMap<HostId, HostFacts>): AlertDraft {
  const { event, severity, title, runbook } = finding
  return {
    severity,
    title,
    runbook,
    context: contextOf(finding),
    hostId: event.p_host_id,
    hostname: short(hosts.get(event.p_host_id)?.name || event.hostIdentifier),
    query: short(event.p_query),
    pack: short(event.p_pack),
    firstRowId: event.p_row_id,
    hostTags: hosts.get(event.p_host_id)?.tags ?? [],
    destinations: finding.kind === 'match' ? finding.destinations : null,
  }
}

/** Names come from hosts, so they may be megabytes; a row of D1 must hold them. */
function short(name: string): string {
  return name.length <= NAME_MAX_LENGTH ? name : name.slice(0, NAME_MAX_LENGTH).toWellFormed()
}

function contextOf(finding: Finding): string {
  return JSON.stringify(
    finding.kind === 'match' ? finding.context : { stage: finding.stage, message: finding.message },
  )
}

function openingReason(window: Window, first: Finding): string {
  if (first.kind === 'rule_error') return `Rule ${first.ruleId} failed in ${first.stage}.`
  const { matchCount, distinctCount, startedAt } = window
  const began = new Date(startedAt).toISOString()
  const counted = countsDistinct(first)
    ? `${distinctCount} distinct values in ${matchCount} matches`
    : `${matchCount} ${matchCount === 1 ? 'match' : 'matches'}`
  return `Rule ${first.ruleId}: ${counted} in the window that began ${began}; its threshold is ${first.threshold}.`
}

function matchOf(finding: Finding, alertId: string, now: number): Match {
  const { event } = finding
  return {
    ruleId: finding.ruleId,
    kind: finding.kind,
    rowId: event.p_row_id,
    alertId,
    hostId: event.p_host_id,
    eventTime: event.p_event_time,
    matchedAt: now,
    severity: finding.severity,
    title: finding.title,
    uniqueValue: uniqueValueOf(finding),
    ...(finding.kind === 'match' && finding.sequence && { sequence: finding.sequence }),
    context: contextOf(finding),
    event: matchedEventJson(event),
  }
}
