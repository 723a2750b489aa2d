import { readGuardedState, type StateRow, writeGuardedState } from './guarded-state.ts'

const FEED = 'feed'
const MINUTES_IN_DAY = 1_440
const HALF_HOUR_MINUTES = 30

/** What the last run knew of the feed, or null before the first one. */
export async function readFeedState(db: D1Database): Promise<StateRow | null> {
  return await readGuardedState(db, FEED)
}

/**
 * Writes the feed's state; the batch they stand in is refused when another run wrote it since it was read.
 * @param version  as read; 0 when there was none
 */
export function writeFeedState(db: D1Database, value: string, version: number): D1PreparedStatement[] {
  return writeGuardedState(db, FEED, value, version)
}

/** A counter that tells how the feed is; `minute` is minutes since the epoch. */
export interface CountedMinute {
  readonly minute: number
  readonly name: 'posts' | 'posts_refused' | 'silence_checks_failed'
  readonly value: number
}

/** Counters of the minutes from `first` to `last`, both included: a handful of look-ups for each. */
export function selectRecentTraffic(db: D1Database, first: number, last: number): D1PreparedStatement {
  return db
    .prepare(
      `WITH RECURSIVE minutes (minute) AS (SELECT ?1 UNION ALL SELECT minute + 1 FROM minutes WHERE minute < ?2)
       SELECT c.minute AS minute, c.name AS name, sum(c.value) AS value
       FROM minutes CROSS JOIN json_each('["posts", "posts_refused", "silence_checks_failed"]') n
       CROSS JOIN counters c ON c.minute = minutes.minute AND c.name = n.value GROUP BY 1, 2`,
    )
    .bind(first, last)
}

/** The posts of the hour around one time of day. */
export interface UsualHour {
  readonly daysAgo: number
  readonly posts: number
}

/** Posts in the hour around this minute on each of the seven days before that the counters know wholly: 420 look-ups. */
export function selectUsualTraffic(db: D1Database, minute: number): D1PreparedStatement {
  return db
    .prepare(
      `WITH RECURSIVE minutes (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM minutes WHERE n < ${2 * HALF_HOUR_MINUTES - 1})
       SELECT d.value AS daysAgo, coalesce(sum(c.value), 0) AS posts
       FROM json_each('[1, 2, 3, 4, 5, 6, 7]') d CROSS JOIN minutes
       LEFT JOIN counters c
         ON c.minute = ?1 - d.value * ${MINUTES_IN_DAY} - ${HALF_HOUR_MINUTES} + minutes.n AND c.name = 'posts' AND c.label = ''
       WHERE (SELECT min(minute) FROM counters) <= ?1 - d.value * ${MINUTES_IN_DAY} - ${HALF_HOUR_MINUTES}
       GROUP BY 1`,
    )
    .bind(minute)
}
