import type { HostClass } from './host-class.ts'
import type { SilencePolicy } from './policy.ts'
import type { Alarm, HostAlertRule, HostState, Raise, WatchedHost } from './watched-host.ts'

type Tell = Pick<Raise, 'ruleId' | 'severity'>

/** What is told of a host that comes into a state, by its class. A laptop's silence is told later, see `laptopTell`. */
const TOLD: Readonly<Record<HostClass, Readonly<Partial<Record<HostState, Tell>>>>> = {
  server: {
    stale: { ruleId: 'margay.host-silent', severity: 'high' },
    'half-dead': { ruleId: 'margay.host-half-dead', severity: 'high' },
    lagging: { ruleId: 'margay.host-lagging', severity: 'low' },
  },
  laptop: { 'half-dead': { ruleId: 'margay.host-half-dead', severity: 'low' } },
  ephemeral: {},
}

/** What is told of a laptop that has been silent for two weeks. */
const LAPTOP_SILENT: Tell = { ruleId: 'margay.host-silent', severity: 'low' }

/** What a change of state does to the alerts of a host. */
export interface Telling {
  readonly resolves: HostAlertRule | null
  readonly raises: Raise | null
  readonly episode: number
  readonly toldAt: number | null
}

/** Nothing changes. */
export function untold({ episode, toldAt }: WatchedHost): Telling {
  return { resolves: null, raises: null, episode, toldAt }
}

/** The host is well, gone or revoked: its alert resolves. A trigger that waited for its time is as if never planned. */
export function resolved(host: WatchedHost, policy: SilencePolicy, now: number): Telling {
  const { alert, episode, toldAt } = host
  if (alert === '') return untold(host)
  const isPlanned = toldAt !== null && toldAt > now && alert !== 'margay.host-lagging'
  return { resolves: alert, raises: null, episode, toldAt: isPlanned ? toldAt - policy.toldEveryMs : toldAt }
}

/**
 * The host comes into a state that is told, or not. An alert that is open goes on through what becomes of the host: it is
 * the same trouble, and who has it in hand was told. Only that it lags gives way to worse.
 */
export function raised(
  host: WatchedHost,
  to: HostState,
  alarm: Alarm | null,
  policy: SilencePolicy,
  now: number,
): Telling {
  const tell = tellOf(host, to, alarm)
  if (tell === undefined || tell.ruleId === host.alert) return untold(host)
  if (host.alert !== '' && host.alert !== 'margay.host-lagging') return untold(host)
  const resolves = host.alert === '' ? null : host.alert
  if (to === 'lagging') return { ...opens(host, tell, now), toldAt: host.toldAt }
  // An alarm that nobody was told of since is news, and news doesn't wait.
  const isNews = alarm !== null && (host.toldAt === null || alarm.at > host.toldAt)
  const dueAt = nextTelling(host, policy, now)
  if (isNews || dueAt <= now) return { ...opens(host, tell, now), resolves }
  return { resolves, raises: { kind: 'reopens', ...tell, dueAt }, episode: host.episode, toldAt: dueAt }
}

/** A laptop that has been silent for so long that somebody should look for it. */
export function laptopTold(host: WatchedHost, policy: SilencePolicy, now: number): Telling | null {
  if (host.class !== 'laptop' || host.alert !== '') return null
  return now - host.since < policy.laptopToldAfterMs ? null : opens(host, LAPTOP_SILENT, now)
}

function tellOf(host: WatchedHost, to: HostState, alarm: Alarm | null): Tell | undefined {
  const isSilence = to === 'stale' || to === 'half-dead'
  if (isSilence && alarm !== null) return { ruleId: 'margay.silent-after-alert', severity: alarm.severity }
  return TOLD[host.class][to]
}

function opens(host: WatchedHost, tell: Tell, now: number): Telling {
  const raises = { kind: 'opens', ...tell, dueAt: now } as const
  return { resolves: null, raises, episode: host.episode + 1, toldAt: now }
}

/** When somebody may be told of this host again, at the earliest. */
function nextTelling({ toldAt }: WatchedHost, policy: SilencePolicy, now: number): number {
  if (toldAt === null) return now
  // A clock that went back leaves a time ahead that was planned by nobody: never further than one span.
  if (toldAt > now) return Math.min(toldAt, now + policy.toldEveryMs)
  return toldAt + policy.toldEveryMs
}
