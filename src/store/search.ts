import type { LogType, OsqueryEvent } from '../detect/event.ts'
import { dayStartOf, rowIdCeiling, rowIdFloor } from './row-id-range.ts'

/** What to look for; what is null does not matter. */
export interface EventFilters {
  /** Milliseconds since the epoch, inclusive. */
  readonly from: number | null
  /** Milliseconds since the epoch, exclusive. */
  readonly to: number | null
  /** A host id, or the hostname or identifier of hosts. */
  readonly host: string | null
  /** The query's name, with or without its pack. */
  readonly query: string | null
  readonly table: string | null
  readonly logType: LogType | null
  /** An address, hash, name …: a value of any p_any_ list, whole, in either case (ASCII). */
  readonly indicator: string | null
  /** Text anywhere in the event, in either case (ASCII). */
  readonly text: string | null
}

export interface EventPage {
  /** Latest first. May be fewer than asked for, or none, although more follow. */
  readonly items: readonly OsqueryEvent[]
  /** Hand it back for the next page; null at the end. */
  readonly nextCursor: string | null
}

/** Bounds of one page of a search. */
export interface SearchLimits {
  readonly items: number
  readonly rowsScanned: number
  readonly chars: number
}

/**
 * 20,000 rows are some 30 MB that D1 goes through in a fraction of a second; a search that finds little goes on with the
 * next page. 4 million characters of events hold more than anyone reads at once, and a handful of giant events.
 */
const LIMITS: SearchLimits = { items: 500, rowsScanned: 20_000, chars: 4_000_000 }

/**
 * Searches the hot events, latest first (by the time in the row id: events without a time of their own stand at the
 * start of their day).
 *
 * @param limit  events wanted; at least 1, and no more than 500 are given
 * @param cursor  null for the first page, else the `nextCursor` of the page before
 * @returns null when the cursor is not one of ours
 */
export async function searchEvents(
  db: D1Database,
  filters: EventFilters,
  limit: number,
  cursor: string | null,
  limits: SearchLimits = LIMITS,
): Promise<EventPage | null> {
  if (cursor !== null && !CURSOR.test(cursor)) return null
  const wanted = Math.min(Math.max(Math.trunc(limit), 1), limits.items)
  const found: Hit[] = []
  let end: string | null = null
  for (const range of rangesOf(filters, cursor)) {
    const scanned = await scan(db, filters, range, wanted - found.length, limits.rowsScanned)
    found.push(...scanned.hits)
    end = scanned.end
    if (end !== null) break
  }
  return pageOf(db, found, end, limits.chars)
}

/** A row id, and nothing that could be mistaken for one. */
const CURSOR = /^\d{13}[0-9A-Za-z._~-]{0,200}$/

/** Ids from `floor` inclusive to `ceiling` exclusive. */
interface Range {
  readonly floor: string
  readonly ceiling: string
}

interface Hit {
  readonly id: string
  readonly chars: number
}

/** The parts of the primary key that can hold what happened between `from` and `to`, latest first, up to the cursor. */
function rangesOf({ from, to }: EventFilters, cursor: string | null): Range[] {
  const ceiling = to === null ? LAST : rowIdFloor(to)
  const ranges = [{ floor: from === null ? '' : rowIdFloor(from), ceiling }]
  if (from !== null) {
    // Events of that day without a time of their own: they happened when received, but stand at the start of the day.
    const day = dayStartOf(from)
    ranges.push({ floor: rowIdFloor(day), ceiling: least(rowIdCeiling(day), rowIdFloor(from)) })
  }
  return ranges
    .map(range => ({ ...range, ceiling: cursor === null ? range.ceiling : least(range.ceiling, cursor) }))
    .filter(range => range.floor < range.ceiling)
}

/** Sorts after every row id. */
const LAST = '~'

function least(a: string, b: string): string {
  return a < b ? a : b
}

