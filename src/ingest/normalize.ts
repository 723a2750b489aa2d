import type { HostId, LogType, OsqueryEvent } from '../detect/event.ts'
import type { Pack } from '../detect/pack.ts'
import { copyRow } from './copy-row.ts'
import type { Normalizer, PostNormalizer, PostOrigin } from './detection.ts'
import { FLAG_BIT, flagsOf } from './flags.ts'
import { Findings, INDICATOR } from './indicators.ts'
import { withFindings } from './known-indicators.ts'
import { MAX_ROWS_PER_RECORD } from './limits.ts'
import { LineCounter } from './line-counter.ts'
import { HeaderReader, type RecordHeader, type Sent } from './record-header.ts'
import { NO_SHAPE, type RecordShape, shapeOf } from './record-shape.ts'
import type { RejectReason } from './rejection.ts'
import { finish, type Lanes, mixText, newLanes, rowId, seedsOf } from './row-id.ts'
import { type Stream, Streams } from './streams.ts'
import { numberOf, rowsOf, textOf } from './values.ts'

/**
 * From records as osquery sends them, over all its versions and loggers, to events.
 *
 * This is the hot path: what does not change from row to row (names, tables, ways to read columns, times, decorations,
 * what is known of the host) is kept from the row before and only compared. Nothing here awaits.
 *
 * @param packs  the packs that we serve: they say which table a query's rows come from
 */
export function createNormalizer(packs: readonly Pack[]): Normalizer {
  const streams = new Streams(packs)
  return { post: origin => new RecordNormalizer(streams, origin) }
}

/** Never met: every list of indicators has all fields. */
const NONE: readonly string[] = []

const SEEDS = {
  action: seedsOf('\0action'),
  severity: seedsOf('\0severity'),
  filename: seedsOf('\0filename'),
  line: seedsOf('\0line'),
  message: seedsOf('\0message'),
}

class RecordNormalizer implements PostNormalizer {
  readonly #streams: Streams
  readonly #hostId: HostId
  readonly #receivedAt: number
  readonly #headers: HeaderReader
  readonly #lines = new LineCounter()
  readonly #findings = new Findings()
  readonly #hash: Lanes = newLanes()
  #shape: RecordShape = NO_SHAPE
  #table = ''

  constructor(streams: Streams, { hostId, receivedAt, names }: PostOrigin) {
    this.#streams = streams
    this.#hostId = hostId
    this.#receivedAt = receivedAt
    this.#headers = new HeaderReader({ hostId, receivedAt, names: names ?? [] }, this.#findings)
  }

