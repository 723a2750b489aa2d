import type { Settings } from '../env.ts'

/** The limits by which hosts and the feed are judged. All times in milliseconds. */
export interface SilencePolicy {
  /** A host that was live is silent after this long without a sign of life. */
  readonly silentAfterMs: number
  /** From this age of its last sign of life on, a host counts towards mass silence. Below `silentAfterMs`. */
  readonly lateAfterMs: number
  /** A host that enrolled has this long to give its first sign of life. */
  readonly graceMs: number
  /** Hosts that fell silent this recently count towards mass silence too. */
  readonly fallWindowMs: number
  /** The feed is silent when more than this share of the watched hosts is missing … */
  readonly massPercent: number
  /** … and at least this many. */
  readonly massHosts: number
  /** The feed is back when at most this share of the watched hosts is missing … */
  readonly calmPercent: number
  /** … or at most this many: a small fleet may have lost a host for good in the outage. */
  readonly calmHosts: number
  /** After the feed is back, hosts have this long before they are judged one by one again. */
  readonly patienceMs: number
}

/**
 * Hosts send within one heartbeat of each other, so in an outage they cross the limit one after the other. Two thirds of
 * the limit (two of three heartbeats) sees the whole fleet missing when its first host crosses.
 */
const LATE_SHARE = 2 / 3
/** Two limits: 30 minutes by default, enough for osquery's twelve attempts to enroll and its first schedule. */
const GRACE_LIMITS = 2
/** The span over which hosts falling silent are held to be one happening. */
const MAX_FALL_WINDOW_MS = 10 * 60_000
/** osquery's back-off reaches an hour after failed sends (period × n², at most 3,600 s); a quarter more for its jitter. */
const MAX_PATIENCE_MS = 75 * 60_000
/** 75 minutes at the default limit of 15; shorter where a demonstration shortens the limit. */
const PATIENCE_LIMITS = 5
const MASS_PERCENT = 20
const MASS_HOSTS = 5
/** Half of what opens the feed alert: between the two nothing changes, so it can't flap around one number. */
const CALM_PERCENT = 10
const CALM_HOSTS = 2

/** Derives every limit from the one that is configured, `silentAfterSeconds`. */
export function silencePolicy(settings: Pick<Settings, 'silentAfterSeconds'>): SilencePolicy {
  const silentAfterMs = settings.silentAfterSeconds * 1_000
  const lateAfterMs = Math.floor(silentAfterMs * LATE_SHARE)
  return {
    silentAfterMs,
    lateAfterMs,
    graceMs: silentAfterMs * GRACE_LIMITS,
    fallWindowMs: Math.min(MAX_FALL_WINDOW_MS, lateAfterMs),
    massPercent: MASS_PERCENT,
    massHosts: MASS_HOSTS,
    calmPercent: CALM_PERCENT,
    calmHosts: CALM_HOSTS,
    patienceMs: Math.min(MAX_PATIENCE_MS, silentAfterMs * PATIENCE_LIMITS),
  }
}
