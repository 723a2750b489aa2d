import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { LOG_TYPES, type OsqueryEvent } from '../../src/detect/event.ts'
import { rowOf } from '../../src/detect/rows.ts'
import { eventsToParquet } from '../../src/store/event-parquet.ts'
import { eventOf } from '../../test/event.ts'
import { eventOfRow } from './lake-event.ts'

async function throughParquet(events: readonly OsqueryEvent[]): Promise<readonly OsqueryEvent[]> {
  const rows = await parquetReadObjects({ file: eventsToParquet(events).buffer })
  return rows.map(eventOfRow)
}

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const values = fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'command', 'constructor')), text, {
  noNullPrototype: false,
})
const list = fc.array(text, { maxLength: 3 })
const lists = [
  'ip_addresses',
  'domain_names',
  'md5_hashes',
  'sha1_hashes',
  'sha256_hashes',
  'usernames',
  'emails',
  'urls',
  'mac_addresses',
]
const time = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) })

/** Any event that ingest could have made. */
const events = fc
  .record({
    fields: fc.record(
      Object.fromEntries(
        [
          'name',
          'hostIdentifier',
          'calendarTime',
          'epoch',
          'counter',
          'action',
          'p_row_id',
          'p_host_id',
          'p_pack',
          'p_query',
        ].map(name => [name, text] as const),
      ),
    ),
    table: fc.constantFrom('crontab', 'last', ''),
    columns: fc.option(values),
    decorations: values,
    extra: values,
    unixTime: fc.option(fc.oneof(time, fc.double({ noNaN: true, noDefaultInfinity: true }))),
    logType: fc.constantFrom(...LOG_TYPES),
    status: fc.oneof(
      fc.constant({}),
      fc.record(
        { severity: fc.nat(3), filename: text, line: fc.nat(), message: text, version: text },
        { requiredKeys: [] },
      ),
    ),
    times: fc.tuple(time, time),
    indicators: fc.record(Object.fromEntries(lists.map(name => [`p_any_${name}`, list] as const))),
    flags: fc.subarray(['time_disagrees', 'time_received', 'text_repaired'] as const),
  })
  .map(
    ({ fields, table, columns, decorations, extra, unixTime, logType, status, times, indicators, flags }) =>
      eventOf({
        ...fields,
        ...status,
        ...indicators,
        unixTime,
        p_table: table,
        columns: columns === null ? null : rowOf(table, columns),
        decorations: rowOf('', decorations),
        extra: rowOf('', extra),
        p_log_type: logType,
        p_event_time: times[0],
        p_parse_time: times[1],
        p_flags: flags,
      }),
  )

describe('eventOfRow', () => {
  it('gives back any event exactly as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(events, { minLength: 1, maxLength: 5 }), async all => {
        expect(await throughParquet(all)).toStrictEqual(all)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps what rules rely on: an unselected column is empty, a column named __proto__ is a column', async () => {
    const columns = rowOf('crontab', { ...JSON.parse('{"__proto__":"x"}'), command: 'a' })
    const [event] = await throughParquet([eventOf({ columns })])
    expect(event?.columns?.['path']).toBe('')
    expect(Object.keys(event?.columns ?? {})).toEqual(['__proto__', 'command'])
    expect(Reflect.get(event?.columns ?? {}, '__proto__')).toBe('x')
  })

  it.each([
    [{ name: 1 }, /column name holds 1/],
    [{ p_log_type: 'Other' }, /column p_log_type holds "Other"/],
    [{ p_event_time: 'x' }, /column p_event_time/],
    [{ p_flags: [1] }, /column p_flags holds \[1\]/],
    [{ columns: '[]' }, /column columns/],
    [{ decorations: undefined }, /column decorations holds nothing/],
  ])('refuses a row with %j', async (change, message) => {
    const [row] = await parquetReadObjects({ file: eventsToParquet([eventOf()]).buffer })
    expect(() => eventOfRow({ ...row, ...change })).toThrow(message)
  })
})
