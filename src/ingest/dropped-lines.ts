import type { OsqueryEvent } from '../detect/event.ts'
import { minuteOf } from '../store/counters.ts'
import type { DroppedLines } from '../store/dropped-lines.ts'

/** One message stands for so many lines at most: the number is the host's word, and its sum must stay a whole number. */
const LINES_MAX = 10_000_000

/** Up to osquery 4.0, and since (plugins/logger/tls_logger.cpp): one line that was too long. */
const TOO_LONG = ['Line exceeds TLS logger max', 'Linesize exceeds TLS logger maximum']

/** `limit (<buffered_log_max>) exceeded: <lines in the buffer>` (osquery/core/plugins/logger/buffered.cpp): the difference goes. */
const PURGED = /Purging buffered logs limit \((\d{1,15})\) exceeded: (\d{1,15})/

/** What hosts say that they threw away, by event. Each counts once, whatever comes again: see `countDroppedLines`. */
export function droppedLinesOf(events: readonly OsqueryEvent[], now: number): DroppedLines[] {
  return events.flatMap(event => {
    const lines = event.p_log_type === 'Osquery.Status' ? linesIn(event.message ?? '') : 0
    if (lines === 0) return []
    return [{ rowId: event.p_row_id, hostId: event.p_host_id, minute: minuteOf(now), lines }]
  })
}

function linesIn(message: string): number {
  if (TOO_LONG.some(sign => message.includes(sign))) return 1
  const [, limit, buffered] = PURGED.exec(message) ?? []
  if (limit === undefined || buffered === undefined) return 0
  return Math.min(LINES_MAX, Math.max(0, Number(buffered) - Number(limit)))
}
