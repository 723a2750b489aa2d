import { MAX_REJECTION_BYTES, SALVAGE_EFFORT } from './limits.ts'
import type { ParsedRecord } from './record-text.ts'

/** A stretch of damaged bytes: either an intact log line that was found within, or what lies between such lines. */
export type Salvaged =
  | ({ readonly kind: 'record' } & ParsedRecord)
  | { readonly kind: 'lost'; readonly bytes: Uint8Array }

/** No intact line is longer: osquery's own cap (`logger_tls_max_linesize`). */
const MAX_LINE_BYTES = 1024 * 1024

/**
 * Looks for intact log lines in bytes whose JSON is damaged: an unescaped quote or a missing bracket would otherwise
 * swallow every line behind it. Only objects that look like a whole log line are taken, so that a row of a broken
 * snapshot is never mistaken for one.
 *
 * @param parse  how one object's text becomes a value, or null when it is not JSON
 */
export function salvage(bytes: Uint8Array, parse: (bytes: Uint8Array) => ParsedRecord | null): Salvaged[] {
  const found: Salvaged[] = []
  let effort = bytes.length * SALVAGE_EFFORT
  let lostFrom = 0
  let at = bytes.indexOf(0x7b)
  while (at >= 0 && effort > 0) {
    const end = endOfObject(bytes, at)
    effort -= (end ?? Math.min(bytes.length, at + MAX_LINE_BYTES)) - at
    const parsed = end === null ? null : parse(bytes.subarray(at, end))
    if (end !== null && parsed !== null && looksLikeLogLine(parsed.value)) {
      pushLost(found, bytes.subarray(lostFrom, at))
      found.push({ kind: 'record', ...parsed })
      lostFrom = end
    }
    // An intact object that is no log line holds none either.
    at = bytes.indexOf(0x7b, parsed === null || end === null ? at + 1 : end)
  }
  pushLost(found, bytes.subarray(lostFrom))
  return found
}

function looksLikeLogLine(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return (
    Object.hasOwn(value, 'columns') ||
    Object.hasOwn(value, 'snapshot') ||
    Object.hasOwn(value, 'diffResults') ||
    (Object.hasOwn(value, 'message') && Object.hasOwn(value, 'filename'))
  )
}

/** Commas, brackets and space between two lines are no loss. */
function pushLost(found: Salvaged[], bytes: Uint8Array): void {
  const holdsSomething = bytes.some(byte => byte > 0x20 && byte !== 0x2c && byte !== 0x5d && byte !== 0x7d)
  if (holdsSomething) found.push({ kind: 'lost', bytes: bytes.slice(0, MAX_REJECTION_BYTES) })
}

/** Index behind the object that opens at `from`, or null when it does not close within a line's length. */
function endOfObject(bytes: Uint8Array, from: number): number | null {
  const last = Math.min(bytes.length, from + MAX_LINE_BYTES)
  let depth = 0
  let inString = false
  for (let at = from; at < last; at++) {
    const byte = bytes[at]
    if (inString) {
      if (byte === 0x5c) at++
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x7b || byte === 0x5b) depth++
    else if (byte === 0x7d || byte === 0x5d) {
      depth--
      if (depth === 0) return at + 1
    }
  }
  return null
}
