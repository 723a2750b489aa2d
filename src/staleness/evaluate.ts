import type { AlertSpec, StatusChange } from '../alerts/lifecycle.ts'
import { shownText } from '../detect/text.ts'
import { digestEnds, digestOf, feedFalls, feedReturns, groupFalls, groupReturns } from './fleet-text.ts'
import { type HoldingGate, holdingGates } from './gates.ts'
import { decideGroups, type GroupChange, groupsOf } from './groups.ts'
import { decideOutage, type OutageChange, runningSinceOf } from './outage.ts'
import { capPages, DIGEST_RULE } from './page-cap.ts'
import type { SilencePolicy } from './policy.ts'
import { type Digest, NO_RECORD, type SilenceRecord } from './silence-record.ts'
import type { Survey } from './survey.ts'
import type { Move } from './watched-host.ts'

/** A change of an alert about more than one host: the feed, a group, or many hosts one after the other. */
export type FleetAlert =
  | { readonly kind: 'opens'; readonly spec: AlertSpec }
  /** The same episode again; told at `dueAt` (ms since the epoch) if it is open by then. */
  | { readonly kind: 'reopens'; readonly spec: AlertSpec; readonly dueAt: number }
  /** It says more than it did. */
  | { readonly kind: 'grows'; readonly spec: AlertSpec; readonly hosts: number }
  | { readonly kind: 'resolves'; readonly change: StatusChange }

/** What follows from one look at the fleet. */
export interface Evaluation {
  /** For the next evaluation; written first, with `alerts`. */
  readonly record: SilenceRecord
  readonly alerts: readonly FleetAlert[]
  /** Each with the opening or the resolve of an alert of the host's own. */
  readonly told: readonly Move[]
  /** Those without; of one that `raises` the digest, `alerts` has it. */
  readonly quiet: readonly Move[]
}

/** Moves that only resolve alerts, in one run: as with `MAX_OPENINGS`. */
const MAX_RESOLVES = 50
/** Hosts that the digest names. */
const MAX_NAMES = 50

/**
 * Decides what follows from one look at the fleet: gates first, then groups, then hosts, then the cap on pages. Pure,
 * total and deterministic. What does not fit into one run is due again in the next.
 *
 * Over D1 `checkSilence` drives it. A fleet in memory goes: `surveyFleet(hosts, …, record, policy, now)`, `evaluate`, then
 * apply the moves of `told` and `quiet` by `applyMove` (none names a host twice), and keep `record`; test/memory-fleet.ts
 * has them.
 *
 * @param record  what the evaluation before left; null before the first, which judges nobody
 * @param survey  read after `record`, at `now`
 */
export function evaluate(
  record: SilenceRecord | null,
  survey: Survey,
  policy: SilencePolicy,
  now: number,
): Evaluation {
  const before = record ?? NO_RECORD
  const memory = { gates: before.gates, runningSince: runningSinceOf(record, now) }
  const holding = holdingGates(memory, survey, policy, now)
  const { feed, hosts, change } = decideOutage(record, before, holding, policy, now)
  const isFrozen = hosts === 'frozen'
  const { groups, groupEpisode, changes } = decideGroups(before, survey, isFrozen, policy, now)
  const held = new Set(groups.map(({ name }) => name))
  const isFree = ({ host }: Move) => !isFrozen && !groupsOf(host).some(name => held.has(name))

  const { census } = survey
  const capped = capPages(census.falls.filter(isFree), before.pages, policy, now)
  const moves = [...census.returns, ...census.fadings.filter(isFree), ...capped.falls, ...capped.held]
  const told = moves.filter(isTold)
  const digest = decideDigest(before.digest, capped.held, census.covered, now)
  return {
    record: { ...feed, evaluatedAt: now, groups, groupEpisode, pages: capped.pages, digest: digest.digest },
    alerts: [
      ...outageAlerts(change, feed.episode, holding, policy, now),
      ...changes.map(groupChange => groupAlert(groupChange, policy, now)),
      ...digest.alerts,
    ],
    told: [...told.filter(({ raises }) => raises === null).slice(0, MAX_RESOLVES), ...told.filter(isOpening)],
    quiet: moves.filter(move => !isTold(move)),
  }
}

function isOpening({ raises }: Move): boolean {
  return raises !== null
}

/** The digest is not the host's own. */
function isTold({ raises, resolves }: Move): boolean {
  return [raises?.ruleId ?? null, resolves].some(rule => rule !== null && rule !== DIGEST_RULE)
}

function outageAlerts(
  change: OutageChange | null,
  episode: number,
  holding: readonly HoldingGate[],
  policy: SilencePolicy,
  now: number,
): readonly FleetAlert[] {
  if (change === null) return []
  if (change.kind === 'resolves') {
    return [{ kind: 'resolves', change: feedReturns(episode, change.lengthMs, policy, now) }]
  }
  const spec = feedFalls(episode, holding, now)
  return [change.kind === 'opens' ? { kind: 'opens', spec } : { kind: 'reopens', spec, dueAt: change.dueAt }]
}

function groupAlert(change: GroupChange, policy: SilencePolicy, now: number): FleetAlert {
  return change.kind === 'opens'
    ? { kind: 'opens', spec: groupFalls(change, now) }
    : { kind: 'resolves', change: groupReturns(change, policy, now) }
}

function decideDigest(
  digest: Digest,
  held: readonly Move[],
  covered: number,
  now: number,
): { readonly digest: Digest; readonly alerts: readonly FleetAlert[] } {
  const isOpen = digest.since !== null
  if (held.length === 0) {
    if (!isOpen || covered > 0) return { digest, alerts: [] }
    const ended = { ...digest, since: null, hosts: 0, names: [] }
    return { digest: ended, alerts: [{ kind: 'resolves', change: digestEnds(digest, now) }] }
  }
  const before = isOpen ? digest : { episode: digest.episode + 1, since: now, hosts: 0, names: [] }
  const names = held.map(({ host }) => shownText(host.hostname === '' ? host.hostId : host.hostname))
  const grown = {
    ...before,
    hosts: before.hosts + held.length,
    names: [...before.names, ...names].slice(0, MAX_NAMES),
  }
  const spec = digestOf(grown, now)
  return {
    digest: grown,
    alerts: [isOpen ? { kind: 'grows', spec, hosts: grown.hosts } : { kind: 'opens', spec }],
  }
}
