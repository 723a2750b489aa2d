import type { HostId } from '../detect/event.ts'
import { elapsed } from './elapsed.ts'
import type { SilencePolicy } from './policy.ts'

/**
 * - `new`: enrolled, nothing heard since; has a grace before it is missed
 * - `live`: heard within the limit
 * - `silent`: not heard for longer than the limit; its alert is open
 * - `revoked`: not watched; what its agent does no longer matters
 */
export const SILENCE_STATES = ['new', 'live', 'silent', 'revoked'] as const
export type SilenceState = (typeof SILENCE_STATES)[number]

/** By what a host can be heard. Enrolling is not among them: a host that enrolls in a loop and sends nothing is silent. */
export const CHANNELS = ['pulse', 'result', 'status', 'config', 'distributed'] as const
type Channel = (typeof CHANNELS)[number]

/** What judging one host needs of its row. Times are milliseconds since the epoch by the server's clock. */
export interface WatchedHost {
  readonly hostId: HostId
  readonly hostname: string
  /** JSON array of texts, read only when an alert opens. */
  readonly tags: string
  readonly state: SilenceState
  /** The sign of life, or the enrollment, at which the present state began. */
  readonly since: number
  /** How often the host has fallen silent; names the alert of each time. */
  readonly episode: number
  readonly lastEnrollAt: number
  readonly revokedAt: number | null
  readonly heard: Readonly<Record<Channel, number | null>>
}

/** The newest sign of life. */
export interface Sign {
  readonly channel: Channel
  readonly at: number
}

/** A change of state that is due. `host` is as it was read: the change is committed only if it still is. */
export interface Move {
  readonly host: WatchedHost
  readonly to: SilenceState
  readonly since: number
  /** Number of the silence that the host is in after the move. */
  readonly episode: number
  /** Why, for people. */
  readonly reason: string
}

/** What a host is found to be. `missing`: it counts towards mass silence, whether or not it has crossed its limit. */
export interface Judgement {
  readonly move: Move | null
  readonly missing: boolean
}

const SETTLED: Judgement = { move: null, missing: false }

/**
 * Judges one host. Total and free of I/O; a clock that went back makes signs of life lie in the future, which counts as
 * being heard just now.
 */
export function judge(host: WatchedHost, policy: SilencePolicy, now: number): Judgement {
  if (isRevoked(host)) return host.state === 'revoked' ? SETTLED : revoked(host, now)
  switch (host.state) {
    case 'revoked':
      return move(host, 'new', host.lastEnrollAt, 'Enrolled again after it was revoked.')
    case 'new':
      return judgeNew(host, policy, now)
    case 'live':
      return judgeLive(host, policy, now)
    case 'silent':
      return judgeSilent(host, policy, now)
  }
}

/** A revocation voids the node keys of until then; a host that enrolled after it has a good one and is watched again. */
export function isRevoked(host: WatchedHost): boolean {
  return host.revokedAt !== null && host.lastEnrollAt <= host.revokedAt
}

/** The newest sign of life of a host, or null when it only ever enrolled. */
export function lastSign(host: WatchedHost): Sign | null {
  let newest: Sign | null = null
  for (const channel of CHANNELS) {
    const at = host.heard[channel]
    if (at !== null && (newest === null || at > newest.at)) newest = { channel, at }
  }
  return newest
}

function judgeNew(host: WatchedHost, policy: SilencePolicy, now: number): Judgement {
  const sign = lastSign(host)
  if (sign !== null && sign.at >= host.since) {
    return move(host, 'live', sign.at, `First sign of life: ${SPOKEN[sign.channel]}.`)
  }
  const age = now - host.since
  if (age <= policy.graceMs) return SETTLED
  const reason = `Enrolled ${elapsed(age)} ago and never heard of since; a new host has ${elapsed(policy.graceMs)}.`
  return { ...move(host, 'silent', host.since, reason), missing: true }
}

function judgeLive(host: WatchedHost, policy: SilencePolicy, now: number): Judgement {
  const sign = lastSign(host)
  const heardAt = sign?.at ?? host.since
  const age = now - heardAt
  if (age <= policy.silentAfterMs) return { move: null, missing: age > policy.lateAfterMs }
  const heard = sign === null ? '' : ` Last heard: ${SPOKEN[sign.channel]} at ${instant(heardAt)}.`
  const reason = `No sign of life for ${elapsed(age)}; the limit is ${elapsed(policy.silentAfterMs)}.${heard}`
  return { ...move(host, 'silent', heardAt, reason), missing: true }
}

function judgeSilent(host: WatchedHost, policy: SilencePolicy, now: number): Judgement {
  const sign = lastSign(host)
  // Newer than the last sign before the silence, and fresh: after a jump of the clock or a late backlog only one holds.
  if (sign === null || sign.at <= host.since || now - sign.at > policy.silentAfterMs) return SETTLED
  const gap = elapsed(sign.at - host.since)
  return move(host, 'live', sign.at, `Heard again (${SPOKEN[sign.channel]}) after ${gap} of silence.`)
}

function revoked(host: WatchedHost, now: number): Judgement {
  return move(host, 'revoked', host.revokedAt ?? now, 'The host was revoked and is no longer watched.')
}

function move(host: WatchedHost, to: SilenceState, since: number, reason: string): Judgement {
  const episode = to === 'silent' ? host.episode + 1 : host.episode
  return { move: { host, to, since, episode, reason }, missing: false }
}

const SPOKEN: Readonly<Record<Channel, string>> = {
  pulse: 'heartbeat',
  result: 'query results',
  status: 'status log',
  config: 'config request',
  distributed: 'distributed read',
}

/** An instant as people read it in an alert: UTC, to the second. */
export function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
