import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HostId, OsqueryEvent } from '../detect/event.ts'
import { pack } from '../detect/pack.ts'
import { createNormalizer } from './normalize.ts'
import type { RejectReason } from './rejection.ts'

const HOST = 'host-1' as HostId // any text is a host id here
const RECEIVED = Date.UTC(2026, 0, 2)
const AT = 1_767_225_661

const normalizer = createNormalizer([
  pack({
    name: 'local',
    description: 'packs of this test',
    queries: { jobs: { query: 'SELECT * FROM crontab', interval: 60, table: 'crontab' } },
  }),
])

const LINE = {
  name: 'pack_incident-response_processes',
  hostIdentifier: 'web-01.example.com',
  calendarTime: 'Thu Jan  1 00:01:01 2026 UTC',
  unixTime: AT,
  epoch: 0,
  counter: 1,
  numerics: false,
  decorations: { host_uuid: '4C4C4544-0051-3610-8052-B4C04F4D3032', username: 'alice' },
  columns: { cmdline: 'nc -lvp 4444', name: 'nc', path: '/usr/bin/nc', pid: '4242', root: '' },
  action: 'added',
}

function normalize(...records: unknown[]): { events: OsqueryEvent[]; reasons: (RejectReason | null)[] } {
  const events: OsqueryEvent[] = []
  const post = normalizer.post({ hostId: HOST, receivedAt: RECEIVED })
  const reasons = records.map(record => post.add(record, false, events))
  return { events, reasons }
}

function only(record: unknown): OsqueryEvent {
  const { events, reasons } = normalize(record)
  expect(reasons).toEqual([null])
  const [event] = events
  if (event === undefined || events.length !== 1) throw new Error(`${events.length} events`)
  return event
}

/** Own keys with their values, as plain JSON would show them. */
const plain = (row: object | null): unknown => (row === null ? null : { ...row })

