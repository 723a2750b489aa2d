import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { HostId, OsqueryEvent } from '../../src/detect/event.ts'
import { type DecodedRecord, decodeBody, decodePost } from '../../src/ingest/decode.ts'
import { createNormalizer } from '../../src/ingest/normalize.ts'
import type { Rejection, RejectReason } from '../../src/ingest/rejection.ts'
import { NO_LOG } from './no-log.ts'

/**
 * Normalization against what the real client writes and what other projects make of real logs. Runs where their data
 * lies beside this repository; none of it may be copied into it.
 */

const DATA = join(import.meta.dirname, '../../../shared/data')
const WIRE = join(DATA, 'osquery/wire/')
const CORPORA = join(DATA, 'corpora/')

const HOST = 'host-1' as HostId // any text is a host id here
const RECEIVED = Date.UTC(2026, 10, 24)

type Json = Readonly<Record<string, unknown>>

interface Outcome {
  readonly record: DecodedRecord
  readonly events: readonly OsqueryEvent[]
  readonly reason: RejectReason | null
}

interface Normalized {
  readonly outcomes: readonly Outcome[]
  readonly rejections: readonly Rejection[]
}

const normalizer = createNormalizer([])
const encoder = new TextEncoder()
const decoder = new TextDecoder()

function normalizeBody(body: Uint8Array): Normalized {
  const chunks = [...decodeBody(body)]
  const post = normalizer.post({ hostId: HOST, receivedAt: RECEIVED })
  const outcomes = chunks
    .flatMap(chunk => chunk.records)
    .map(record => {
      const events: OsqueryEvent[] = []
      const reason = post.add(record.value, record.repaired, events)
      return { record, events, reason }
    })
  return { outcomes, rejections: chunks.flatMap(chunk => chunk.rejections) }
}

/** One line of a log file, as it would come in a post. */
function normalizeLine(line: Uint8Array): Outcome {
  const body = Buffer.concat([encoder.encode('{"data":['), line, encoder.encode(']}')])
  const { outcomes, rejections } = normalizeBody(body)
  expect(rejections).toEqual([])
  const [outcome] = outcomes
  if (outcome === undefined || outcomes.length !== 1) throw new Error(`${outcomes.length} records in a line`)
  return outcome
}

function linesOf(file: string): Uint8Array[] {
  const bytes = readFileSync(file)
  const lines: Uint8Array[] = []
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(0x0a, from)
    const line = bytes.subarray(from, end < 0 ? bytes.length : end)
    if (line.length > 0) lines.push(line)
    from += line.length + 1
  }
  return lines
}

const jsonOf = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

/** A value as the text that a column holds. */
const text = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : value === null || value === undefined
      ? ''
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value)
const texts = (row: unknown): unknown =>
  typeof row === 'object' && row !== null
    ? Object.fromEntries(Object.entries(row).map(([key, value]) => [key, text(value)]))
    : {}

/** Rows in the order in which they become events; null for a result without rows. */
function rowsOf(sent: Json): (Json | null)[] {
  const list = (rows: unknown): Json[] => (Array.isArray(rows) ? rows : [])
  if (sent['snapshot'] !== undefined) return orNone(list(sent['snapshot']))
  if (sent['diffResults'] !== undefined) {
    const sides = sent['diffResults'] as Json // an object in all of this data
    return orNone([...list(sides['removed']), ...list(sides['added'])])
  }
  if (Array.isArray(sent['columns'])) return sent['columns']
  return sent['columns'] === undefined ? [null] : [sent['columns'] as Json] // not an array, so an object
}

const orNone = (rows: Json[]): (Json | null)[] => (rows.length === 0 ? [null] : rows)

const PAYLOAD = ['columns', 'snapshot', 'diffResults', 'decorations']
/** What tells only how the rest is written. */
const WRITING = ['numerics', 'logNumericsAsNumbers', 'log_type']

/** Every field of a record is found again in its events. */
function expectNothingLost(sent: Json, events: readonly OsqueryEvent[]): void {
  const rows = rowsOf(sent)
  expect(events.map(event => (event.columns === null ? null : { ...event.columns }))).toEqual(
    rows.map(row => (row === null ? null : texts(row))),
  )
  for (const event of events) {
    if (sent['decorations'] !== undefined)
      expect({ ...event.decorations }).toEqual(texts(sent['decorations']))
    for (const [key, value] of Object.entries(sent)) {
      if (PAYLOAD.includes(key) || WRITING.includes(key)) continue
      const kept: Json = {
        ...event.extra,
        ...event,
        hostname: event.extra['hostname'] ?? event.hostIdentifier,
      }
      expect(text(kept[key]), key).toBe(text(value))
    }
  }
}

