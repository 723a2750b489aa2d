import { type CanaryRound, selectCanary } from './canary.ts'
import { minuteOf } from './counters.ts'

/** One count in one bucket. */
interface CountedBucket {
  readonly name: string
  readonly label: string
  /** Milliseconds since the epoch at which the bucket begins. */
  readonly at: number
  readonly value: number
}

/** A count over the whole range. */
interface CountedTotal {
  readonly name: string
  readonly label: string
  readonly value: number
}

export interface CounterSeries {
  readonly buckets: readonly CountedBucket[]
  /** True when there were more buckets than the cap; the totals are whole even then. */
  readonly truncated: boolean
  readonly totals: readonly CountedTotal[]
}

/** What waits, and for how long. Times are milliseconds since the epoch. */
export interface Backlog {
  readonly pendingDeliveries: number
  readonly oldestPendingAt: number | null
  readonly parkedDeliveries: number
  /** When the last canary was sent that came through every stage. */
  readonly canarySeenAt: number | null
  readonly quarantined: number
  /** True when there are more in quarantine than were counted. */
  readonly quarantinedCapped: boolean
  readonly hosts: readonly { readonly state: string; readonly hosts: number }[]
  readonly feed: { readonly phase: string; readonly evaluatedAt: number } | null
}

/** 250 points of each of 80 series: about 1 MB of JSON. */
const MAX_BUCKETS = 20_000
/** Quarantine is to be looked at, not counted to the last: this bounds the rows read. */
const QUARANTINE_COUNT_CAP = 10_000
const MINUTE_MS = 60_000

/** A running count of a whole day, kept among the minutes; summing it would count events twice. */
const NOT_PER_MINUTE = "name <> 'hot_events_of_day'"

/**
 * Sums the per-minute counters of a range into buckets.
 * @param from  milliseconds since the epoch, rounded down to its minute
 * @param to  milliseconds since the epoch, exclusive, rounded up to its minute
 * @param bucketMinutes  length of a bucket; buckets are aligned to the epoch
 */
export async function counterSeries(
  db: D1Database,
  from: number,
  to: number,
  bucketMinutes: number,
): Promise<CounterSeries> {
  const first = minuteOf(from)
  const end = minuteOf(to + MINUTE_MS - 1)
  const [buckets, totals] = await db.batch([
    db
      .prepare(
        `SELECT name, label, minute / ?3 * ?3 * ${MINUTE_MS} AS at, sum(value) AS value FROM counters
         WHERE minute >= ?1 AND minute < ?2 AND ${NOT_PER_MINUTE}
         GROUP BY name, label, at ORDER BY name, label, at LIMIT ?4`,
      )
      .bind(first, end, bucketMinutes, MAX_BUCKETS + 1),
    db
      .prepare(
        `SELECT name, label, sum(value) AS value FROM counters
         WHERE minute >= ?1 AND minute < ?2 AND ${NOT_PER_MINUTE}
         GROUP BY name, label ORDER BY name, label`,
      )
      .bind(first, end),
  ])
  // The rows are shaped by the SELECTs above.
  const rows = (buckets?.results ?? []) as CountedBucket[]
  return {
    buckets: rows.slice(0, MAX_BUCKETS),
    truncated: rows.length > MAX_BUCKETS,
    totals: (totals?.results ?? []) as CountedTotal[],
  }
}

interface DeliveryCount {
  readonly state: string
  readonly deliveries: number
  readonly oldest: number | null
}

/** What waits to be delivered, what is parked, what lies in quarantine, how the hosts and the feed are. */
export async function backlog(db: D1Database): Promise<Backlog> {
  const [deliveries, quarantine, hosts, feed, canary] = await db.batch([
    db.prepare(
      `SELECT state, count(*) AS deliveries, min(created_at) AS oldest FROM deliveries
       WHERE state IN ('pending', 'leased', 'parked') GROUP BY state`,
    ),
    db.prepare('SELECT count(*) AS n FROM (SELECT 1 FROM quarantine LIMIT ?)').bind(QUARANTINE_COUNT_CAP + 1),
    db.prepare('SELECT silence_state AS state, count(*) AS hosts FROM hosts GROUP BY 1 ORDER BY 1'),
    db.prepare(
      `SELECT value->>'phase' AS phase, value->>'evaluatedAt' AS evaluatedAt FROM states WHERE name = 'feed'`,
    ),
    selectCanary(db),
  ])
  // The rows are shaped by the SELECTs above.
  const counts = (deliveries?.results ?? []) as DeliveryCount[]
  const waiting = counts.filter(({ state }) => state !== 'parked')
  const quarantined = ((quarantine?.results ?? []) as { n: number }[])[0]?.n ?? 0
  return {
    pendingDeliveries: waiting.reduce((sum, row) => sum + row.deliveries, 0),
    oldestPendingAt: waiting.reduce<number | null>((oldest, row) => earlier(oldest, row.oldest), null),
    parkedDeliveries: counts.find(({ state }) => state === 'parked')?.deliveries ?? 0,
    canarySeenAt: ((canary?.results ?? []) as CanaryRound[])[0]?.seenAt ?? null,
    quarantined: Math.min(quarantined, QUARANTINE_COUNT_CAP),
    quarantinedCapped: quarantined > QUARANTINE_COUNT_CAP,
    hosts: (hosts?.results ?? []) as { state: string; hosts: number }[],
    feed: ((feed?.results ?? []) as { phase: string; evaluatedAt: number }[])[0] ?? null,
  }
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
