const SECOND_MS = 1000

/** A destination may ask for as little or as much patience as this; what lies outside is moved to the edge. */
const RETRY_AFTER_MIN_MS = SECOND_MS
const RETRY_AFTER_MAX_MS = 3_600_000

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Sun, 06 Nov 1994 08:49:37 GMT`: the form to send. */
const IMF_FIXDATE = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/
/** `Sunday, 06-Nov-94 08:49:37 GMT`: obsolete, still to be understood. */
const RFC_850 = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/
/** `Sun Nov  6 08:49:37 1994`: obsolete, still to be understood. */
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/

/**
 * Reads a Retry-After header: seconds or an HTTP date (RFC 9110, 10.2.3 and 5.6.7).
 * @param now  ms since the epoch, to turn a date into a delay
 * @returns a delay from one second to one hour, or null when the header is absent or neither of the two
 */
export function parseRetryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? ''
  const delay = /^\d+$/.test(text) ? Number(text) * SECOND_MS : untilDate(text, now)
  if (delay === null) return null
  return Math.min(Math.max(delay, RETRY_AFTER_MIN_MS), RETRY_AFTER_MAX_MS)
}

function untilDate(text: string, now: number): number | null {
  const time = httpDate(text, now)
  return time === null ? null : time - now
}

function httpDate(text: string, now: number): number | null {
  const fixdate = IMF_FIXDATE.exec(text)
  if (fixdate !== null) return utc(fixdate[3], fixdate[2], fixdate[1], fixdate.slice(4))
  const rfc850 = RFC_850.exec(text)
  if (rfc850 !== null) return utc(fullYear(rfc850[3], now), rfc850[2], rfc850[1], rfc850.slice(4))
  const asctime = ASCTIME.exec(text)
  if (asctime !== null) return utc(asctime[6], asctime[1], asctime[2], asctime.slice(3, 6))
  return null
}

/** RFC 9110, 5.6.7: two digits more than 50 years ahead mean the most recent past year that ends so. */
function fullYear(twoDigits: string | undefined, now: number): string {
  const thisYear = new Date(now).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + Number(twoDigits)
  return String(year > thisYear + 50 ? year - 100 : year)
}

function utc(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  clock: readonly string[],
): number | null {
  const monthIndex = MONTHS.indexOf(month ?? '')
  if (monthIndex < 0) return null
  const [hours, minutes, seconds] = clock.map(Number)
  return Date.UTC(Number(year), monthIndex, Number(day), hours, minutes, seconds)
}
