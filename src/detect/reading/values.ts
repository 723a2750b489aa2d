/**
 * Column values read strictly. osquery prints every value as text, and a column that was not selected reads `''`: what is
 * not exactly a value of its kind is null, never a guess, so that a comparison with garbage is never true by accident.
 */

/** Longer text is no number of 64 bits: a sign and 20 digits. */
const DIGITS_MAX = 21
const INTEGER = /^[+-]?[0-9]+$/

/** Limits of SQLite's and osquery's integers: BIGINT and UNSIGNED_BIGINT. */
const INT64_MIN = -(2n ** 63n)
const UINT64_MAX = 2n ** 64n - 1n

/** A point of time in seconds, as osquery prints it; columns of type DOUBLE have a fraction (`apps.last_opened_time`). */
const SECONDS = /^[0-9]{1,12}(?:\.[0-9]{1,12})?$/
/** The end of year 9999: what lies behind is no time but a number. */
const SECONDS_END = 253_402_300_800

/**
 * A decimal integer that a double holds exactly; null for anything else (blanks, `1.0`, `0x1f`, `1e3`, `''`).
 *
 * @example int('4444') // 4444
 * @example int('9007199254740993') // null: use `big`
 */
export function int(text: string): number | null {
  if (text.length > DIGITS_MAX || !INTEGER.test(text)) return null
  const value = Number(text)
  // -0 would be another value than 0 for Object.is and for maps of SQL results.
  return Number.isSafeInteger(value) ? value + 0 : null
}

/**
 * A decimal integer of 64 bits, signed or unsigned; null for anything else. For addresses, inodes, LUIDs and masks.
 *
 * @example big('18446744073709551615') // 18446744073709551615n
 */
export function big(text: string): bigint | null {
  if (text.length > DIGITS_MAX || !INTEGER.test(text)) return null
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return value >= INT64_MIN && value <= UINT64_MAX ? value : null
}

/**
 * `1` and `true` (any case) are true, `0` and `false` are false; null for anything else, also for the `-1` by which some
 * tables say that they don't know.
 *
 * @example bool('1') // true
 * @example bool('') // null: not selected, so neither on nor off
 */
export function bool(text: string): boolean | null {
  if (text.length > 5) return null
  const word = text.toLowerCase()
  if (word === '1' || word === 'true') return true
  if (word === '0' || word === 'false') return false
  return null
}

/**
 * A point of time that osquery prints in seconds since the epoch, as milliseconds like all times of Margay. Null for
 * anything else, and for 0 and below, by which tables say "never" or "unknown".
 *
 * @example time('1700000000') // 1700000000000
 */
export function time(text: string): number | null {
  if (!SECONDS.test(text)) return null
  const seconds = Number(text)
  return seconds > 0 && seconds < SECONDS_END ? Math.round(seconds * 1000) : null
}
