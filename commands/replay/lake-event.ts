import { LOG_TYPES, type OsqueryEvent, type Row } from '../../src/detect/event.ts'
import { rowOf } from '../../src/detect/rows.ts'

/** One row of a segment, as a reader of Parquet gives it: text, numbers, dates and lists under their columns' names. */
export type LakeRow = Readonly<Record<string, unknown>>

/**
 * The event that a row of a segment was written from, field by field: what eventsToParquet did, undone.
 *
 * @throws Error naming the column that holds what the lake never writes there
 */
export function eventOfRow(row: LakeRow): OsqueryEvent {
  const table = text(row, 'p_table')
  const status = {
    severity: maybeNumber(row, 'severity'),
    filename: maybeText(row, 'filename'),
    line: maybeNumber(row, 'line'),
    message: maybeText(row, 'message'),
    version: maybeText(row, 'version'),
  }
  const columns = maybeText(row, 'columns')
  const event = {
    name: text(row, 'name'),
    hostIdentifier: text(row, 'hostIdentifier'),
    calendarTime: text(row, 'calendarTime'),
    unixTime: maybeNumber(row, 'unixTime'),
    epoch: text(row, 'epoch'),
    counter: text(row, 'counter'),
    action: text(row, 'action'),
    columns: columns === null ? null : rowOfJson(table, columns, 'columns'),
    decorations: rowOfJson('', text(row, 'decorations'), 'decorations'),
    // An event has these only when osquery sent them.
    ...Object.fromEntries(Object.entries(status).filter(([, value]) => value !== null)),
    extra: rowOfJson('', text(row, 'extra'), 'extra'),
    p_log_type: LOG_TYPES.find(known => known === row['p_log_type']) ?? wrong('p_log_type', row),
    p_row_id: text(row, 'p_row_id'),
    p_event_time: time(row, 'p_event_time'),
    p_parse_time: time(row, 'p_parse_time'),
    p_host_id: text(row, 'p_host_id'),
    p_pack: text(row, 'p_pack'),
    p_query: text(row, 'p_query'),
    p_table: table,
    p_flags: list(row, 'p_flags'),
    p_any_ip_addresses: list(row, 'p_any_ip_addresses'),
    p_any_domain_names: list(row, 'p_any_domain_names'),
    p_any_md5_hashes: list(row, 'p_any_md5_hashes'),
    p_any_sha1_hashes: list(row, 'p_any_sha1_hashes'),
    p_any_sha256_hashes: list(row, 'p_any_sha256_hashes'),
    p_any_usernames: list(row, 'p_any_usernames'),
    p_any_emails: list(row, 'p_any_emails'),
    p_any_urls: list(row, 'p_any_urls'),
    p_any_mac_addresses: list(row, 'p_any_mac_addresses'),
  } satisfies Record<keyof Omit<OsqueryEvent, keyof typeof status>, unknown>
  // Ids, flags and status fields have the types that the lake was given; only text could be checked.
  return event as unknown as OsqueryEvent
}

/** Columns of a row, with the prototype that rules see: a column that was not selected reads as the empty string. */
function rowOfJson(table: string, json: string, column: string): Row {
  const value: unknown = JSON.parse(json)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return wrong(column, { [column]: json })
  // JSON.parse makes a key __proto__ an ordinary one, and so does rowOf.
  return rowOf(table, value as Readonly<Record<string, string>>)
}

function text(row: LakeRow, column: string): string {
  const value = row[column]
  return typeof value === 'string' ? value : wrong(column, row)
}

function maybeText(row: LakeRow, column: string): string | null {
  const value = row[column] ?? null
  return value === null || typeof value === 'string' ? value : wrong(column, row)
}

function maybeNumber(row: LakeRow, column: string): number | null {
  const value = row[column] ?? null
  return value === null || typeof value === 'number' ? value : wrong(column, row)
}

function time(row: LakeRow, column: string): number {
  const value = row[column]
  return value instanceof Date ? value.getTime() : wrong(column, row)
}

function list(row: LakeRow, column: string): readonly string[] {
  const value = row[column]
  return Array.isArray(value) && value.every(one => typeof one === 'string') ? value : wrong(column, row)
}

function wrong(column: string, row: LakeRow): never {
  throw new Error(
    `column ${column} holds ${JSON.stringify(row[column]) ?? 'nothing'}, which is not what the lake keeps there`,
  )
}
