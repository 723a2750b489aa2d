import {
  ageOf,
  asksWithoutLogging,
  lastAskedAt,
  lastContactAt,
  lastLogAt,
  quietSince,
  recoveryOf,
} from './contacts.ts'
import { elapsed } from './elapsed.ts'
import { laptopTold, raised, resolved, type Telling, untold } from './host-alerts.ts'
import {
  backReason,
  goneReason,
  halfDeadReason,
  lagReason,
  type Overdue,
  overdueReason,
} from './host-reasons.ts'
import type { SilencePolicy } from './policy.ts'
import { thresholdMs } from './threshold.ts'
import { isClockOff } from './vitals.ts'
import type { Alarm, HostState, Judgement, Move, WatchedHost } from './watched-host.ts'

/** A new host is known to work after this many pulses, whatever is left of its grace. */
const PULSES_TO_LIVE = 3
/** So many heartbeats may be missing before pulses no longer come. */
const MISSED_HEARTBEATS = 3

const SETTLED: Judgement = { move: null, overdueMs: 0 }

/**
 * Judges one host. Total and free of I/O; a healthy host costs no memory. A clock that went back makes signs of life lie
 * in the future, which counts as being heard just now.
 * @param alarm  the newest match alert on this host of severity high or critical, or null
 */
export function judge(
  host: WatchedHost,
  policy: SilencePolicy,
  now: number,
  alarm: Alarm | null = null,
): Judgement {
  if (isRevoked(host)) return host.state === 'revoked' ? SETTLED : judgeRevoked(host, policy, now)
  switch (host.state) {
    case 'new':
      return judgeNew(host, policy, now)
    case 'live':
      return judgeLive(host, policy, now, alarm)
    case 'late':
      return judgeLate(host, policy, now, alarm)
    case 'stale':
    case 'half-dead':
      return judgeSilent(host, policy, now, alarm)
    case 'lagging':
      return judgeLagging(host, policy, now, alarm)
    case 'gone':
      return judgeGone(host, policy, now)
    case 'revoked':
      return well(host, 'new', host.lastEnrollAt, 'Enrolled again after it was revoked.', policy, now)
  }
}

/** A revocation voids the node keys of until then; a host that enrolled after it has a good one and is watched again. */
function isRevoked({ revokedAt, lastEnrollAt }: WatchedHost): boolean {
  return revokedAt !== null && lastEnrollAt <= revokedAt
}

function judgeRevoked(host: WatchedHost, policy: SilencePolicy, now: number): Judgement {
  const reason = 'The host was revoked and is no longer watched.'
  return moved(host, 'revoked', host.revokedAt ?? now, reason, resolved(host, policy, now))
}

function judgeNew(host: WatchedHost, policy: SilencePolicy, now: number): Judgement {
  const logged = lastLogAt(host)
  const hasLogged = logged !== null && logged >= host.since
  const { count, lastAt } = host.vitals.pulses
  if (count >= PULSES_TO_LIVE && lastAt !== null && lastAt >= host.since) {
    return well(host, 'live', lastAt, 'Its heartbeats come.', policy, now)
  }
  const overdueMs = ageOf(host.since, now) - policy.graceMs
  if (overdueMs <= 0) return SETTLED
  if (hasLogged) return well(host, 'live', logged, 'It logs, and its grace is over.', policy, now)
  return { ...quietly(host, 'late', host.since, neverReason(host, policy, now)), overdueMs }
}

function judgeLive(host: WatchedHost, policy: SilencePolicy, now: number, alarm: Alarm | null): Judgement {
  const logged = lastLogAt(host)
  // No threshold is below the floor: most hosts are done here.
  const isHeard = logged !== null && ageOf(logged, now) <= policy.floorMs
  const overdue = isHeard ? null : overdueOf(host, policy, now, alarm)
  if (overdue === null) {
    if (!isLagging(host, policy, now)) return SETTLED
    return quietly(host, 'late', host.vitals.pulses.lastAt ?? now, lagReason(host, policy))
  }
  const reason = overdueReason(host, overdue, policy, now)
  return { ...quietly(host, 'late', quietSince(host), reason), overdueMs: overdue.byMs }
}

