import type { Flag } from '../detect/event.ts'

/** When something happened, and whether that can be believed. */
export interface EventTime {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Whether `at` is the record's own; if not, it is the time of receipt. */
  readonly own: boolean
  readonly flag: Extract<Flag, 'time_disagrees' | 'time_received'> | null
}

/** 2014-01-01, the year of osquery's first release: an earlier clock is a broken clock. */
const EARLIEST_MS = Date.UTC(2014, 0, 1)
/** A clock this much ahead is a broken clock too. */
const MAX_AHEAD_MS = 24 * 60 * 60 * 1000
/** Beyond this the two times of a record contradict each other. */
const MAX_DISAGREEMENT_MS = 5 * 60 * 1000

/**
 * The time of an event: `unixTime` when sane, else `calendarTime` in whatever spelling, else the time of receipt.
 *
 * @param unixTime  seconds since the epoch, or null
 * @param calendarTime  as sent
 * @param receivedAt  ms since the epoch
 */
export function eventTime(unixTime: number | null, calendarTime: string, receivedAt: number): EventTime {
  const calendar = parseCalendarTime(calendarTime)
  const unix = unixTime === null ? null : unixTime * 1000
  if (unix !== null && isSane(unix, receivedAt)) {
    const disagrees = calendar !== null && Math.abs(calendar - unix) > MAX_DISAGREEMENT_MS
    return { at: Math.round(unix), own: true, flag: disagrees ? 'time_disagrees' : null }
  }
  if (calendar !== null && isSane(calendar, receivedAt)) return { at: calendar, own: true, flag: null }
  return { at: receivedAt, own: false, flag: 'time_received' }
}

function isSane(at: number, receivedAt: number): boolean {
  return at >= EARLIEST_MS && at <= receivedAt + MAX_AHEAD_MS
}

/** asctime, the zone (always UTC) since osquery 1.4.5, the day padded with a space or not at all. */
const ASCTIME = /^[A-Za-z]{3} +([A-Za-z]{3}) +(\d{1,2}) +(\d{1,2}):(\d{2}):(\d{2}) +(\d{4})(?: +[A-Z]{1,5})?$/
/** ISO 8601, as forwarders rewrite it; without a zone it is taken for UTC. */
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:Z| ?UTC|([+-])(\d{2}):?(\d{2}))?$/

/** Longer text is no time in any spelling. */
const MAX_CALENDAR_CHARS = 40

/** Offsets in asctime's fixed form, `Thu Jan  1 00:01:01 2026`, by far the most frequent one. */
const FIXED = { month: 4, day: 8, hour: 11, minute: 14, second: 17, year: 20, end: 24 } as const

/** @returns milliseconds since the epoch, or null for text that is no time (`now`, `no_time`, empty) or no date */
export function parseCalendarTime(text: string): number | null {
  if (text.length < 19 || text.length > MAX_CALENDAR_CHARS) return null
  return parseFixed(text) ?? parseAsctime(text) ?? parseIso(text)
}

/** By hand, since it is done for every second that a host logs in; null for any other form. */
function parseFixed(text: string): number | null {
  if (text.length !== FIXED.end && !(text.length === FIXED.end + 4 && text.endsWith(' UTC'))) return null
  const month = MONTH_TEXT.indexOf(text.slice(FIXED.month, FIXED.month + 3))
  const tens = text.charCodeAt(FIXED.day) === SPACE ? 0 : digits(text, FIXED.day, 1) * 10
  const day = tens + digits(text, FIXED.day + 1, 1)
  const hour = digits(text, FIXED.hour, 2)
  const minute = digits(text, FIXED.minute, 2)
  const second = digits(text, FIXED.second, 2)
  const year = digits(text, FIXED.year, 4)
  const fits = text.charCodeAt(13) === COLON && text.charCodeAt(16) === COLON && text.charCodeAt(19) === SPACE
  if (!fits || month % 3 !== 0 || Number.isNaN(day + hour + minute + second + year)) return null
  return utc(year, month / 3, day, hour, minute, second)
}

const MONTH_TEXT = 'JanFebMarAprMayJunJulAugSepOctNovDec'
const SPACE = 0x20
const COLON = 0x3a

/** A number of fixed width, or NaN when something else stands there. */
function digits(text: string, from: number, width: number): number {
  let value = 0
  for (let i = from; i < from + width; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function parseAsctime(text: string): number | null {
  const [, month = '', day, hour, minute, second, year] = ASCTIME.exec(text) ?? []
  const monthAt = MONTH_TEXT.indexOf(month)
  if (month === '' || monthAt % 3 !== 0) return null
  return utc(Number(year), monthAt / 3, Number(day), Number(hour), Number(minute), Number(second))
}

function parseIso(text: string): number | null {
  const parts = ISO.exec(text)
  if (parts === null) return null
  const [, year, month, day, hour, minute, second, sign, zoneHours, zoneMinutes] = parts
  const date = [Number(year), Number(month) - 1, Number(day)] as const
  const local = utc(...date, Number(hour), Number(minute), Number(second))
  if (local === null || sign === undefined) return local
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000
  return sign === '+' ? local - offset : local + offset
}

/** Date.UTC takes the 31st of February for a day in March; here it is no time. */
function utc(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | null {
  if (month < 0 || month > 11 || day < 1 || hour > 23 || minute > 59 || second > 60) return null
  const at = Date.UTC(year, month, day, hour, minute, second)
  // Only days behind the 28th can be too many.
  return day <= 28 || new Date(Date.UTC(year, month, day)).getUTCDate() === day ? at : null
}
