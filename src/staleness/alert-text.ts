import type { AlertSpec, StatusChange } from '../alerts/lifecycle.ts'
import { alertIdOf } from '../alerts/lifecycle.ts'
import { shownText } from '../detect/text.ts'
import { lastLogAt, quietSince } from './contacts.ts'
import { elapsed } from './elapsed.ts'
import { clockTime, instant } from './instant.ts'
import type { DIGEST_RULE } from './page-cap.ts'
import type { SilencePolicy } from './policy.ts'
import { thresholdOf } from './threshold.ts'
import type { Channel, HostAlertRule, Move, Raise, WatchedHost } from './watched-host.ts'

/** Alerts about one host; the digest is not among them. */
type OwnRule = Exclude<HostAlertRule, typeof DIGEST_RULE>

/** Who resolves an alert when a host is heard again. */
const BY = 'margay'
const CHANNELS = ['pulse', 'result', 'status', 'config', 'distributed'] as const satisfies readonly Channel[]

type Title = (name: string, since: string, host: WatchedHost) => string

/** What happened and since when: on a phone it is all there is. @param since  of its last logs */
const TITLES: Readonly<Record<OwnRule, Title>> = {
  'margay.host-silent': (name, since) => `Host ${name} is silent: no logs since ${since}`,
  'margay.host-half-dead': (name, since) =>
    `Host ${name} asks for its configuration but has logged nothing since ${since}`,
  'margay.host-lagging': (name, _, { vitals }) =>
    `Host ${name} sends its logs ${elapsed(vitals.pulses.lagMs)} late`,
  'margay.silent-after-alert': (name, since) =>
    `Host ${name} fell silent around an alert on it: no logs since ${since}`,
}

const LOOK_AT_IT = `1. Is the host up? Look at the hypervisor, the cloud console, its owner.
2. If it is up: is osqueryd running (systemctl status osqueryd, launchctl list, sc query osqueryd) and what does its log say?
3. Can it reach this service (curl -sS the /healthz page from the host)? Look at DNS, proxy, firewall, clock and CA bundle.`

const LET_GO = `If it is gone for good, revoke it (POST /api/v1/hosts/<id>/revoke), then it is no longer watched. If it sleeps or comes and
goes by design, give it the class laptop or ephemeral.
The alert resolves by itself when the host has logged twice again.`

const RUNBOOKS: Readonly<Record<OwnRule, string>> = {
  'margay.host-silent': `${LOOK_AT_IT}
4. Was it alerted on before? Silence after an alert is a sign of an intruder switching logging off: isolate it.
5. ${LET_GO}`,
  'margay.host-half-dead': `1. osqueryd runs and reaches this service: it asks for its configuration. What fails is logging: its buffer, its schedule or its logger.
2. On the host: does osqueryd's own log name the tls logger or RocksDB? Is the disk full? Was the flagfile changed (logger_plugin, logger_tls_endpoint)?
3. Does it run the configuration it is served (its page shows both)? A wiped schedule logs nothing: somebody may have switched it off.
4. Restart osqueryd; buffered lines come then, and are kept.
5. ${LET_GO}`,
  'margay.host-lagging': `1. Its lines arrive long after they were written: it sends what it buffered while it could not reach us, or it logs more than it
   sends. The page of the host shows how far it trails.
2. Does the lag shrink? Then wait. Else raise logger_tls_max_lines, or find the query that floods (its page lists the rows of each).
3. If its clock is off, all lines trail by the same: then this resolves by itself after three heartbeats.
It resolves by itself when the newest heartbeat comes in time.`,
  'margay.silent-after-alert': `1. Treat it as an intrusion until shown otherwise: an intruder stops what watches. Isolate the host.
2. Read the alert that it fell silent around (GET /api/v1/alerts?host=<id>) and the last lines the host sent (GET /api/v1/events?host=<id>).
3. Look at it from outside: hypervisor, EDR, network flows. Don't trust its own tools.
4. Was it rebuilt, rebooted or switched off by who handles the alert before? Then say so in a note and resolve this.
The alert resolves by itself when the host has logged twice again; that alone does not clear the host.`,
}

/** The alert that a move raises, of the host's own. */
export function hostAlert(
  move: Move,
  raises: Raise & { readonly ruleId: OwnRule },
  policy: SilencePolicy,
  now: number,
): AlertSpec {
  const { host } = move
  const { ruleId, severity } = raises
  const name = host.hostname === '' ? host.hostId : host.hostname
  return {
    kind: 'silence',
    ruleId,
    dedup: host.hostId,
    episode: move.episode,
    severity,
    title: shownText(titleOf(host, ruleId, name, now)),
    runbook: RUNBOOKS[ruleId],
    context: hostContext(move, ruleId, policy, now),
    hostId: host.hostId,
    hostname: host.hostname,
    hostTags: host.tags,
    at: now,
  }
}

function titleOf(host: WatchedHost, ruleId: OwnRule, name: string, now: number): string {
  if (lastLogAt(host) === null) return `Host ${name} enrolled and never logged anything`
  return TITLES[ruleId](name, clockTime(quietSince(host), now), host)
}

function hostContext(
  { host, to, since, reason }: Move,
  ruleId: OwnRule,
  policy: SilencePolicy,
  now: number,
): AlertSpec['context'] {
  const threshold = thresholdOf(host, policy, now)
  // Of a new host, and around an alert, another limit decides: the reason has it.
  const isDecisive = lastLogAt(host) !== null && ruleId !== 'margay.silent-after-alert'
  return {
    reason,
    state: to,
    since: instant(since),
    quiet_for: elapsed(now - quietSince(host)),
    ...(isDecisive && { threshold: elapsed(threshold.ms), threshold_is: threshold.why }),
    class: host.class,
    last_heard: Object.fromEntries(
      CHANNELS.map(channel => [channel, instantOrNull(host.heard[channel])] as const),
    ),
    last_enrolled: instant(host.lastEnrollAt),
    heartbeats_lost: host.vitals.pulses.lost,
  }
}

/** The resolve of a host's own alert: the host is heard again, gone or revoked, or worse is told instead. */
export function hostReturns(move: Move, ruleId: OwnRule, now: number): StatusChange {
  const { host, reason } = move
  return { alertId: alertIdOf('silence', ruleId, host.hostId, host.episode), at: now, by: BY, note: reason }
}

function instantOrNull(at: number | null): string | null {
  return at === null ? null : instant(at)
}
