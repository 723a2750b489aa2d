import { parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { eventOf } from '../../test/event.ts'
import type { HostId, OsqueryEvent, RowId } from '../detect/event.ts'
import { type Segment, segmentsOf } from './lake.ts'

const NOON = Date.UTC(2026, 10, 24, 12)

const idOf = (text: string) => text as RowId
const hostOf = (text: string) => text as HostId

async function onlySegment(events: readonly OsqueryEvent[]): Promise<Segment> {
  const segments = await segmentsOf(events)
  expect(segments).toHaveLength(1)
  return segments[0] as Segment
}

const rowsOf = (segment: Segment) => parquetReadObjects({ file: segment.parquet.buffer })

describe('segmentsOf', () => {
  it('makes nothing of nothing', async () => {
    expect(await segmentsOf([])).toEqual([])
  })

  it('files by log type and by the hour of receipt, not of the event', async () => {
    const event = eventOf({
      p_log_type: 'Osquery.Snapshot',
      p_event_time: 0,
      p_parse_time: Date.UTC(2026, 0, 2, 3, 59, 59, 999),
    })
    const { key, logType } = await onlySegment([event])
    expect(key).toMatch(/^lake\/osquery_snapshot\/date=2026-01-02\/hour=03\/[0-9a-f]{32}\.parquet$/)
    expect(logType).toBe('Osquery.Snapshot')
  })

  it('lists names of queries cut, and none by name when there are more than anyone has', async () => {
    const named = (names: readonly string[]) =>
      names.map((p_query, n) => eventOf({ p_row_id: idOf(`${n}`), p_query }))
    const long = await onlySegment(named(['q', 'x'.repeat(3_000_000)]))
    expect(long.queries).toEqual(['q', 'x'.repeat(256)])
    const many = Array.from({ length: 501 }, (_, n) => `q${n}`)
    expect((await onlySegment(named(many.slice(0, 500)))).queries).toHaveLength(500)
    expect((await onlySegment(named(many))).queries).toEqual(['*'])
  })

  it('parts log types and hours', async () => {
    const events = [
      eventOf({ p_row_id: idOf('a'), p_parse_time: NOON }),
      eventOf({ p_row_id: idOf('b'), p_parse_time: NOON + 3_600_000 }),
      eventOf({ p_row_id: idOf('c'), p_parse_time: NOON, p_log_type: 'Osquery.Status' }),
      eventOf({ p_row_id: idOf('d'), p_parse_time: NOON + 1 }),
    ]
    const segments = await segmentsOf(events)
    expect(segments.map(({ rowCount }) => rowCount)).toEqual([2, 1, 1])
  })

  it('names a segment by its rows, in whatever order they came', async () => {
    const events = ['a', 'b', 'c'].map(id => eventOf({ p_row_id: idOf(id) }))
    const [once, again] = [await onlySegment(events), await onlySegment(events.toReversed())]
    expect(again.key).toBe(once.key)
    expect(again.parquet).toEqual(once.parquet)
    expect((await onlySegment(events.slice(1))).key).not.toBe(once.key)
  })

  it('says what is in it', async () => {
    const segment = await onlySegment([
      eventOf({ p_row_id: idOf('a'), p_host_id: hostOf('h2'), p_query: 'q1', p_event_time: 5 }),
      eventOf({ p_row_id: idOf('b'), p_host_id: hostOf('h1'), p_query: 'q2', p_event_time: 3 }),
      eventOf({ p_row_id: idOf('c'), p_host_id: hostOf('h2'), p_query: 'q1', p_event_time: 9 }),
    ])
    const { hosts, queries, minEventTime, maxEventTime, rowCount } = segment
    expect({ hosts, queries, minEventTime, maxEventTime, rowCount }).toEqual({
      hosts: ['h1', 'h2'],
      queries: ['q1', 'q2'],
      minEventTime: 3,
      maxEventTime: 9,
      rowCount: 3,
    })
  })

  it('sorts by host, query, time', async () => {
    const make = (id: string, host: string, query: string, time: number) =>
      eventOf({ p_row_id: idOf(id), p_host_id: hostOf(host), p_query: query, p_event_time: time })
    const rows = await rowsOf(
      await onlySegment([
        make('4', 'b', 'a', 1),
        make('2', 'a', 'b', 1),
        make('3', 'a', 'b', 2),
        make('1', 'a', 'a', 9),
      ]),
    )
    expect(rows.map(row => row['p_row_id'])).toEqual(['1', '2', '3', '4'])
  })
})

describe('a segment', () => {
  it('gives back every field of a result', async () => {
    const event = eventOf({
      epoch: '18446744073709551615',
      columns: JSON.parse('{"__proto__": "x", "size": "9223372036854775807", "text": "né 🐈 \\" \\\\"}'),
      decorations: { host_uuid: 'u' },
      extra: { log_type: 'result' },
      p_flags: ['time_received'],
      p_any_ip_addresses: ['192.0.2.1', '2001:db8::1'],
      p_any_usernames: ['root'],
    })
    const [row] = await rowsOf(await onlySegment([event]))
    const lists = Object.entries(event).filter(([, value]) => Array.isArray(value))
    expect(row).toMatchObject({
      ...Object.fromEntries(lists),
      name: event.name,
      hostIdentifier: event.hostIdentifier,
      calendarTime: event.calendarTime,
      unixTime: event.unixTime,
      epoch: '18446744073709551615',
      counter: event.counter,
      action: event.action,
      columns: JSON.stringify(event.columns),
      decorations: '{"host_uuid":"u"}',
      extra: '{"log_type":"result"}',
      p_log_type: event.p_log_type,
      p_row_id: event.p_row_id,
      p_event_time: new Date(event.p_event_time),
      p_parse_time: new Date(event.p_parse_time),
      p_host_id: event.p_host_id,
      p_pack: event.p_pack,
      p_query: event.p_query,
      p_table: event.p_table,
    })
    expect(Object.keys(row ?? {})).toEqual(expect.arrayContaining(Object.keys(event)))
  })

  it('gives back a status line, and nulls where an event has nothing', async () => {
    const event = eventOf({
      p_log_type: 'Osquery.Status',
      columns: null,
      unixTime: null,
      severity: 2,
      filename: 'tls.cpp',
      line: 253,
      message: 'no',
      version: '5.20.0',
    })
    const [row] = await rowsOf(await onlySegment([event]))
    expect(row).toMatchObject({
      columns: null,
      unixTime: null,
      severity: 2,
      filename: 'tls.cpp',
      line: 253,
      message: 'no',
      version: '5.20.0',
    })
    const [plain] = await rowsOf(await onlySegment([eventOf()]))
    expect(plain).toMatchObject({ severity: null, filename: null, line: null, message: null, version: null })
  })

  it('keeps a giant event whole', async () => {
    const columns = { cmdline: 'x'.repeat(3_000_000), tail: 'end' }
    const [row] = await rowsOf(await onlySegment([eventOf({ columns })]))
    expect(row?.['columns']).toBe(JSON.stringify(columns))
  })
})
