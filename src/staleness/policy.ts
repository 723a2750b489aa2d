import type { Settings } from '../env.ts'
import type { HostClass } from './host-class.ts'

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

  /** Least threshold of a host; by it all else is scaled. */
  readonly floorMs: number
  /** Greatest threshold of a host, whatever its rhythm. */
  readonly ceilingMs: number
  /** How often the heartbeat query is to run. */
  readonly heartbeatMs: number
  /** So long a host is watched before its threshold may be less than `learningFloorMs`. */
  readonly learningMs: number
  readonly learningFloorMs: number
  /** A host has a broken log path, and is not silent, while config or live-query requests came within this span … */
  readonly halfDeadWithinMs: number
  /** … and so much later than its last logs that those are missing. */
  readonly halfDeadLeadMs: number
  /** Pulses that trail by more than this make a host lagging … */
  readonly lagMs: number
  /** … until they trail by less than this. */
  readonly lagClearMs: number
  /** After no contact of any kind for so long a host is no longer expected. */
  readonly goneAfterMs: Readonly<Record<HostClass, number>>
  /** A laptop's silence is told after this long. */
  readonly laptopToldAfterMs: number
  /** A host that falls silent this soon after a grave alert on it is told of at once, whatever its class and rhythm. */
  readonly alarmWithinMs: number
  /** Triggers about one host are at least this far apart. */
  readonly toldEveryMs: number
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

/** 24 hours at the default limit: a day has every hour of a host's life once. Thresholds and learning both end there. */
const DAY_LIMITS = 96
/** An hour at the default limit. */
const HOUR_LIMITS = 4
const HOUR_MS = 60 * 60_000
const DAY_MS = 24 * HOUR_MS
/** What README's flagfile tells agents: `config_refresh=300`. Used where the heartbeat is not told. */
const DEFAULT_HEARTBEAT_SECONDS = 300
/** Two heartbeats were due and didn't come, while the config was asked for: no chance. */
const HALF_DEAD_LEAD_HEARTBEATS = 2
/** Well below what opens it, so that a lag around the limit doesn't open and close the alert by turns. */
const LAG_CLEAR_SHARE = 1 / 3
/** Holidays are shorter (Fleet's "missing" and Elastic's unenrollment agree). */
const GONE_AFTER_MS = 30 * DAY_MS
const LAPTOP_TOLD_AFTER_MS = 14 * DAY_MS

type SilenceSettings = Pick<Settings, 'silentAfterSeconds'> &
  Partial<Pick<Settings, 'heartbeatSeconds' | 'silenceLearningSeconds'>>

/** Derives every limit from the one that is configured, `silentAfterSeconds`; the others of the settings refine it. */
export function silencePolicy(settings: SilenceSettings): SilencePolicy {
  const silentAfterMs = settings.silentAfterSeconds * 1_000
  const lateAfterMs = Math.floor(silentAfterMs * LATE_SHARE)
  const { heartbeatSeconds = DEFAULT_HEARTBEAT_SECONDS } = settings
  const learningSeconds = settings.silenceLearningSeconds ?? DAY_LIMITS * settings.silentAfterSeconds
  return {
    ...hostPolicy(silentAfterMs, heartbeatSeconds * 1_000, learningSeconds * 1_000),
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

type HostPolicy = Omit<SilencePolicy, keyof FeedPolicy>
type FeedPolicy = Pick<
  SilencePolicy,
  | 'silentAfterMs'
  | 'lateAfterMs'
  | 'graceMs'
  | 'fallWindowMs'
  | 'massPercent'
  | 'massHosts'
  | 'calmPercent'
  | 'calmHosts'
  | 'patienceMs'
>

function hostPolicy(floorMs: number, heartbeatMs: number, learningMs: number): HostPolicy {
  return {
    floorMs,
    ceilingMs: floorMs * DAY_LIMITS,
    heartbeatMs,
    learningMs,
    learningFloorMs: floorMs * HOUR_LIMITS,
    halfDeadWithinMs: floorMs,
    halfDeadLeadMs: Math.min(HALF_DEAD_LEAD_HEARTBEATS * heartbeatMs, Math.floor(floorMs * LATE_SHARE)),
    lagMs: floorMs,
    lagClearMs: Math.floor(floorMs * LAG_CLEAR_SHARE),
    goneAfterMs: {
      server: GONE_AFTER_MS,
      laptop: GONE_AFTER_MS,
      ephemeral: Math.min(DAY_MS, floorMs * DAY_LIMITS),
    },
    laptopToldAfterMs: LAPTOP_TOLD_AFTER_MS,
    alarmWithinMs: floorMs,
    toldEveryMs: Math.min(HOUR_MS, floorMs * HOUR_LIMITS),
  }
}
