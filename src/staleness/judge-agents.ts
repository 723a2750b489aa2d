import { alertIdOf } from '../alerts/identity.ts'
import { type AgentRule, type AgentTrouble, keyOfQuery, raises, troubleKey } from './agent-trouble.ts'
import { type AlertState, type NextAlert, nextAlert } from './reopening.ts'

/** An alert that is to open, anew or again, with what it is about, to say more than it does, or to resolve. */
export type AgentChange =
  | (NextAlert & { readonly key: string; readonly trouble: AgentTrouble })
  | {
      readonly kind: 'grows'
      readonly key: string
      readonly episode: number
      readonly trouble: AgentTrouble
      /** Ids of the hosts of which it had not told; none when others are back. */
      readonly joined: readonly string[]
    }
  | { readonly kind: 'resolves'; readonly key: string; readonly episode: number }

/** What is to be done, and how many queries are silent without an alert of their own because of the cap. */
export interface AgentJudgement {
  readonly changes: readonly AgentChange[]
  readonly capped: number
}

/** Open alerts about silent queries at most. Beyond, the log says how many wait; they open as others resolve. */
export const QUERY_ALERTS_MAX = 20

/** Trouble that lasts and that a person called over is theirs for so long; it is told again when it lasts longer. */
const RESPITE_MS = 24 * 60 * 60_000

const QUERY_PREFIX = keyOfQuery('')
const SINGLE = ['margay.old-config', 'margay.lines-lost'] as const satisfies readonly AgentRule[]
/** Of the alerts of which there is one at a time. */
const DEDUP = 'margay'

/**
 * Decides which alerts open or resolve. Total and free of I/O.
 * @param states  by key; those that only a newer version knows are left alone
 * @param troubles  all there is; an alert whose trouble is not among them resolves
 * @param resolvedAt  when the last alert of a key was resolved, if it is (ms since the epoch)
 */
export function judgeAgents(
  states: ReadonlyMap<string, AlertState>,
  troubles: readonly AgentTrouble[],
  resolvedAt: ReadonlyMap<string, number>,
  now: number,
): AgentJudgement {
  const present = new Map(troubles.map(trouble => [troubleKey(trouble), trouble]))
  const over: AgentChange[] = [...states].flatMap(([key, { open, episode }]) =>
    open && isKnown(key) && !present.has(key) ? [{ kind: 'resolves', key, episode }] : [],
  )
  const due = [...present].flatMap(([key, trouble]) => {
    const state = states.get(key) ?? { episode: 0, open: false }
    const change = rise(key, trouble, state, resolvedAt.get(key) ?? null, now)
    return change === null ? [] : [{ key, change, isNew: !state.open, size: trouble.hosts.length }]
  })
  const open = [...states].filter(([key, state]) => isQuery(key) && state.open && present.has(key)).length
  const queries = due.filter(({ key, isNew }) => isQuery(key) && isNew).toSorted((a, b) => b.size - a.size)
  const waiting = new Set(queries.slice(Math.max(0, QUERY_ALERTS_MAX - open)).map(({ key }) => key))
  return {
    changes: [...over, ...due.filter(({ key }) => !waiting.has(key)).map(({ change }) => change)],
    capped: waiting.size,
  }
}

function rise(
  key: string,
  trouble: AgentTrouble,
  state: AlertState,
  resolvedAt: number | null,
  now: number,
): AgentChange | null {
  if (!raises(trouble)) return null
  if (state.open && !isOpenAgainDue(trouble, resolvedAt, now)) return null
  return { ...nextAlert(state, resolvedAt, now), key, trouble }
}

/** Of an alert that the record has as open: a person resolved it, and there is reason to open it all the same. */
function isOpenAgainDue(trouble: AgentTrouble, resolvedAt: number | null, now: number): boolean {
  if (resolvedAt === null) return false
  return trouble.rule === 'margay.lines-lost'
    ? trouble.hosts.some(({ toldAt }) => toldAt > resolvedAt)
    : now - resolvedAt >= RESPITE_MS
}

/** The alert of a key. @param episode  from 1 */
export function agentAlertId(key: string, episode: number): string {
  const { rule, dedup } = alertOfKey(key)
  return alertIdOf('system', rule, dedup, episode)
}

/** Rule and dedup string of the alert of a key. */
export function alertOfKey(key: string): { readonly rule: string; readonly dedup: string } {
  return isQuery(key)
    ? { rule: QUERY_PREFIX.trimEnd(), dedup: key.slice(QUERY_PREFIX.length) }
    : { rule: key, dedup: DEDUP }
}

function isQuery(key: string): boolean {
  return key.startsWith(QUERY_PREFIX)
}

function isKnown(key: string): boolean {
  return isQuery(key) || SINGLE.some(rule => rule === key)
}