describe.runIf(existsSync(WIRE))('golden lines of the real client', () => {
  for (const file of ['result-lines.tsv', 'aws-ptree-lines.tsv']) {
    it(`are taken whole from ${file}`, () => {
      const lines = linesOf(join(WIRE, file))
      expect(lines.length).toBeGreaterThan(10)
      for (const line of lines) {
        const tab = line.indexOf(0x09)
        const tag = decoder.decode(line.subarray(0, tab))
        const { record, events, reason } = normalizeLine(line.subarray(tab + 1))
        expect(reason, tag).toBeNull()
        expectNothingLost(record.value as Json, events)
        const type = {
          event: 'Differential',
          batch: 'Batch',
          snapshot: 'Snapshot',
          odd: 'Snapshot',
          status: 'Status',
        }
        const [kind = ''] = tag.split(/[_.]/)
        for (const event of events) {
          expect(event.p_log_type, tag).toBe(`Osquery.${type[kind as keyof typeof type]}`) // a tag of this file
          expect(event.p_flags).toEqual(
            tag === 'odd_bytes' && file === 'result-lines.tsv' ? ['text_repaired'] : [],
          )
          expect(event.p_event_time).toBe(1_767_225_661_000)
          expect({ ...event.decorations }).toEqual({
            host_uuid: '4C4C4544-0051-3610-8052-B4C04F4D3032',
            username: 'alice',
          })
        }
      }
    })
  }

  it('give the same events with numbers, with top-level decorations and by the AWS loggers', () => {
    const events = new Map<string, OsqueryEvent[]>()
    for (const file of ['result-lines.tsv', 'aws-ptree-lines.tsv']) {
      for (const line of linesOf(join(WIRE, file))) {
        const [tag = ''] = decoder.decode(line).split('\t', 1)
        const [kind = ''] = tag.split('.')
        if (kind === 'odd_bytes') continue
        const outcome = normalizeLine(line.subarray(tag.length + 1))
        const seen = events.get(kind) ?? []
        for (const event of outcome.events) seen.push({ ...event, extra: {} })
        events.set(kind, seen)
      }
    }
    for (const [kind, seen] of events) {
      const distinct = new Map(seen.map(event => [event.p_row_id, event]))
      for (const event of seen) expect(event, kind).toEqual(distinct.get(event.p_row_id))
      expect(seen.length / distinct.size, kind).toBeGreaterThanOrEqual(2)
    }
  })

  it('come whole out of every recorded request', async () => {
    for (const file of readdirSync(WIRE).filter(name => name.startsWith('log-'))) {
      const request = readFileSync(join(WIRE, file))
      const body = request.subarray(request.indexOf('\r\n\r\n') + 4)
      const records: DecodedRecord[] = []
      for await (const chunk of decodePost(body)) {
        expect(chunk.rejections, file).toEqual([])
        records.push(...chunk.records)
      }
      expect(records.length, file).toBeGreaterThan(0)
      const post = normalizer.post({ hostId: HOST, receivedAt: RECEIVED })
      for (const { value, repaired } of records) {
        const events: OsqueryEvent[] = []
        const reason = post.add(value, repaired, events)
        // Made of numbered objects that are no log lines, to show in which order keys are sent.
        expect(reason, file).toBe(file === 'log-order-within-second.http' ? 'not_a_log_line' : null)
        if (reason !== null) continue
        expectNothingLost(value as Json, events)
      }
    }
    const legacy = normalizeBody(readFileSync(join(WIRE, 'legacy-le-3.1-log-body.json')))
    expect(legacy.rejections).toEqual([])
    expect(legacy.outcomes.length).toBeGreaterThan(3)
    for (const { record, events } of legacy.outcomes) expectNothingLost(record.value as Json, events)
  })
})

