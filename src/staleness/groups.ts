import { watchedOf } from './gates.ts'
import type { SilencePolicy } from './policy.ts'
import type { GroupRecord, SilenceRecord } from './silence-record.ts'
import { type Company, NO_TALLY, type Survey } from './survey.ts'
import type { WatchedHost } from './watched-host.ts'

/** Smaller ones are told of host by host. */
export const GROUP_MIN_SERVERS = 10
const SILENT_PERCENT = 50
/** Half of what opens it: between the two nothing changes. */
const CALM_PERCENT = 25
/** Silent or settling at a time; what is beyond is told of host by host, and by the digest. */
const MAX_GROUPS = 20
/** A host with more tags than this is in no more groups. */
const MAX_TAGS = 50
const NAME_MAX_LENGTH = 100

/** The groups that a host is in: its tags, and its platform. */
export function groupsOf({ tags, platform }: Pick<WatchedHost, 'tags' | 'platform'>): readonly string[] {
  const short = tags.slice(0, MAX_TAGS).filter(tag => tag.length <= NAME_MAX_LENGTH)
  return platform === '' ? short : [...short, `os:${platform}`]
}

export interface GroupChange {
  readonly kind: 'opens' | 'resolves'
  readonly group: GroupRecord
  readonly missing: number
  readonly watched: number
}

export interface GroupDecision {
  readonly groups: readonly GroupRecord[]
  readonly groupEpisode: number
  readonly changes: readonly GroupChange[]
}

/**
 * Decides on groups whose servers went silent together, so that a site, a network or a bad rollout is one alert. A host
 * counts for one silent group only: that which explains most.
 * @param isFrozen  the feed is not flowing: no group falls silent now
 */
export function decideGroups(
  { groups, groupEpisode }: Pick<SilenceRecord, 'groups' | 'groupEpisode'>,
  survey: Survey,
  isFrozen: boolean,
  policy: SilencePolicy,
  now: number,
): GroupDecision {
  const kept = groups.map(group => tendGroup(group, survey, policy, now))
  const still = kept.flatMap(({ group }) => group ?? [])
  const opened = isFrozen ? [] : newGroups(survey, MAX_GROUPS - still.length, still, groupEpisode, now)
  return {
    groups: [...still, ...opened.map(({ group }) => group)],
    groupEpisode: groupEpisode + opened.length,
    changes: [...kept.flatMap(({ change }) => change ?? []), ...opened],
  }
}

function tendGroup(
  group: GroupRecord,
  { census, groupServers }: Survey,
  policy: SilencePolicy,
  now: number,
): { readonly group: GroupRecord | null; readonly change: GroupChange | null } {
  if (group.phase === 'settling') {
    const until = Math.min(group.until, now + policy.patienceMs)
    return { group: now < until ? { ...group, until } : null, change: null }
  }
  const tally = census.heldGroups.get(group.name) ?? NO_TALLY
  const watched = watchedOf(groupServers.get(group.name) ?? 0, tally)
  const { missing } = tally
  if (missing > 0 && missing * 100 >= CALM_PERCENT * watched) return { group, change: null }
  const settling = { ...group, phase: 'settling', until: now + policy.patienceMs } as const
  return { group: settling, change: { kind: 'resolves', group, missing, watched } }
}

/** How many of a group went missing lately. */
interface Loss {
  readonly name: string
  readonly missing: number
  readonly overdue: number
}

/** Groups that could be silent by how many of them went missing lately, most first: their size is to be asked for. */
export function suspectGroups(companies: readonly Company[], limit: number): readonly string[] {
  const least = (GROUP_MIN_SERVERS * SILENT_PERCENT) / 100
  return lossesOf(companies)
    .filter(({ missing }) => missing >= least)
    .slice(0, limit)
    .map(({ name }) => name)
}

function lossesOf(companies: readonly Company[]): readonly Loss[] {
  const losses = new Map<string, Loss>()
  for (const { groups, newlyMissing, overdue } of companies) {
    for (const name of groups) {
      const before = losses.get(name)
      losses.set(name, {
        name,
        missing: (before?.missing ?? 0) + newlyMissing,
        overdue: (before?.overdue ?? 0) + overdue,
      })
    }
  }
  return [...losses.values()].toSorted((a, b) => b.missing - a.missing || (a.name < b.name ? -1 : 1))
}

function newGroups(
  { census, groupServers, servers }: Survey,
  places: number,
  known: readonly GroupRecord[],
  groupEpisode: number,
  now: number,
): readonly GroupChange[] {
  const opened: GroupChange[] = []
  const isKnown = (name: string) =>
    [...known, ...opened.map(({ group }) => group)].some(group => group.name === name)
  let companies = census.companies
  while (opened.length < places) {
    const found = lossesOf(companies)
      .filter(({ name }) => !isKnown(name))
      .flatMap(loss => silentGroup(loss, groupServers.get(loss.name) ?? 0, servers))
      .toSorted((a, b) => b.share - a.share || b.loss.missing - a.loss.missing)
      .at(0)
    if (found === undefined) break
    const { name, missing } = found.loss
    const episode = groupEpisode + opened.length + 1
    const group = { name, phase: 'silent', episode, since: now, until: 0 } as const
    opened.push({ kind: 'opens', group, missing, watched: found.watched })
    companies = companies.filter(({ groups }) => !groups.includes(name))
  }
  return opened
}

function silentGroup(loss: Loss, size: number, fleet: number) {
  const watched = Math.max(size, loss.missing)
  const share = (loss.missing * 100) / watched
  // A tag that every host has names the fleet, and the gates of the feed are about that.
  if (loss.overdue === 0 || watched < GROUP_MIN_SERVERS || share < SILENT_PERCENT || watched >= fleet)
    return []
  return [{ loss, watched, share }]
}