  add(record: unknown, repaired: boolean, out: OsqueryEvent[]): RejectReason | null {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return 'not_an_object'
    const sent = record as Sent // any object is that
    const shape = shapeOf(sent, this.#shape)
    this.#shape = shape
    if (shape.form === 'unknown') return 'not_a_log_line'
    const header = this.#headers.read(sent, shape, repaired)
    if (shape.form === 'status') {
      out.push(this.#statusEvent(sent, header))
      return null
    }
    const stream = this.#streams.of(textOf(sent['name']))
    const action = textOf(sent['action'])
    if (shape.form === 'batch') return this.#addBatch(sent['diffResults'], stream, header, action, out)
    if (shape.form === 'snapshot') {
      const rows = rowsOf(sent['snapshot'])
      return this.#addRows(rows, stream, header, 'Osquery.Snapshot', action || 'snapshot', out)
    }
    const logType = action === 'snapshot' ? 'Osquery.Snapshot' : 'Osquery.Differential'
    const { columns } = sent
    if (typeof columns !== 'object' || columns === null || Array.isArray(columns)) {
      return this.#addRows(rowsOf(columns), stream, header, logType, action, out)
    }
    out.push(this.#resultEvent(stream, header, logType, action, columns))
    return null
  }

  #addRows(
    rows: readonly object[] | null,
    stream: Stream,
    header: RecordHeader,
    logType: LogType,
    action: string,
    out: OsqueryEvent[],
  ): RejectReason | null {
    if (rows === null) return 'not_a_log_line'
    if (rows.length > MAX_ROWS_PER_RECORD) return 'record_too_large'
    // A result without rows is a fact too: the query ran and found nothing.
    if (rows.length === 0) out.push(this.#resultEvent(stream, header, logType, action, null))
    for (const row of rows) out.push(this.#resultEvent(stream, header, logType, action, row))
    return null
  }

  #addBatch(
    results: unknown,
    stream: Stream,
    header: RecordHeader,
    action: string,
    out: OsqueryEvent[],
  ): RejectReason | null {
    const sides: Sent = typeof results === 'object' && results !== null ? { ...results } : {}
    const removed = rowsOf(sides['removed'])
    const added = rowsOf(sides['added'])
    if (removed === null || added === null) return 'not_a_log_line'
    if (removed.length + added.length > MAX_ROWS_PER_RECORD) return 'record_too_large'
    const logType = 'Osquery.Batch'
    if (removed.length + added.length === 0) {
      out.push(this.#resultEvent(stream, header, logType, action, null))
    }
    // Removed first, as osquery logs the same change in single lines.
    for (const row of removed) out.push(this.#resultEvent(stream, header, logType, 'removed', row))
    for (const row of added) out.push(this.#resultEvent(stream, header, logType, 'added', row))
    return null
  }

  #resultEvent(
    stream: Stream,
    header: RecordHeader,
    logType: LogType,
    action: string,
    sentRow: object | null,
  ): OsqueryEvent {
    const { times } = header
    const hash = this.#hash
    hash[0] = (times.hashA + (stream.nameHash[0] ?? 0)) | 0
    hash[1] = (times.hashB + (stream.nameHash[1] ?? 0)) | 0
    mixText(hash, action, SEEDS.action[0], SEEDS.action[1])
    const columns = sentRow === null ? null : this.#copyRow(sentRow as Sent, stream) // any object is that
    const indicators = withFindings(header.indicators, this.#findings)
    finish(hash)
    const earlier = this.#lines.add(hash)
    return {
      name: stream.name,
      hostIdentifier: header.hostIdentifier,
      calendarTime: times.calendarTime,
      unixTime: times.unixTime,
      epoch: times.epoch,
      counter: times.counter,
      action,
      columns,
      decorations: header.decorations,
      extra: header.extra,
      p_log_type: logType,
      p_row_id: rowId(times.idPrefix, hash, earlier),
      p_event_time: times.at,
      p_parse_time: this.#receivedAt,
      p_host_id: this.#hostId,
      p_pack: stream.pack,
      p_query: stream.query,
      p_table: columns === null ? stream.tableWithoutRows : this.#table,
      p_flags: flagsOf(earlier === 0 ? header.flagBits : header.flagBits | FLAG_BIT.duplicate_in_post),
      p_any_ip_addresses: indicators[INDICATOR.ip] ?? NONE,
      p_any_domain_names: indicators[INDICATOR.domain] ?? NONE,
      p_any_md5_hashes: indicators[INDICATOR.md5] ?? NONE,
      p_any_sha1_hashes: indicators[INDICATOR.sha1] ?? NONE,
      p_any_sha256_hashes: indicators[INDICATOR.sha256] ?? NONE,
      p_any_usernames: indicators[INDICATOR.username] ?? NONE,
      p_any_emails: indicators[INDICATOR.email] ?? NONE,
      p_any_urls: indicators[INDICATOR.url] ?? NONE,
      p_any_mac_addresses: indicators[INDICATOR.mac] ?? NONE,
    }
  }

  /** Leaves the row's share in the hash, its indicators in the findings, and its table in `#table`. */
  #copyRow(sentRow: Sent, stream: Stream): Record<string, string> {
    const hash = this.#hash
    const a = hash[0] ?? 0
    const b = hash[1] ?? 0
    let plan = stream.lastPlan
    let row = copyRow(sentRow, plan, hash, this.#findings)
    if (row === null) {
      hash[0] = a
      hash[1] = b
      this.#findings.clear()
      plan = this.#streams.planFor(stream, Object.keys(sentRow))
      row = copyRow(sentRow, plan, hash, this.#findings)
    }
    this.#table = plan.table
    // The plan was made from this very row's columns.
    return row ?? new plan.Row()
  }

  #statusEvent(sent: Sent, header: RecordHeader): OsqueryEvent {
    const { times, indicators } = header
    const filename = textOf(sent['filename'])
    const message = textOf(sent['message'])
    const severity = numberOf(sent['severity'])
    const line = numberOf(sent['line'])
    const hash = this.#hash
    hash[0] = times.hashA
    hash[1] = times.hashB
    mixText(hash, textOf(sent['severity']), SEEDS.severity[0], SEEDS.severity[1])
    mixText(hash, filename, SEEDS.filename[0], SEEDS.filename[1])
    mixText(hash, textOf(sent['line']), SEEDS.line[0], SEEDS.line[1])
    mixText(hash, message, SEEDS.message[0], SEEDS.message[1])
    finish(hash)
    const earlier = this.#lines.add(hash)
    return {
      name: textOf(sent['name']),
      hostIdentifier: header.hostIdentifier,
      calendarTime: times.calendarTime,
      unixTime: times.unixTime,
      epoch: times.epoch,
      counter: times.counter,
      action: textOf(sent['action']),
      columns: null,
      decorations: header.decorations,
      ...(severity === null ? null : { severity }),
      filename,
      ...(line === null ? null : { line }),
      message,
      version: textOf(sent['version']),
      extra: header.extra,
      p_log_type: 'Osquery.Status',
      p_row_id: rowId(times.idPrefix, hash, earlier),
      p_event_time: times.at,
      p_parse_time: this.#receivedAt,
      p_host_id: this.#hostId,
      p_pack: '',
      p_query: '',
      p_table: '',
      p_flags: flagsOf(earlier === 0 ? header.flagBits : header.flagBits | FLAG_BIT.duplicate_in_post),
      p_any_ip_addresses: indicators[INDICATOR.ip] ?? NONE,
      p_any_domain_names: indicators[INDICATOR.domain] ?? NONE,
      p_any_md5_hashes: indicators[INDICATOR.md5] ?? NONE,
      p_any_sha1_hashes: indicators[INDICATOR.sha1] ?? NONE,
      p_any_sha256_hashes: indicators[INDICATOR.sha256] ?? NONE,
      p_any_usernames: indicators[INDICATOR.username] ?? NONE,
      p_any_emails: indicators[INDICATOR.email] ?? NONE,
      p_any_urls: indicators[INDICATOR.url] ?? NONE,
      p_any_mac_addresses: indicators[INDICATOR.mac] ?? NONE,
    }
  }
}
