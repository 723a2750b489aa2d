/**
 * How row ids and time belong together. A p_row_id begins with a time of the event, in milliseconds since the epoch, as
 * decimal digits of fixed width: so ids sort by time, and the primary key of the hot events serves ranges of time.
 *
 * The time in the id must be the same whenever the same line comes again. A record without a usable time of its own has
 * only the time of its receipt, which is not: its id begins with the start of that UTC day instead. So what happened
 * within a range lies at `rowIdFloor(from) <= id < rowIdFloor(to)`, and besides among the ids of the day's first
 * millisecond (see `dayStartOf`).
 */

/** 13 digits reach to November 2286. */
const TIME_DIGITS = 13
const TIME_MAX = 10 ** TIME_DIGITS - 1
const DAY_MS = 86_400_000

/** The beginning of every row id of that millisecond. Times outside of 1970 to 2286 are taken as the nearest inside. */
export function rowIdTime(time: number): string {
  const inside = Math.min(Math.max(Math.trunc(time), 0), TIME_MAX)
  return String(inside).padStart(TIME_DIGITS, '0')
}

/** Ids of events at `time` or later are not below this; ids of earlier events are. */
export function rowIdFloor(time: number): string {
  return rowIdTime(time)
}

/** Ids of events later than `time` (in whole milliseconds) are not below this; ids of events up to `time` are. */
export function rowIdCeiling(time: number): string {
  return time >= TIME_MAX ? '~' : rowIdTime(time + 1) // '~' sorts after every digit
}

/** The time in the ids of records that have none of their own, by the time of their receipt (ms since the epoch). */
export function dayStartOf(receivedAt: number): number {
  return Math.floor(receivedAt / DAY_MS) * DAY_MS
}
