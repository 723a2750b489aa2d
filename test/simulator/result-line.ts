/** The shapes in which osquery 5 writes its result lines, member for member in its order. */

export interface LineHead {
  readonly name: string
  readonly hostIdentifier: string
  /** Seconds since the epoch. */
  readonly unixTime: number
  /** 0 for a first full result, then counting up. */
  readonly counter: number
  readonly decorations?: Readonly<Record<string, string>>
}

export type Columns = Readonly<Record<string, string>>

/** One row of a differential query, `--logger_event_type=true`. */
export function eventLine(head: LineHead, action: 'added' | 'removed', columns: Columns): string {
  return JSON.stringify({ ...members(head), columns: sorted(columns), action })
}

/** One row of a snapshot query, `--logger_snapshot_event_type=true`. */
export function snapshotEventLine(head: LineHead, columns: Columns): string {
  return JSON.stringify({ ...members({ ...head, counter: 0 }), columns: sorted(columns), action: 'snapshot' })
}

/** All rows of a snapshot query in one line, `--logger_snapshot_event_type=false`; may hold none. */
export function snapshotLine(head: LineHead, rows: readonly Columns[]): string {
  return JSON.stringify({
    snapshot: rows.map(sorted),
    action: 'snapshot',
    ...members({ ...head, counter: 0 }),
  })
}

/** All changes of one run in one line, `--logger_event_type=false`. */
export function batchLine(head: LineHead, removed: readonly Columns[], added: readonly Columns[]): string {
  return JSON.stringify({
    diffResults: { removed: removed.map(sorted), added: added.map(sorted) },
    ...members(head),
  })
}

/** asctime in UTC: `Thu Jan  1 00:01:01 2026 UTC`, the day padded with a space. */
export function calendarTime(unixTime: number): string {
  const [weekday, day, month, year, time] = new Date(unixTime * 1000).toUTCString().split(/,? /)
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year} UTC`
}

function members(head: LineHead): Record<string, unknown> {
  return {
    name: head.name,
    hostIdentifier: head.hostIdentifier,
    calendarTime: calendarTime(head.unixTime),
    unixTime: head.unixTime,
    epoch: 0,
    counter: head.counter,
    numerics: false,
    ...(head.decorations === undefined ? {} : { decorations: sorted(head.decorations) }),
  }
}

/** osquery writes columns and decorations sorted by name. */
function sorted(row: Columns): Columns {
  return Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))
}
