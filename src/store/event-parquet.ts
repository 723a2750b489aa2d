import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer'
import type { OsqueryEvent } from '../detect/event.ts'

/** One column of a lake segment: how it is declared, and the value an event has in it. */
interface LakeColumn {
  readonly name: keyof OsqueryEvent & string
  readonly elements: (name: string) => readonly SchemaElement[]
  readonly value: (event: OsqueryEvent) => unknown
}

/** Columns that readers filter by: only these get minima and maxima, which cost a comparison for each value. */
const FILTERED = new Set<string>([
  'p_row_id',
  'p_event_time',
  'p_parse_time',
  'p_host_id',
  'p_query',
  'p_table',
  'name',
])

/** Columns whose values hardly repeat: looking for a dictionary would be wasted work. */
const DISTINCT = new Set<string>(['p_row_id', 'columns'])

const TEXT = (name: string): SchemaElement[] => [
  { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
]
const MAYBE_TEXT = (name: string): SchemaElement[] => [
  { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
]
// DOUBLE holds every number that JSON can bring into an event, whole or not.
const MAYBE_NUMBER = (name: string): SchemaElement[] => [
  { name, type: 'DOUBLE', repetition_type: 'OPTIONAL' },
]
const TIME = (name: string): SchemaElement[] => [
  { name, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED' },
]
// The three-level form that the Parquet specification (LogicalTypes.md, "Lists") asks for.
const TEXT_LIST = (name: string): SchemaElement[] => [
  { name, converted_type: 'LIST', num_children: 1, repetition_type: 'REQUIRED' },
  { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
  { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
]

const same = (name: keyof OsqueryEvent & string, elements: LakeColumn['elements']): LakeColumn => ({
  name,
  elements,
  value: event => event[name],
})
const optional = (name: keyof OsqueryEvent & string, elements: LakeColumn['elements']): LakeColumn => ({
  name,
  elements,
  value: event => event[name] ?? null,
})
const json = (name: keyof OsqueryEvent & string): LakeColumn => ({
  name,
  elements: TEXT,
  value: event => JSON.stringify(event[name]),
})

const COLUMNS: readonly LakeColumn[] = [
  same('p_row_id', TEXT),
  same('p_event_time', TIME),
  same('p_parse_time', TIME),
  same('p_log_type', TEXT),
  same('p_host_id', TEXT),
  same('p_pack', TEXT),
  same('p_query', TEXT),
  same('p_table', TEXT),
  same('p_flags', TEXT_LIST),
  same('name', TEXT),
  same('hostIdentifier', TEXT),
  same('calendarTime', TEXT),
  optional('unixTime', MAYBE_NUMBER),
  same('epoch', TEXT),
  same('counter', TEXT),
  same('action', TEXT),
  {
    name: 'columns',
    elements: MAYBE_TEXT,
    value: event => (event.columns === null ? null : JSON.stringify(event.columns)),
  },
  json('decorations'),
  optional('severity', MAYBE_NUMBER),
  optional('filename', MAYBE_TEXT),
  optional('line', MAYBE_NUMBER),
  optional('message', MAYBE_TEXT),
  optional('version', MAYBE_TEXT),
  json('extra'),
  same('p_any_ip_addresses', TEXT_LIST),
  same('p_any_domain_names', TEXT_LIST),
  same('p_any_md5_hashes', TEXT_LIST),
  same('p_any_sha1_hashes', TEXT_LIST),
  same('p_any_sha256_hashes', TEXT_LIST),
  same('p_any_usernames', TEXT_LIST),
  same('p_any_emails', TEXT_LIST),
  same('p_any_urls', TEXT_LIST),
  same('p_any_mac_addresses', TEXT_LIST),
]

const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: COLUMNS.length },
  ...COLUMNS.flatMap(({ name, elements }) => elements(name)),
]

/**
 * Writes events as one Parquet file with Snappy pages: one column for each field of an event, under the same name.
 *
 * - times are TIMESTAMP (UTC, milliseconds); `epoch` and `counter` stay text, so that 64-bit digits survive
 * - `columns`, `decorations` and `extra` are JSON text (`columns->>'port'` in DuckDB); `columns` is null where the event has none
 * - `p_flags` and `p_any_*` are lists of text (`list_contains(p_any_ip_addresses, '192.0.2.1')`)
 *
 * @param events  in the order in which they shall stand in the file; at least one
 */
export function eventsToParquet(events: readonly OsqueryEvent[]): Uint8Array<ArrayBuffer> {
  const columnData = COLUMNS.map(({ name, value }) => ({
    name,
    data: events.map(value),
    statistics: FILTERED.has(name),
    ...(DISTINCT.has(name) ? { encoding: 'PLAIN' as const } : {}),
  }))
  return new Uint8Array(parquetWriteBuffer({ schema: SCHEMA, columnData, createdBy: 'margay' }))
}