function judgeLate(host: WatchedHost, policy: SilencePolicy, now: number, alarm: Alarm | null): Judgement {
  const overdue = overdueOf(host, policy, now, alarm)
  if (overdue === null) {
    if (isLagging(host, policy, now)) {
      const since = host.vitals.pulses.lastAt ?? now
      return moved(
        host,
        'lagging',
        since,
        lagReason(host, policy),
        raised(host, 'lagging', null, policy, now),
      )
    }
    const reason = backReason(host, null, now)
    return moved(host, 'live', quietSince(host), reason, resolved(host, policy, now))
  }
  if (isGone(host, policy, now)) return gone(host, policy, now)
  const to = asksWithoutLogging(host, policy, now) ? 'half-dead' : 'stale'
  return fallen(host, to, quietSince(host), overdue, policy, now)
}

function judgeSilent(host: WatchedHost, policy: SilencePolicy, now: number, alarm: Alarm | null): Judgement {
  const recovery = recoveryOf(host, policy, now)
  if (recovery !== null) {
    const reason = isLookedAt(host)
      ? 'Logs again, shortly after it asked again.'
      : backReason(host, recovery, now)
    return moved(host, 'live', recovery.from, reason, resolved(host, policy, now))
  }
  if (isGone(host, policy, now)) return gone(host, policy, now)
  const overdue = overdueOf(host, policy, now, alarm)
  const overdueMs = overdue?.byMs ?? 0
  const to = asksWithoutLogging(host, policy, now) ? 'half-dead' : 'stale'
  if (to !== host.state && overdue !== null) {
    return fallen(host, to, host.alert === '' ? quietSince(host) : host.since, overdue, policy, now)
  }
  if (isLookedAt(host) && overdue !== null) return confirmed(host, overdue, policy, now)
  const told = overdue === null ? null : laptopTold(host, policy, now)
  if (told === null || overdue === null) return { move: null, overdueMs }
  return {
    ...moved(host, host.state, host.since, overdueReason(host, overdue, policy, now), told),
    overdueMs,
  }
}

/**
 * A host comes into a silent state. One that asks and doesn't log may have woken, or started, only just: its first heartbeat
 * comes some minutes after its first request. Until that is over it is half-dead from that request on, and nobody is told.
 */
function fallen(
  host: WatchedHost,
  to: 'stale' | 'half-dead',
  since: number,
  overdue: Overdue,
  policy: SilencePolicy,
  now: number,
): Judgement {
  const reason = missingReason(host, to, overdue, policy, now)
  const asked = lastAskedAt(host)
  const isFirstLook =
    to === 'half-dead' && host.alert === '' && overdue.alarm === null && lastLogAt(host) !== null
  const judgement =
    isFirstLook && asked !== null
      ? quietly(host, to, asked, reason)
      : moved(host, to, since, reason, raised(host, to, overdue.alarm, policy, now))
  return { ...judgement, overdueMs: overdue.byMs }
}

/** Half-dead, and not told yet. */
function isLookedAt({ state, alert }: WatchedHost): boolean {
  return state === 'half-dead' && alert === ''
}

/** It has gone on asking for as long as heartbeats take, and none came. */
function confirmed(host: WatchedHost, overdue: Overdue, policy: SilencePolicy, now: number): Judgement {
  const { byMs: overdueMs } = overdue
  if ((lastAskedAt(host) ?? 0) - host.since < policy.halfDeadLeadMs) return { move: null, overdueMs }
  const telling = raised(host, 'half-dead', overdue.alarm, policy, now)
  if (telling.raises === null) return { move: null, overdueMs }
  const reason = halfDeadReason(host, overdue, policy, now)
  return { ...moved(host, 'half-dead', quietSince(host), reason, telling), overdueMs }
}

function judgeLagging(host: WatchedHost, policy: SilencePolicy, now: number, alarm: Alarm | null): Judgement {
  const overdue = overdueOf(host, policy, now, alarm)
  if (overdue !== null) {
    const reason = overdueReason(host, overdue, policy, now)
    return { ...quietly(host, 'late', quietSince(host), reason), overdueMs: overdue.byMs }
  }
  const { lagMs } = host.vitals.pulses
  const isOff = isClockOff(host.vitals.pulses)
  const isCaughtUp = lagMs <= policy.lagClearMs || isOff || !pulsesCome(host, policy, now)
  if (!isCaughtUp) return SETTLED
  const reason =
    isOff && lagMs > policy.lagClearMs
      ? `Its heartbeats all trail by the same ${elapsed(lagMs)}: its clock is off, and nothing is late.`
      : `Its heartbeats no longer trail${lagMs <= policy.lagClearMs ? `: the newest came after ${elapsed(lagMs)}` : '; none came lately'}.`
  return moved(host, 'live', quietSince(host), reason, resolved(host, policy, now))
}

