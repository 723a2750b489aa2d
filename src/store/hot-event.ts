import type { OsqueryEvent, Row } from '../detect/event.ts'
import { utf8Length } from './json-rows.ts'

/**
 * Most bytes of one event as JSON in D1: half of the 2,000,000 bytes that a row may have, so that a row can hold it
 * beside its other columns. Events above it are very rare: a line must carry a megabyte of text.
 */
export const HOT_EVENT_MAX_BYTES = 1_000_000

/**
 * Most bytes of the event that a match keeps. There is one match for each rule that meets an event, all in one
 * transaction: as many megabytes would be more than an isolate has.
 */
const MATCH_EVENT_MAX_BYTES = 100_000

interface Cut {
  /** Most UTF-16 units of one text. */
  readonly text: number
  /** Most entries of one map. */
  readonly entries: number
  /** Most members of one list. */
  readonly members: number
}

// Each step keeps more of what a person reads first than the next. The last fits whatever comes: 3 maps of 50 entries,
// 9 lists of 20 members and about 15 texts, 128 units each, 6 bytes a unit at worst (\u00xx), make 0.4 MB.
const CUTS: readonly Cut[] = [
  { text: 4_096, entries: 200, members: 200 },
  { text: 128, entries: 50, members: 20 },
]

/** An event as D1 keeps it. */
export interface HotEvent {
  /** JSON text, at most HOT_EVENT_MAX_BYTES long. */
  readonly json: string
  /** Length of the event's JSON before anything was cut: about what it takes in memory. */
  readonly wholeChars: number
}

/**
 * An event as the JSON text that D1 keeps. A larger event is kept with its texts, maps and lists cut and the flag
 * `cut_in_hot_store`; the lake keeps it whole.
 */
export function hotEvent(event: OsqueryEvent): HotEvent {
  const whole = JSON.stringify(event)
  return { json: within(HOT_EVENT_MAX_BYTES, whole, event), wholeChars: whole.length }
}

/** The text of `hotEvent` alone. */
export function hotJson(event: OsqueryEvent): string {
  return hotEvent(event).json
}

/**
 * An event as the JSON text that a match keeps: cut like a hot event, but from 100 KB on. What is left of text that was
 * made to be large in JSON may be four times that.
 */
export function matchedEventJson(event: OsqueryEvent): string {
  return within(MATCH_EVENT_MAX_BYTES, JSON.stringify(event), event)
}

function within(maxBytes: number, whole: string, event: OsqueryEvent): string {
  if (fits(whole, maxBytes)) return whole
  const cuts = CUTS.map(cut => JSON.stringify(cutTo(event, cut)))
  return cuts.find(json => fits(json, maxBytes)) ?? (cuts.at(-1) as string) // CUTS is not empty
}

function fits(json: string, maxBytes: number): boolean {
  if (json.length > maxBytes) return false
  if (json.length * 3 <= maxBytes) return true // no UTF-16 unit takes more than 3 bytes
  return utf8Length(json) <= maxBytes
}

function cutTo(event: OsqueryEvent, cut: Cut): OsqueryEvent {
  const short = Object.entries(event).map(([key, value]) => [key, cutValue(value, cut)])
  return { ...Object.fromEntries(short), p_flags: [...event.p_flags, 'cut_in_hot_store'] }
}

/** The values of an event are numbers, texts, lists of texts and maps of texts; nothing lies deeper. */
function cutValue(value: unknown, cut: Cut): unknown {
  if (typeof value === 'string') return cutText(value, cut)
  if (Array.isArray(value)) return value.slice(0, cut.members).map(member => cutText(member, cut))
  if (typeof value === 'object' && value !== null) return cutRow(value as Row, cut) // see above
  return value
}

function cutRow(row: Row, cut: Cut): Row {
  const entries = Object.entries(row).slice(0, cut.entries)
  // fromEntries defines own properties, so a column named __proto__ stays a column.
  return Object.fromEntries(entries.map(([key, text]) => [cutText(key, cut), cutText(text, cut)]))
}

function cutText(text: string, cut: Cut): string {
  return text.length <= cut.text ? text : text.slice(0, cut.text).toWellFormed()
}
