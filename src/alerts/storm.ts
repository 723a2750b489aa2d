import type { Severity } from '../detect/severity.ts'
import type { Storm } from '../store/storms.ts'
import { alertIdOf } from './identity.ts'

/** Alerts of one severity that a rule may open in an hour before it is a storm. More than people read one by one. */
export const NEW_ALERTS_PER_HOUR = 25
export const STORM_HOUR_MS = 3_600_000

/** What becomes of openings that a rule makes at one moment. */
export interface Admission {
  readonly storm: Storm
  /** How many of them are told, the first ones; the others are held back. */
  readonly told: number
}

/** The kinds of alert that come from rules, and so in storms. */
type RuleKind = Storm['kind']

/** Names what is counted together. By severity too: a critical must not hide in a storm of lows. */
export function stormKeyOf(kind: RuleKind, ruleId: string, severity: Severity): string {
  return JSON.stringify([kind, ruleId, severity])
}

/** Of a rule that never opened an alert. */
export function noStorm(kind: RuleKind, ruleId: string, severity: Severity): Storm {
  return {
    kind,
    ruleId,
    severity,
    hourStartedAt: 0,
    hourCount: 0,
    episode: 0,
    alertId: '',
    beganAt: 0,
    lastHeldAt: 0,
    heldCount: 0,
    version: 0,
  }
}

/**
 * Decides how many of the alerts that a rule opens are told: 25 in the hour that begins with the first, then none until
 * the storm is ended (`calmed`), an hour after the last that was held back.
 */
export function admit(storm: Storm, count: number, now: number): Admission {
  const version = storm.version + 1
  if (storm.alertId !== '') return { storm: held({ ...storm, version }, count, now), told: 0 }
  const isNewHour = now - storm.hourStartedAt >= STORM_HOUR_MS
  const before = isNewHour ? 0 : storm.hourCount
  const told = Math.min(count, Math.max(0, NEW_ALERTS_PER_HOUR - before))
  const counted = {
    ...storm,
    hourStartedAt: isNewHour ? now : storm.hourStartedAt,
    hourCount: before + told,
    version,
  }
  if (told === count) return { storm: counted, told }
  const episode = storm.episode + 1
  const begun = { ...counted, episode, alertId: stormAlertId(storm, episode), beganAt: now, heldCount: 0 }
  return { storm: held(begun, count - told, now), told }
}

/** Whether nothing was held back for an hour. */
export function isQuiet(storm: Storm, now: number): boolean {
  return storm.alertId !== '' && now - storm.lastHeldAt >= STORM_HOUR_MS
}

/** The storm as it is when it is over: a new hour begins with the next alert. */
export function calmed(storm: Storm): Storm {
  return { ...storm, alertId: '', hourCount: 0, hourStartedAt: 0, heldCount: 0, version: storm.version + 1 }
}

/** The dedup string of the alert that stands for a storm; its kind is `system`, its rule that of the storm. */
export function stormDedup({ kind, severity }: Pick<Storm, 'kind' | 'severity'>): string {
  return `storm:${kind}:${severity}`
}

/** `{hosts}` is filled in where hosts are counted. */
export function stormTitle({ kind, ruleId, severity, heldCount }: Storm): string {
  const what = kind === 'match' ? 'of' : 'about errors of'
  const alerts = heldCount === 1 ? 'alert' : 'alerts'
  return `Storm: ${heldCount} more ${severity} ${alerts} ${what} ${ruleId} on {hosts}`
}

function stormAlertId(storm: Storm, episode: number): string {
  return alertIdOf('system', storm.ruleId, stormDedup(storm), episode)
}

function held(storm: Storm, count: number, now: number): Storm {
  return { ...storm, heldCount: storm.heldCount + count, lastHeldAt: Math.max(storm.lastHeldAt, now) }
}