describe('a differential line', () => {
  it('becomes an event with everything that was sent, and what it means', () => {
    const event = only(LINE)
    expect({ ...event, columns: plain(event.columns), decorations: plain(event.decorations) }).toMatchObject({
      name: 'pack_incident-response_processes',
      hostIdentifier: 'web-01.example.com',
      calendarTime: 'Thu Jan  1 00:01:01 2026 UTC',
      unixTime: AT,
      epoch: '0',
      counter: '1',
      action: 'added',
      columns: LINE.columns,
      decorations: LINE.decorations,
      p_log_type: 'Osquery.Differential',
      p_event_time: AT * 1000,
      p_parse_time: RECEIVED,
      p_host_id: HOST,
      p_pack: 'incident-response',
      p_query: 'processes',
      p_table: 'processes',
      p_flags: [],
      p_any_domain_names: ['web-01.example.com'],
      p_any_usernames: ['alice'],
    })
    expect(plain(event.extra)).toEqual({})
    expect(event.p_row_id).toMatch(/^1767225661000-[a-p]{8}-[a-p]{16}$/)
  })

  it('reads the same when all scalars are strings, as up to osquery 3.1 and by the AWS loggers', () => {
    const strings = {
      ...LINE,
      unixTime: String(AT),
      epoch: '0',
      counter: '1',
      numerics: 'false',
      log_type: 'result',
    }
    expect(only(strings)).toEqual(only(LINE))
  })

  it('takes numbers, null and JSON values in columns as text', () => {
    const event = only({ ...LINE, columns: { a: 1, b: 2.5, c: null, d: { x: [1] }, e: true } })
    expect(plain(event.columns)).toEqual({ a: '1', b: '2.5', c: '', d: '{"x":[1]}', e: 'true' })
  })

  it('fans out columns that are an array', () => {
    const { events } = normalize({ ...LINE, columns: [{ a: '1' }, { a: '2' }] })
    expect(events.map(event => event.columns?.['a'])).toEqual(['1', '2'])
    expect(only({ ...LINE, columns: [] }).columns).toBeNull()
  })

  it('takes hostname where there is no hostIdentifier', () => {
    const { hostIdentifier, ...rest } = LINE
    const event = only({ ...rest, hostname: 'web-02.example.com' })
    expect(event.hostIdentifier).toBe('web-02.example.com')
    expect(plain(event.extra)).toEqual({})
    expect(plain(only({ ...LINE, hostname: 'x' }).extra)).toEqual({ hostname: 'x' })
  })

  it('keeps top-level decorations both as what they are and as keys beside osquery’s own', () => {
    const { decorations, ...rest } = LINE
    const event = only({ ...rest, ...decorations, region: 'eu', load: 3, tags: ['a'] })
    const expected = { ...decorations, region: 'eu', load: '3', tags: '["a"]' }
    expect(plain(event.extra)).toEqual(expected)
    expect(plain(event.decorations)).toEqual(expected)
    expect(event.p_any_usernames).toEqual(['alice'])
    expect(plain(only({ ...LINE, region: 'eu' }).decorations)).toEqual(LINE.decorations)
  })

  it('does without times, decorations and counts', () => {
    const event = only({ name: 'q', action: 'added', columns: { a: '1' } })
    expect(event).toMatchObject({
      unixTime: null,
      calendarTime: '',
      epoch: '',
      counter: '',
      hostIdentifier: '',
    })
    expect(event.p_event_time).toBe(RECEIVED)
    expect(event.p_flags).toEqual(['time_received'])
  })

  it('keeps a column called __proto__ like any other', () => {
    const record = JSON.parse(
      '{"name":"q","columns":{"__proto__":"x","constructor":"y"},"decorations":{"__proto__":"z"}}',
    )
    const event = only(record)
    expect(Object.keys(event.columns ?? {})).toEqual(['__proto__', 'constructor'])
    expect(Object.values(event.columns ?? {})).toEqual(['x', 'y'])
    expect(Object.keys(event.decorations)).toEqual(['__proto__'])
    expect('toString' in (event.columns ?? {})).toBe(false)
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('gives rules the empty string for a column of the table that was not sent', () => {
    const event = only({ ...LINE, columns: { cmdline: 'x', parent: '1', pid: '2' } })
    expect(event.p_table).toBe('processes')
    expect(event.columns?.['path']).toBe('')
    expect(event.columns?.['no_such_column']).toBeUndefined()
    expect(Object.keys(event.columns ?? {})).toEqual(['cmdline', 'parent', 'pid'])
  })
})

describe('other forms', () => {
  it('takes rows of a snapshot logged as events for a snapshot', () => {
    expect(only({ ...LINE, action: 'snapshot' }).p_log_type).toBe('Osquery.Snapshot')
  })

  it('fans out a snapshot, and keeps an empty one as an event without columns', () => {
    const { columns, ...rest } = { ...LINE, action: 'snapshot' }
    const { events } = normalize({ ...rest, snapshot: [columns, { ...columns, pid: '1' }] })
    expect(events.map(event => event.columns?.['pid'])).toEqual(['4242', '1'])
    for (const event of events)
      expect(event).toMatchObject({ p_log_type: 'Osquery.Snapshot', action: 'snapshot' })
    for (const snapshot of [[], '', null]) {
      expect(only({ ...rest, snapshot })).toMatchObject({
        columns: null,
        action: 'snapshot',
        p_table: 'processes',
      })
    }
  })

  it('fans out a batch, removed rows first', () => {
    const { columns, action, ...rest } = LINE
    const diffResults = { added: [columns, { ...columns, pid: '1' }], removed: [{ ...columns, pid: '2' }] }
    const { events } = normalize({ ...rest, diffResults })
    expect(events.map(event => [event.action, event.columns?.['pid']])).toEqual([
      ['removed', '2'],
      ['added', '4242'],
      ['added', '1'],
    ])
    for (const event of events) expect(event.p_log_type).toBe('Osquery.Batch')
  })

  it('takes sides of a batch that are empty text, empty lists or missing', () => {
    const { columns, action, ...rest } = LINE
    for (const diffResults of [
      { removed: '', added: [columns] },
      { added: [columns] },
      { removed: [], added: columns },
    ]) {
      expect(only({ ...rest, diffResults }).action).toBe('added')
    }
    for (const diffResults of [{ removed: [], added: [] }, {}, '']) {
      expect(only({ ...rest, diffResults })).toMatchObject({ columns: null, p_log_type: 'Osquery.Batch' })
    }
  })

  it('reads status lines of every age', () => {
    const status = { severity: 1, filename: 'tls.cpp', line: 142, message: 'x', version: '5.23.1' }
    const strings = { ...status, severity: '1', line: '142' }
    const expected = {
      ...status,
      p_log_type: 'Osquery.Status',
      columns: null,
      name: '',
      p_table: '',
      p_query: '',
    }
    expect(only({ ...status, unixTime: AT })).toMatchObject(expected)
    expect(only({ ...strings, unixTime: AT })).toEqual(only({ ...status, unixTime: AT }))
    expect('severity' in only({ message: 'x' })).toBe(false)
  })

  it('keeps a query name that came without rows', () => {
    expect(only({ name: 'q', action: 'added' })).toMatchObject({ name: 'q', columns: null })
  })
})

describe('what can not be understood', () => {
  it('is refused with its reason', () => {
    const cases: readonly (readonly [record: unknown, reason: RejectReason])[] = [
      [null, 'not_an_object'],
      ['text', 'not_an_object'],
      [5, 'not_an_object'],
      [[LINE], 'not_an_object'],
      [{}, 'not_a_log_line'],
      [{ hostIdentifier: 'x', unixTime: 1 }, 'not_a_log_line'],
      [{ name: 'q', columns: 'text' }, 'not_a_log_line'],
      [{ name: 'q', columns: ['text'] }, 'not_a_log_line'],
      [{ name: 'q', snapshot: [{ a: '1' }, 5] }, 'not_a_log_line'],
      [{ name: 'q', diffResults: { added: 5 } }, 'not_a_log_line'],
      [{ name: 'q', snapshot: Array.from({ length: 100_001 }, () => ({})) }, 'record_too_large'],
    ]
    for (const [record, reason] of cases) {
      expect(normalize(record)).toEqual({ events: [], reasons: [reason] })
    }
  })

  it('leaves its neighbours alone', () => {
    const { events, reasons } = normalize(LINE, null, LINE)
    expect(events).toHaveLength(2)
    expect(reasons).toEqual([null, 'not_an_object', null])
  })
})

describe('the table', () => {
  it('is the one of the served query, whatever its columns', () => {
    expect(only({ ...LINE, name: 'pack_local_jobs', columns: { x: '1' } }).p_table).toBe('crontab')
    expect(only({ ...LINE, name: 'pack/local/jobs', columns: { x: '1' } }).p_table).toBe('crontab')
    expect(only({ name: 'pack_local_jobs', snapshot: [] }).p_table).toBe('crontab')
  })

  it('is told for each set of columns of one query', () => {
    const { events } = normalize(
      { ...LINE, name: 'mixed', columns: { command: 'x', minute: '1' } },
      { ...LINE, name: 'mixed', columns: { cmdline: 'x', on_disk: '1' } },
      { ...LINE, name: 'mixed', columns: { minute: '1', command: 'x' } },
    )
    expect(events.map(event => event.p_table)).toEqual(['crontab', 'processes', 'crontab'])
  })
})

describe('row ids', () => {
  it('do not depend on the order of keys, nor on the post in which a line comes', () => {
    const turned = { ...LINE, columns: Object.fromEntries(Object.entries(LINE.columns).reverse()) }
    expect(only(turned).p_row_id).toBe(only(LINE).p_row_id)
    const { events } = normalize({ ...LINE, counter: 7 }, { message: 'x', filename: 'y' }, LINE)
    expect(events[2]?.p_row_id).toBe(only(LINE).p_row_id)
  })

  it('do not depend on the order of any keys', () => {
    const columns = fc.dictionary(fc.string(), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(columns, values => {
        const turned = Object.fromEntries(Object.entries(values).reverse())
        const first = only({ ...LINE, columns: values })
        expect(only({ ...LINE, columns: turned }).p_row_id).toBe(first.p_row_id)
      }),
    )
  })

  it('number identical lines of one post, and mark them', () => {
    const { events } = normalize(LINE, LINE, { ...LINE, action: 'removed' }, LINE)
    const id = only(LINE).p_row_id
    expect(events.map(event => event.p_row_id)).toEqual([id, `${id}.1`, events[2]?.p_row_id, `${id}.2`])
    expect(events.map(event => event.p_flags)).toEqual([[], ['duplicate_in_post'], [], ['duplicate_in_post']])
  })

  it('differ by everything that makes a line another one', () => {
    const lines = [
      LINE,
      { ...LINE, name: 'other' },
      { ...LINE, unixTime: AT + 1 },
      { ...LINE, epoch: 1 },
      { ...LINE, counter: 2 },
      { ...LINE, action: 'removed' },
      { ...LINE, columns: { ...LINE.columns, pid: '1' } },
      { message: 'x', unixTime: AT },
      { message: 'x', unixTime: AT, severity: 1 },
      { message: 'x', unixTime: AT, line: 1 },
      { message: 'x', unixTime: AT, filename: 'f' },
    ]
    const { events } = normalize(...lines)
    expect(new Set(events.map(event => event.p_row_id)).size).toBe(lines.length)
  })

  it('differ between hosts that send the same', () => {
    const events: OsqueryEvent[] = []
    for (const hostId of ['host-1', 'host-2'] as HostId[]) {
      normalizer.post({ hostId, receivedAt: RECEIVED }).add(LINE, false, events)
    }
    expect(events[0]?.p_row_id).not.toBe(events[1]?.p_row_id)
    expect(events[0]?.p_row_id.slice(-16)).not.toBe(events[1]?.p_row_id.slice(-16))
  })

  it('stay the same over resends of a line without a time, within a day', () => {
    const ids = [0, 1, 86_399_999, 86_400_000].map(later => {
      const events: OsqueryEvent[] = []
      const post = normalizer.post({ hostId: HOST, receivedAt: RECEIVED + later })
      post.add({ message: 'x', severity: 0 }, false, events)
      return events[0]?.p_row_id
    })
    expect(new Set(ids.slice(0, 3)).size).toBe(1)
    expect(ids[3]).not.toBe(ids[0])
  })
})

describe('flags', () => {
  it('say what is odd about an event', () => {
    const events: OsqueryEvent[] = []
    const post = normalizer.post({ hostId: HOST, receivedAt: RECEIVED })
    post.add({ ...LINE, calendarTime: 'Thu Jan  1 07:01:01 2026 UTC' }, true, events)
    expect(events[0]?.p_flags).toEqual(['time_disagrees', 'text_repaired'])
  })
})

describe('any JSON', () => {
  const scalars = fc.oneof(fc.string(), fc.integer(), fc.constantFrom(null, true, '', '0'))
  const rows = fc.oneof(
    scalars,
    fc.dictionary(fc.string(), scalars),
    fc.array(fc.dictionary(fc.string(), scalars)),
  )
  const record = fc.record(
    {
      name: scalars,
      columns: rows,
      snapshot: rows,
      diffResults: fc.oneof(rows, fc.record({ added: rows, removed: rows }, { requiredKeys: [] })),
      decorations: rows,
      unixTime: scalars,
      calendarTime: scalars,
      epoch: scalars,
      action: scalars,
      message: scalars,
      severity: scalars,
      hostIdentifier: scalars,
    },
    { requiredKeys: [] },
  )

  it('becomes events or a reason, never neither and never a throw', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(record, fc.jsonValue()), { maxLength: 6 }), records => {
        for (const each of records) {
          const { events, reasons } = normalize(each)
          expect(events.length > 0).toBe(reasons[0] === null)
          for (const event of events) {
            expect(Number.isSafeInteger(event.p_event_time)).toBe(true)
            for (const value of Object.values(event.columns ?? {})) expect(typeof value).toBe('string')
          }
        }
        const together = normalize(...records)
        expect(new Set(together.events.map(event => event.p_row_id)).size).toBe(together.events.length)
      }),
      { numRuns: 300 },
    )
  })

  it('of any depth becomes text', () => {
    const deep = JSON.parse(`${'['.repeat(70_000)}${']'.repeat(70_000)}`)
    expect(only({ name: 'q', columns: { deep }, other: deep }).columns?.['deep']).toHaveLength(140_000)
  })
})

describe('the host that a line names', () => {
  const flags = (hostIdentifier: string, names?: readonly string[]) => {
    const origin = { hostId: HOST, receivedAt: RECEIVED, ...(names === undefined ? {} : { names }) }
    const events: OsqueryEvent[] = []
    normalizer.post(origin).add({ ...LINE, hostIdentifier }, false, events)
    return events.map(event => [event.p_host_id, event.hostIdentifier, event.p_flags])
  }

  it('is kept as a claim, and flagged when the host of the key never called itself so', () => {
    const names = ['web-01.example.com', '4C4C4544-0051-3610-8052-B4C04F4D3032']
    expect(flags('web-01.example.com', names)).toEqual([[HOST, 'web-01.example.com', []]])
    expect(flags('db-01.example.com', names)).toEqual([[HOST, 'db-01.example.com', ['host_disagrees']]])
  })

  it('is not held against a host of which no name is known, nor when there is none', () => {
    expect(flags('db-01.example.com', [])).toMatchObject([[HOST, 'db-01.example.com', []]])
    expect(flags('db-01.example.com')).toMatchObject([[HOST, 'db-01.example.com', []]])
    expect(flags('', ['web-01.example.com'])).toMatchObject([[HOST, '', []]])
  })
})
