import type { AlertSpec } from '../alerts/lifecycle.ts'
import { shownText } from '../detect/text.ts'
import { type AgentTrouble, raises, troubleKey } from './agent-trouble.ts'
import type { AgentChange } from './judge-agents.ts'
import { type AlertState, nextAlert } from './reopening.ts'
import { joinedHosts, type ToldHosts, toldAfter } from './told-hosts.ts'

/** An open alert that is to say more than it does. */
export type AgentGrowth = Extract<AgentChange, { kind: 'grows' }>

/** Of which hosts the alert of each key has told. */
type ToldByKey = Readonly<Record<string, ToldHosts>>

/** Hosts that joined and that the context names. */
const NAMED_MAX = 20

/** What was found at a look, and what is known of before. */
interface Look {
  readonly states: ReadonlyMap<string, AlertState>
  readonly troubles: readonly AgentTrouble[]
  readonly told: ReadonlyMap<string, ToldHosts>
  /** As for `judgeAgents`. */
  readonly resolvedAt: ReadonlyMap<string, number>
  /** When it was last looked, ms since the epoch. */
  readonly lookedAt: number
}

/**
 * Decides which alerts are to say more because hosts joined, so that no host's trouble hides behind another's. An alert that a
 * person resolved although its trouble goes on opens again for hosts of which it had not told. Total and free of I/O.
 * @param changes  as judged: what opens or resolves says by itself what there is
 */
export function judgeGrowth(
  look: Look,
  changes: readonly AgentChange[],
  now: number,
): readonly AgentChange[] {
  const changing = new Set(changes.map(({ key }) => key))
  return look.troubles.flatMap(
    trouble => (changing.has(troubleKey(trouble)) ? null : growth(look, trouble, now)) ?? [],
  )
}

function growth(
  { states, told, resolvedAt, lookedAt }: Look,
  trouble: AgentTrouble,
  now: number,
): AgentChange | null {
  const key = troubleKey(trouble)
  const state = states.get(key)
  if (state?.open !== true || !raises(trouble)) return null
  const { news, isBack } = joinedHosts(told.get(key), toldOf(trouble), lookedAt, now)
  const resolved = resolvedAt.get(key)
  if (resolved === undefined) {
    if (news.length === 0 && !isBack) return null
    return { kind: 'grows', key, episode: state.episode, trouble: withFirst(trouble, news), joined: news }
  }
  // New losses open theirs by themselves. When it was not kept who was told, nobody can be said to be new.
  const isDue = trouble.rule !== 'margay.lines-lost' && told.has(key) && news.length > 0
  return isDue ? { ...nextAlert(state, resolved, now), key, trouble: withFirst(trouble, news) } : null
}

/**
 * What is remembered of hosts after a look.
 * @param isOpen  true for keys whose alert is open after the look
 */
export function toldAfterLook(
  told: ReadonlyMap<string, ToldHosts>,
  troubles: readonly AgentTrouble[],
  isOpen: (key: string) => boolean,
  now: number,
): ToldByKey {
  const present = new Map(troubles.map(trouble => [troubleKey(trouble), trouble]))
  const keys = new Set([...told.keys(), ...[...present.keys()].filter(isOpen)])
  const after = [...keys].map(key => {
    const trouble = isOpen(key) ? present.get(key) : undefined
    const there = trouble === undefined ? [] : toldOf(trouble)
    const concerned = trouble?.hosts.map(({ hostId }) => hostId) ?? []
    return [key, toldAfter(told.get(key), there, concerned, now)] as const
  })
  return Object.fromEntries(after.filter(([, { hosts }]) => hosts.length > 0))
}

/** What the alert says from now on: who joined stands in its title, for some destinations show nothing else of an update. */
export function grownAlert(spec: AlertSpec, { trouble, joined }: AgentGrowth): AlertSpec {
  const ids = new Set(joined)
  const names = trouble.hosts.flatMap(({ hostId, hostname }) =>
    ids.has(hostId) ? [shownText(hostname === '' ? hostId : hostname)] : [],
  )
  const [first] = names
  // When all are new, the title is about them already.
  if (first === undefined || names.length === hostsTold({ trouble })) return spec
  const who = names.length === 1 ? first : `${first} and ${names.length - 1} more`
  return {
    ...spec,
    title: shownText(`${spec.title}, now also ${who}`),
    context: { ...spec.context, joined_count: names.length, joined: names.slice(0, NAMED_MAX) },
  }
}

/** How many hosts the alert tells of. */
export function hostsTold({ trouble }: Pick<AgentGrowth, 'trouble'>): number {
  return toldOf(trouble).length
}

/** Ids of those that the alert names and counts: a host that is away is not. */
function toldOf(trouble: AgentTrouble): readonly string[] {
  const hosts = trouble.rule === 'margay.query-silent' ? trouble.hosts.filter(h => h.isHere) : trouble.hosts
  return hosts.map(({ hostId }) => hostId)
}

/** Those that joined go before the others: the alert names only so many. */
function withFirst(trouble: AgentTrouble, ids: readonly string[]): AgentTrouble {
  const first = new Set(ids)
  switch (trouble.rule) {
    case 'margay.query-silent':
      return { ...trouble, hosts: sortedBy(trouble.hosts, first) }
    case 'margay.old-config':
      return { ...trouble, hosts: sortedBy(trouble.hosts, first) }
    case 'margay.lines-lost':
      return { ...trouble, hosts: sortedBy(trouble.hosts, first) }
  }
}

function sortedBy<Host extends { readonly hostId: string }>(
  hosts: readonly Host[],
  first: ReadonlySet<string>,
): readonly Host[] {
  return hosts.toSorted((a, b) => Number(first.has(b.hostId)) - Number(first.has(a.hostId)))
}
