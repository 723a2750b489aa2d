export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** 2026-11-30T00:00:00Z, a Monday: the week begins at midnight. */
export const WEEK_START = Date.UTC(2026, 10, 30)

/** A span of time: from `from` up to but not including `to`, ms since the epoch. */
export interface Span {
  readonly from: number
  readonly to: number
}

export function isWithin({ from, to }: Span, at: number): boolean {
  return at >= from && at < to
}
