import * as z from 'zod'

/** A host that was there within this time, and told, is no news when it is there again. */
const REMEMBERED_MS = 24 * 60 * 60_000
/** Hosts that are remembered by their ids; more are a number. */
export const REMEMBERED_MAX = 50

/** Of which hosts an alert has told, as it lies in the table `states`. Times are ms since the epoch. */
export const ToldHosts = z.object({
  /** Each with the time of the last look at which it was there. */
  hosts: z.array(z.tuple([z.string(), z.number()])),
  /** So many more than those, when there were last so many. */
  others: z.int().nonnegative(),
  othersAt: z.number(),
})
export type ToldHosts = z.infer<typeof ToldHosts>

/** What of the hosts that are there an alert does not say. */
interface Joined {
  /** Ids of those of which it has not told within a day. */
  readonly news: readonly string[]
  /** One of which it told is there again, and was not at the last look. */
  readonly isBack: boolean
}

const NOBODY: ToldHosts = { hosts: [], others: 0, othersAt: 0 }

/**
 * Tells which hosts joined those of which an alert told. Total.
 *
 * Of more hosts than are remembered it can't be said which are new: they are news when they are more than ever within a day.
 * @param present  ids of the hosts that there are
 * @param lookedAt  when it was last looked, ms since the epoch
 */
export function joinedHosts(
  told: ToldHosts | undefined,
  present: readonly string[],
  lookedAt: number,
  now: number,
): Joined {
  const { hosts, others } = freshOf(told, now)
  const seenAt = new Map(hosts)
  const unknown = present.filter(id => !seenAt.has(id))
  return {
    news: unknown.length > others ? unknown : [],
    isBack: present.some(id => seenAt.has(id) && seenAt.get(id) !== lookedAt),
  }
}

/**
 * What is remembered after a look, those that are there first. Total; bounded by `REMEMBERED_MAX`.
 * @param present  ids of the hosts of which the alert tells from now on
 * @param absent  ids of hosts that are still concerned, of which it only tells if it has
 */
export function toldAfter(
  told: ToldHosts | undefined,
  present: readonly string[],
  absent: readonly string[],
  now: number,
): ToldHosts {
  const { hosts, others, othersAt } = freshOf(told, now)
  const known = new Set(hosts.map(([id]) => id))
  const there = new Set([...present, ...absent])
  const unknown = present.filter(id => !known.has(id))
  const all = [
    ...hosts.map(([id, at]): [string, number] => [id, there.has(id) ? now : at]),
    ...unknown.map((id): [string, number] => [id, now]),
  ]
  const kept = all.toSorted(([, a], [, b]) => b - a).slice(0, REMEMBERED_MAX)
  return {
    hosts: kept,
    others: Math.max(0, others - unknown.length) + all.length - kept.length,
    othersAt: unknown.length >= others ? now : othersAt,
  }
}

function freshOf(told: ToldHosts = NOBODY, now: number): ToldHosts {
  const isFresh = (at: number) => now - at < REMEMBERED_MS
  return {
    ...told,
    hosts: told.hosts.filter(([, at]) => isFresh(at)),
    others: isFresh(told.othersAt) ? told.others : 0,
  }
}