describe.runIf(existsSync(CORPORA))('other people’s logs', () => {
  const files = existsSync(CORPORA)
    ? readdirSync(CORPORA, { recursive: true, encoding: 'utf8' }).filter(name => /\.(ndjson|log)$/.test(name))
    : []

  it('are there', () => expect(files.length).toBeGreaterThan(15))

  for (const file of files) {
    it(`lose nothing: ${file}`, () => {
      const empty: number[] = []
      for (const [i, line] of linesOf(join(CORPORA, file)).entries()) {
        const sent = JSON.parse(decoder.decode(line)) as Json // every line of these files is an object
        const isPost = 'node_key' in sent || 'enroll_secret' in sent
        const bytes = file.startsWith('streamalert/') ? encoder.encode(JSON.stringify(sent['record'])) : line
        const { outcomes, rejections } = isPost
          ? normalizeBody(bytes)
          : { outcomes: [normalizeLine(bytes)], rejections: [] }
        if (rejections.length > 0) empty.push(i + 1)
        for (const { record, events, reason } of outcomes) {
          expect(reason, `line ${i + 1}`).toBeNull()
          expectNothingLost(record.value as Json, events)
        }
      }
      expect(empty).toEqual(NO_LOG[file] ?? [])
    })
  }

  it('keep what can be kept of a malformed post', () => {
    const { outcomes, rejections } = normalizeBody(readFileSync(join(CORPORA, 'fleet/malformed_body.txt')))
    expect(outcomes).toEqual([])
    expect(rejections).toHaveLength(1)
  })

  for (const [file, count] of [
    ['osqueryd.results.sample.log', 100],
    ['osquery.rootkit.log', 60],
    ['test.log', 1],
  ] as const) {
    it(`read as Filebeat reads them: ${file}`, () => {
      const lines = linesOf(join(CORPORA, `elastic-beats/${file}`))
      const documents = jsonOf(join(CORPORA, `elastic-beats/${file}-expected.json`)) as Json[] // a list of documents
      expect(documents).toHaveLength(count)
      for (const [i, document] of documents.entries()) {
        const [event] = normalizeLine(lines[i] ?? new Uint8Array()).events
        expect({
          '@timestamp': new Date(event?.p_event_time ?? 0).toISOString(),
          'rule.name': event?.name,
          'event.action': event?.action,
          'host.hostname': event?.hostIdentifier,
          'host.id': event?.decorations['host_uuid'],
          'user.name': event?.decorations['username'],
        }).toEqual({
          '@timestamp': document['@timestamp'],
          'rule.name': document['rule.name'],
          'event.action': document['event.action'],
          'host.hostname': document['host.hostname'],
          'host.id': document['host.id'],
          'user.name': document['user.name'],
        })
        for (const [key, value] of Object.entries(document)) {
          const column = /^osquery\.result\.columns\.(.+)$/.exec(key)?.[1]
          if (column !== undefined) expect(event?.columns?.[column], key).toBe(value)
        }
      }
    })
  }

  it('read as the OCSF profile reads them', () => {
    for (const name of ['process_events', 'file_events', 'socket_events']) {
      const [line = new Uint8Array()] = linesOf(join(CORPORA, `purple-axiom/${name}_added.raw.ndjson`))
      const ocsf = jsonOf(join(CORPORA, `purple-axiom/${name}_added.ocsf.json`)) as {
        time: string
        device: { hostname: string }
        unmapped: { osquery: { name: string; action: string; columns: Json } }
        dst_endpoint?: { ip: string }
        src_endpoint?: { ip: string }
      } // as the file has it
      const [event] = normalizeLine(line).events
      expect(event?.p_event_time).toBe(Date.parse(ocsf.time))
      expect(event?.hostIdentifier).toBe(ocsf.device.hostname)
      expect(event?.action).toBe(ocsf.unmapped.osquery.action)
      expect({ ...event?.columns }).toEqual(ocsf.unmapped.osquery.columns)
      expect(event?.p_table).toBe(name)
      expect(event?.p_any_ip_addresses).toEqual(
        [ocsf.dst_endpoint?.ip, ocsf.src_endpoint?.ip].filter(ip => ip !== undefined).sort(),
      )
    }
  })
})

interface PantherSample {
  readonly test_name: string
  readonly raw: string
  readonly expected: Json & { readonly event: Json; readonly p_any_domain_names: readonly string[] }
}

const SAMPLES = join(DATA, 'panther/schema_samples.json')

/**
 * Where we differ from Panther on purpose: it takes the time from calendarTime though unixTime contradicts it in every
 * sample, writes it in a form of its own, and keeps `log_type` and `logNumericsAsNumbers`, which tell nothing more.
 */
const PANTHER_ONLY = [
  'calendarTime',
  'logType',
  'logNumericsAsNumbers',
  'diffResults',
  'snapshot',
  'hostname',
]

describe.runIf(existsSync(SAMPLES))('Panther’s samples', () => {
  const samples = existsSync(SAMPLES) ? (jsonOf(SAMPLES) as PantherSample[]) : [] // a list of samples
  for (const { test_name, raw, expected } of samples) {
    it(`agree in log type, fields and indicators: ${test_name}`, () => {
      const { record, events } = normalizeLine(encoder.encode(raw))
      expectNothingLost(record.value as Json, events)
      for (const event of events) {
        expect(event.p_log_type).toBe(expected['p_log_type'])
        expect(event.p_any_domain_names).toEqual(expected.p_any_domain_names)
        expect(event.p_any_ip_addresses).toEqual(expected['p_any_ip_addresses'] ?? [])
        expect(event.p_event_time).toBe(Number(expected.event['unixTime']) * 1000)
        expect(event.p_flags.filter(flag => flag !== 'duplicate_in_post')).toEqual(['time_disagrees'])
        for (const [key, value] of Object.entries(expected.event)) {
          if (PANTHER_ONLY.includes(key)) continue
          const mine = (event as unknown as Json)[key] // read by the name that Panther gives it
          if (typeof value === 'object') expect({ ...(mine as Json) }).toEqual(value)
          else expect(text(mine), key).toBe(text(value))
        }
      }
    })
  }
})
