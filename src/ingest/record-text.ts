const decoder = new TextDecoder()
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** One record's value with the text it was parsed from, after repairs. */
export interface ParsedRecord {
  readonly value: unknown
  readonly text: string
  /** Invalid UTF-8 was replaced, or NUL or a raw control character removed. */
  readonly repaired: boolean
}

/**
 * Parses one record. Text that osquery should not have sent is mended where the meaning is plain: invalid UTF-8 becomes
 * U+FFFD (snapshots, decorations and status lines may carry it raw: osquery does not escape them), NUL is taken out
 * (D1 and many sinks end text there), raw control characters become spaces.
 *
 * @returns null when it is not JSON even then
 */
export function parseRecord(bytes: Uint8Array): ParsedRecord | null {
  let text = decoder.decode(bytes)
  let repaired = text.includes('\uFFFD') && !isUtf8(bytes)
  if (text.includes('\\u0000')) {
    const without = text.replace(ESCAPE, sequence => (sequence === '\\u0000' ? '' : sequence))
    repaired ||= without !== text
    text = without
  }
  const value = tryParse(text)
  if (value !== NOT_JSON) return { value, text, repaired }
  if (!CONTROL.test(text)) return null
  const mended = text.replaceAll('\0', '').replace(CONTROLS, ' ')
  const mendedValue = tryParse(mended)
  return mendedValue === NOT_JSON ? null : { value: mendedValue, text: mended, repaired: true }
}

/** One escape sequence, so that the second half of an escaped backslash is never taken for the start of another. */
const ESCAPE = /\\(?:u0000|.)/gs

// C0 only: DEL and C1 may stand in a JSON string as they are.
const CONTROL = /[^\P{Cc}\u007f-\u009f]/u
const CONTROLS = /[^\P{Cc}\u007f-\u009f]/gu

const NOT_JSON = Symbol('not JSON')

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return NOT_JSON
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictDecoder.decode(bytes)
    return true
  } catch {
    return false
  }
}
