import { ageOf, lastAskedAt, lastLogAt, lastSignOf, type Recovery } from './contacts.ts'
import { elapsed } from './elapsed.ts'
import { instant } from './instant.ts'
import type { SilencePolicy } from './policy.ts'
import { thresholdOf } from './threshold.ts'
import type { Alarm, Channel, WatchedHost } from './watched-host.ts'

/** How far a host is past its limit. */
export interface Overdue {
  readonly quietMs: number
  readonly limitMs: number
  readonly byMs: number
  /** The grave alert close to its last logs, for which the limit is the least, or null. */
  readonly alarm: Alarm | null
}

/** Why a host is late or stale. */
export function overdueReason(
  host: WatchedHost,
  overdue: Overdue,
  policy: SilencePolicy,
  now: number,
): string {
  return `${quietness(host, overdue, policy, now)}${lastHeard(host)}`
}

/** Why a host is half-dead. */
export function halfDeadReason(
  host: WatchedHost,
  overdue: Overdue,
  policy: SilencePolicy,
  now: number,
): string {
  const asked = lastAskedAt(host)
  const what = asked !== null && asked === host.heard.config ? 'its configuration' : 'live queries'
  const when = asked === null ? '' : ` ${elapsed(ageOf(asked, now))} ago`
  return `It asked for ${what}${when}, but logs don't come: its logging is broken. ${quietness(host, overdue, policy, now)}${lastLogged(host)}`
}

/** Why a host is taken to lag. */
export function lagReason({ vitals }: WatchedHost, policy: SilencePolicy): string {
  return `Its newest heartbeat came ${elapsed(vitals.pulses.lagMs)} after it was written; more than ${elapsed(policy.lagMs)} is late. It sends what it has buffered, or its clock is off.`
}

/** Why a host is live again: after a silence with what proved it, or before one was told. */
export function backReason(host: WatchedHost, recovery: Recovery | null, now: number): string {
  if (recovery === null) return `Heard again ${elapsed(ageOf(lastLogAt(host) ?? now, now))} ago, in time.`
  const gap = elapsed(recovery.from - host.since)
  const lines = host.lateLines === 1 ? '1 buffered line' : `${host.lateLines} buffered lines`
  return `Logs again after ${gap} of silence: two ${recovery.by} since ${instant(recovery.from)}. ${lines} came late.`
}

/** Why a host is no longer expected. */
export function goneReason(host: WatchedHost, lastContact: number, now: number): string {
  return `No contact of any kind for ${elapsed(ageOf(lastContact, now))}, the last at ${instant(lastContact)}: no longer expected, as ${AS[host.class]}.`
}

const AS: Readonly<Record<WatchedHost['class'], string>> = {
  server: 'a server after 30 d',
  laptop: 'a laptop after 30 d',
  ephemeral: 'an ephemeral host after a day',
}

function quietness(host: WatchedHost, overdue: Overdue, policy: SilencePolicy, now: number): string {
  const quiet = elapsed(overdue.quietMs)
  const limit = elapsed(overdue.limitMs)
  if (lastLogAt(host) === null)
    return `Enrolled ${quiet} ago and logged nothing since; a new host has ${limit}.`
  const { alarm } = overdue
  if (alarm === null) {
    return `No logs for ${quiet}; its threshold is ${limit}: ${thresholdOf(host, policy, now).why}.`
  }
  return `No logs for ${quiet}, which began around the ${alarm.severity} alert on it of ${instant(alarm.at)}; after such an alert the threshold is ${limit}.`
}

function lastHeard(host: WatchedHost): string {
  const sign = lastSignOf(host)
  return sign === null ? '' : ` Last heard: ${SPOKEN[sign.channel]} at ${instant(sign.at)}.`
}

function lastLogged(host: WatchedHost): string {
  const at = lastLogAt(host)
  return at === null ? '' : ` Last logs: ${instant(at)}.`
}

const SPOKEN: Readonly<Record<Channel, string>> = {
  pulse: 'heartbeat',
  result: 'query results',
  status: 'status log',
  config: 'config request',
  distributed: 'distributed read',
}