function judgeGone(host: WatchedHost, policy: SilencePolicy, now: number): Judgement {
  const logged = lastLogAt(host)
  if (logged !== null && logged > host.since && ageOf(logged, now) <= thresholdMs(host, policy, now)) {
    const reason = `Logs again, ${elapsed(logged - host.since)} after its last contact.`
    return well(host, 'live', logged, reason, policy, now)
  }
  const seen = Math.max(lastAskedAt(host) ?? 0, host.lastEnrollAt)
  if (seen <= host.since || isGone(host, policy, now)) return SETTLED
  const reason = `Seen again, ${elapsed(seen - host.since)} after its last contact.`
  return well(host, 'new', seen, reason, policy, now)
}

/** By how much the host is past its limit, or null when it isn't. */
function overdueOf(
  host: WatchedHost,
  policy: SilencePolicy,
  now: number,
  alarm: Alarm | null,
): Overdue | null {
  const logged = lastLogAt(host)
  const quietMs = ageOf(quietSince(host), now)
  const grave = logged !== null && alarm !== null && isAbout(alarm, logged, policy) ? alarm : null
  const limitMs = limitOf(host, logged, grave, policy, now)
  return quietMs > limitMs ? { quietMs, limitMs, byMs: quietMs - limitMs, alarm: grave } : null
}

function limitOf(
  host: WatchedHost,
  logged: number | null,
  grave: Alarm | null,
  policy: SilencePolicy,
  now: number,
): number {
  if (logged === null) return policy.graceMs
  return grave === null ? thresholdMs(host, policy, now) : policy.floorMs
}

/** The last logs lie around the alarm: what is in the row may be a few minutes older than the last post. */
function isAbout(alarm: Alarm, logged: number, policy: SilencePolicy): boolean {
  return Math.abs(logged - alarm.at) <= policy.alarmWithinMs
}

function isLagging(host: WatchedHost, policy: SilencePolicy, now: number): boolean {
  const { pulses } = host.vitals
  return pulses.lagMs > policy.lagMs && !isClockOff(pulses) && pulsesCome(host, policy, now)
}

function pulsesCome({ vitals }: WatchedHost, policy: SilencePolicy, now: number): boolean {
  const { lastAt } = vitals.pulses
  return (
    lastAt !== null && ageOf(lastAt, now) <= Math.max(policy.floorMs, MISSED_HEARTBEATS * policy.heartbeatMs)
  )
}

function isGone(host: WatchedHost, policy: SilencePolicy, now: number): boolean {
  return ageOf(lastContactAt(host), now) > policy.goneAfterMs[host.class]
}

function gone(host: WatchedHost, policy: SilencePolicy, now: number): Judgement {
  const since = lastContactAt(host)
  return moved(host, 'gone', since, goneReason(host, since, now), resolved(host, policy, now))
}

function neverReason(host: WatchedHost, policy: SilencePolicy, now: number): string {
  return `Enrolled ${elapsed(ageOf(host.since, now))} ago and logged nothing since; a new host has ${elapsed(policy.graceMs)}.`
}

function missingReason(
  host: WatchedHost,
  to: 'stale' | 'half-dead',
  overdue: Overdue,
  policy: SilencePolicy,
  now: number,
): string {
  return to === 'stale'
    ? overdueReason(host, overdue, policy, now)
    : halfDeadReason(host, overdue, policy, now)
}

/** Nobody misses the host: what alert it may have resolves. */
function well(
  host: WatchedHost,
  to: HostState,
  since: number,
  reason: string,
  policy: SilencePolicy,
  now: number,
): Judgement {
  return moved(host, to, since, reason, resolved(host, policy, now))
}

function quietly(host: WatchedHost, to: HostState, since: number, reason: string): Judgement {
  return moved(host, to, since, reason, untold(host))
}

function moved(host: WatchedHost, to: HostState, since: number, reason: string, telling: Telling): Judgement {
  const move: Move = { host, to, since, reason, ...telling }
  return { move, overdueMs: 0 }
}
