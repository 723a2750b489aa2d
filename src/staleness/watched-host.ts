import type { HostId } from '../detect/event.ts'
import type { Severity } from '../detect/severity.ts'
import type { HostClass } from './host-class.ts'
import type { Vitals } from './vitals.ts'

/**
 * - `new`: enrolled; has a grace, or until its third pulse, before it is missed
 * - `live`: heard on the log path within its threshold
 * - `late`: at the last evaluation it was not, or its newest pulse was old: a second look decides
 * - `stale`: silent at two evaluations in a row
 * - `half-dead`: as stale, but it still asks for its config or for live queries: logging is broken
 * - `lagging`: its pulses come, long after they were written
 * - `gone`: no contact for so long that it is no longer expected
 * - `revoked`: not watched; what its agent does no longer matters
 */
export const HOST_STATES = [
  'new',
  'live',
  'late',
  'stale',
  'half-dead',
  'lagging',
  'gone',
  'revoked',
] as const
export type HostState = (typeof HOST_STATES)[number]

/** By what a host can be heard. Enrolling is not among them: a host that enrolls in a loop and sends nothing is silent. */
export type Channel = 'pulse' | 'result' | 'status' | 'config' | 'distributed'

/**
 * Rules of the alerts about one host; at most one of them is open for a host. The last one is that of the digest: so many
 * hosts fell silent at once that one alert stands for them, and no judgement raises it.
 */
export const HOST_ALERT_RULES = [
  'margay.host-silent',
  'margay.host-half-dead',
  'margay.host-lagging',
  'margay.silent-after-alert',
  'margay.many-hosts-silent',
] as const
export type HostAlertRule = (typeof HOST_ALERT_RULES)[number]

/** What judging one host needs of its row. Times are milliseconds since the epoch by the server's clock. */
export interface WatchedHost {
  readonly hostId: HostId
  readonly hostname: string
  readonly tags: readonly string[]
  readonly platform: string
  readonly class: HostClass
  readonly state: HostState
  /** The sign of life, or the enrollment, at which the present state began. Of a silence: the last contact before it. */
  readonly since: number
  /** Number of the newest alert about this host; 0 when there was none. Names each of them. */
  readonly episode: number
  /** The alert that is open, or empty. */
  readonly alert: HostAlertRule | ''
  /** When a destination was last told by a trigger. In the future: a trigger is planned for then, and not sent yet. */
  readonly toldAt: number | null
  /** Lines that came late since the host last fell silent. */
  readonly lateLines: number
  readonly enrolledAt: number
  readonly lastEnrollAt: number
  readonly revokedAt: number | null
  readonly heard: Readonly<Record<Channel, number | null>>
  readonly vitals: Vitals
}

/** The newest match alert of severity high or critical about a host, if there is one. */
export interface Alarm {
  readonly severity: Severity & ('high' | 'critical')
  /** When it was raised, ms since the epoch. */
  readonly at: number
}

/** An alert that is to be open from now on. */
export interface Raise {
  /**
   * - `opens`: a new alert, with the episode of the move
   * - `reopens`: the host fell again soon after somebody was told: the alert of this rule and this same episode is opened
   *   again (or for the first time, when the episode had another rule until now), and its trigger waits until `dueAt`, to
   *   be sent only if the alert is still open then
   */
  readonly kind: 'opens' | 'reopens'
  readonly ruleId: HostAlertRule
  readonly severity: Severity
  /** ms since the epoch; the time of the judgement for `opens`. */
  readonly dueAt: number
}

/**
 * What is to be written of a host, all of it in one transaction. `host` is as it was read: the change is committed only if
 * it still is. The state may stay the same, when only an alert is due.
 */
export interface Move {
  readonly host: WatchedHost
  readonly to: HostState
  readonly since: number
  /** Number of the alert that is open after the move, or of the newest one. What is resolved goes by `host.episode`. */
  readonly episode: number
  /** Why, for people. */
  readonly reason: string
  /** The alert that was open and no longer is. */
  readonly resolves: HostAlertRule | null
  /** The alert that is open from now on in its place. Both null: the alert of the host stays as it is, open or none. */
  readonly raises: Raise | null
  /** To be stored as the host's; where `raises` is left out on purpose, nobody is told and the host's own stays. */
  readonly toldAt: number | null
}

/** What a host is found to be. */
export interface Judgement {
  readonly move: Move | null
  /** By how many ms it is past its threshold (a new host: its grace); 0 when it isn't. Not for gone and revoked hosts. */
  readonly overdueMs: number
}

/** The alert of a host after a move. */
export function alertAfter({ host, resolves, raises }: Move): HostAlertRule | '' {
  if (raises !== null) return raises.ruleId
  return resolves === null ? host.alert : ''
}

/** True of what an outage of our own would cause too: held back while it lasts. Returns, enrollments, revocations are not. */
export function isForTheWorse(move: Move): boolean {
  return move.raises !== null || WORSE.has(move.to)
}

const WORSE: ReadonlySet<HostState> = new Set<HostState>(['late', 'stale', 'half-dead', 'lagging', 'gone'])

/** The state and the open alert as a row holds them, or null for a state that a newer version wrote. */
export function readHostState(
  state: string,
  alert: string,
): { readonly state: HostState; readonly alert: HostAlertRule | '' } | null {
  // Written before hosts had more than four states; its alert had one rule.
  if (state === 'silent') return { state: 'stale', alert: 'margay.host-silent' }
  const known = HOST_STATES.find(name => name === state)
  if (known === undefined) return null
  return { state: known, alert: HOST_ALERT_RULES.find(rule => rule === alert) ?? '' }
}