/** Finds up to `wanted` hits in a range. `end` is where to go on, or null when the range is done. */
async function scan(
  db: D1Database,
  filters: EventFilters,
  range: Range,
  wanted: number,
  rowsScanned: number,
): Promise<{ hits: readonly Hit[]; end: string | null }> {
  const { results } = await scanStatement(db, filters, range, wanted, rowsScanned).all<Hit>()
  if (results.length === wanted) return { hits: results, end: results.at(-1)?.id ?? null }
  const end = await lastScanned(db, range, rowsScanned).first<string>('p_row_id')
  return { hits: results, end }
}

/** The inner query bounds what is read, the outer one says what is wanted. */
const SCAN = `
  SELECT p_row_id AS id, length(event) AS chars FROM (
    SELECT * FROM events WHERE p_row_id >= ?1 AND p_row_id < ?2 ORDER BY p_row_id DESC LIMIT ?3
  )
  WHERE p_event_time >= ?4 AND p_event_time < ?5
    AND (?6 IS NULL OR p_host_id = ?6
      OR p_host_id IN (SELECT host_id FROM hosts WHERE hostname = ?6 OR host_identifier = ?6))
    AND (?7 IS NULL OR p_query = ?7 OR name = ?7)
    AND (?8 IS NULL OR p_table = ?8)
    AND (?9 IS NULL OR p_log_type = ?9)
    AND (?10 IS NULL OR instr(lower(event), lower(?10)) > 0)
    AND (?11 IS NULL OR (instr(lower(event), lower(?12)) > 0 AND EXISTS (
      SELECT 1 FROM json_each(json_array(
        event->'p_any_ip_addresses', event->'p_any_domain_names', event->'p_any_md5_hashes',
        event->'p_any_sha1_hashes', event->'p_any_sha256_hashes', event->'p_any_usernames', event->'p_any_emails',
        event->'p_any_urls', event->'p_any_mac_addresses')) AS list, json_each(list.value) AS member
      WHERE lower(member.value) = lower(?11))))
  LIMIT ?13`

/** One page's search through one range; exported for the test of its plan. */
export function scanStatement(
  db: D1Database,
  filters: EventFilters,
  range: Range,
  wanted: number,
  rowsScanned: number,
): D1PreparedStatement {
  const { from, to, host, query, table, logType, text, indicator } = filters
  return db.prepare(SCAN).bind(
    range.floor,
    range.ceiling,
    rowsScanned,
    from ?? 0,
    to ?? Number.MAX_SAFE_INTEGER,
    host,
    query,
    table,
    logType,
    // The event is JSON text, so a quote or a backslash stands escaped in it.
    text === null ? null : JSON.stringify(text).slice(1, -1),
    indicator,
    indicator === null ? null : JSON.stringify(indicator), // a cheap first look, before the lists are taken apart
    wanted,
  )
}

/** The last row that a scan looked at, or none when the range ended before. */
function lastScanned(db: D1Database, range: Range, rowsScanned: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT p_row_id FROM events WHERE p_row_id >= ?1 AND p_row_id < ?2 ORDER BY p_row_id DESC LIMIT 1 OFFSET ?3`,
    )
    .bind(range.floor, range.ceiling, rowsScanned - 1)
}

/** Reads the events of as many hits as the size of a page allows; at least one, so that a giant cannot block the way. */
async function pageOf(
  db: D1Database,
  hits: readonly Hit[],
  end: string | null,
  maxChars: number,
): Promise<EventPage> {
  let chars = 0
  const fitting = hits.findIndex((hit, index) => {
    chars += hit.chars
    return chars > maxChars && index > 0
  })
  const kept = fitting === -1 ? hits : hits.slice(0, fitting)
  const nextCursor = fitting === -1 ? end : (kept.at(-1)?.id ?? null)
  if (kept.length === 0) return { items: [], nextCursor }
  const { results } = await db
    .prepare(
      `SELECT e.event FROM json_each(?1) AS hit CROSS JOIN events AS e ON e.p_row_id = hit.value ORDER BY hit.key`,
    )
    .bind(JSON.stringify(kept.map(hit => hit.id)))
    .all<{ event: string }>()
  // Only insertEvents writes this column, from events.
  return { items: results.map(row => JSON.parse(row.event) as OsqueryEvent), nextCursor }
}
