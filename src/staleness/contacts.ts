import type { SilencePolicy } from './policy.ts'
import { thresholdMs } from './threshold.ts'
import type { Contacts } from './vitals.ts'
import type { Channel, WatchedHost } from './watched-host.ts'

/** Two pulses lie one heartbeat apart; the second may be late by as much, and be looked at as much later. */
const PULSES_WITHIN = 3

/** The newest sign of life on some path. */
export interface Sign {
  readonly channel: Channel
  readonly at: number
}

/** When the host last logged anything, or null. */
export function lastLogAt({ heard, vitals }: WatchedHost): number | null {
  const at = Math.max(
    heard.pulse ?? 0,
    heard.result ?? 0,
    heard.status ?? 0,
    vitals.contacts.lastAt ?? 0,
    vitals.pulses.lastAt ?? 0,
  )
  return at > 0 ? at : null
}

/** When the host last asked for its config or for live queries, or null. */
export function lastAskedAt({ heard }: WatchedHost): number | null {
  const at = Math.max(heard.config ?? 0, heard.distributed ?? 0)
  return at > 0 ? at : null
}

/** The last contact of any kind, enrollment included: a host that enrolls in a loop is there. */
export function lastContactAt(host: WatchedHost): number {
  return Math.max(lastLogAt(host) ?? 0, lastAskedAt(host) ?? 0, host.lastEnrollAt, host.enrolledAt)
}

/** The newest sign of life of a host on any path, or null when it only ever enrolled. For people. */
export function lastSignOf({ heard }: WatchedHost): Sign | null {
  let newest: Sign | null = null
  for (const channel of CHANNELS) {
    const at = heard[channel]
    if (at !== null && (newest === null || at > newest.at)) newest = { channel, at }
  }
  return newest
}

const CHANNELS = ['pulse', 'result', 'status', 'config', 'distributed'] as const satisfies readonly Channel[]

/** Time since then; what lies in the future, for the clock went back, is just now. */
export function ageOf(at: number, now: number): number {
  return Math.max(0, now - at)
}

/**
 * True when the host asks for its config or for live queries and does not log: those came lately, and so long after its
 * last logs that logs were due in between. A host that died asked last at about the time when it logged last.
 */
export function asksWithoutLogging(host: WatchedHost, policy: SilencePolicy, now: number): boolean {
  const asked = lastAskedAt(host)
  if (asked === null || ageOf(asked, now) > policy.halfDeadWithinMs) return false
  return asked - quietSince(host) >= policy.halfDeadLeadMs
}

/** Since when nothing was logged: the last log contact, or where the present wait for the first began. */
export function quietSince(host: WatchedHost): number {
  return lastLogAt(host) ?? host.since
}

/** What proves that a host that was silent logs again. */
export interface Recovery {
  /** The earlier of the two contacts. */
  readonly from: number
  readonly by: 'heartbeats' | 'log contacts'
}

/**
 * Two pulses since the silence began, close together and fresh: one may be the last gasp of a host that flaps. Of a host of
 * which no pulse came since, two log contacts within its threshold: it may not run the heartbeat at all.
 */
export function recoveryOf(host: WatchedHost, policy: SilencePolicy, now: number): Recovery | null {
  const { pulses, contacts } = host.vitals
  if (isAfter(pulses.lastAt, host.since)) {
    const from = earlierOf(
      pulses,
      host.since,
      now,
      Math.max(policy.floorMs, PULSES_WITHIN * policy.heartbeatMs),
    )
    return from === null ? null : { from, by: 'heartbeats' }
  }
  const from = earlierOf(contacts, host.since, now, thresholdMs(host, policy, now))
  return from === null ? null : { from, by: 'log contacts' }
}

/** The earlier of two contacts that both lie after `since` and within `span` of now, or null. */
function earlierOf(
  { previousAt, lastAt }: Contacts,
  since: number,
  now: number,
  span: number,
): number | null {
  if (!isAfter(previousAt, since) || !isAfter(lastAt, since)) return null
  return ageOf(previousAt, now) > span || ageOf(lastAt, now) > span ? null : previousAt
}

function isAfter(at: number | null, since: number): at is number {
  return at !== null && at > since
}
