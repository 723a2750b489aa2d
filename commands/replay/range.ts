/** From when until when, ms since the epoch; the end is not part of it. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * Reads two ends of a range: `now`, a span before now (`36h`), a day (`2026-11-24`), an hour of it (`2026-11-24T13`) or a
 * time (`2026-11-24T13:05`, with seconds if need be). Days and times are in UTC.
 *
 * @returns the range, or what is wrong
 */
export function rangeOf(from: string, to: string, now: number): TimeRange | string {
  const [start, end] = [instantOf(from, now), instantOf(to, now)]
  const wrong = start === null ? from : end === null ? to : null
  if (start === null || end === null) {
    return `"${wrong}" is no time: write now, 24h for a day ago, 2026-11-24, or 2026-11-24T13:05 (UTC)`
  }
  return start < end ? { from: start, to: end } : `nothing lies from ${from} until ${to}`
}

function instantOf(text: string, now: number): number | null {
  if (text === 'now') return now
  const [, count, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? []
  if (unit === 'm' || unit === 'h' || unit === 'd') return now - Number(count) * UNIT_MS[unit]
  const [, day, hour = '00', minute = '00', second = '00'] =
    /^(\d{4}-\d{2}-\d{2})(?:T(\d{2})(?::(\d{2})(?::(\d{2}))?)?Z?)?$/.exec(text) ?? []
  if (day === undefined) return null
  const instant = Date.parse(`${day}T${hour}:${minute}:${second}Z`)
  // 2026-02-30 would become a day of March.
  return Number.isNaN(instant) || !new Date(instant).toISOString().startsWith(day) ? null : instant
}
