import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { testConsole } from '../../../test/console.ts'
import { eventOf } from '../../../test/event.ts'
import { freshStorage } from '../../../test/storage.ts'
import { TEST_NOW } from '../../../test/world.ts'
import type { HostId, OsqueryEvent, RowId } from '../../detect/event.ts'
import { insertEvents } from '../../store/events.ts'
import { hotJson } from '../../store/hot-event.ts'
import { rowIdTime } from '../../store/row-id-range.ts'

beforeEach(freshStorage)

const MINUTE = 60_000

async function store(...events: Partial<OsqueryEvent>[]): Promise<void> {
  const rows = events.map((overrides, n) => {
    const time = overrides.p_event_time ?? TEST_NOW - n * MINUTE
    // An id begins with its time, which is all that searching asks of it.
    return eventOf({ p_row_id: `${rowIdTime(time)}-${n}` as RowId, ...overrides, p_event_time: time })
  })
  await env.DB.batch(insertEvents(env.DB, rows.map(hotJson)))
}

/** Row numbers of what was found, in the order of the answer. */
async function found(query: string): Promise<string[]> {
  const { body } = await testConsole().get(`/events?${query}`)
  return body.items.map(({ p_row_id }: { p_row_id: string }) => p_row_id.split('-').at(-1))
}

describe('GET /events', () => {
  it('answers events as rules see them, latest first', async () => {
    const columns = { command: 'x', big: '18446744073709551615', ['__proto__']: 'kept' }
    await store({ columns, epoch: '18446744073709551615' }, {})
    const { body } = await testConsole().get('/events')
    expect(body.items.map(({ p_event_time }: OsqueryEvent) => p_event_time)).toEqual([
      TEST_NOW,
      TEST_NOW - MINUTE,
    ])
    expect(body.items[0]).toMatchObject({ epoch: '18446744073709551615', p_host_id: 'host-1' })
    expect(Object.entries(body.items[0].columns).toSorted()).toEqual(Object.entries(columns).toSorted())
  })

  it.each([
    ['host=host-2', ['1']],
    ['query=last', ['2']],
    ['table=last', ['2']],
    ['log_type=Osquery.Snapshot', ['3']],
    ['indicator=192.0.2.7', ['4']],
    ['q=NEEDLE', ['5']],
    [`from=${TEST_NOW - 2 * MINUTE}&to=${TEST_NOW}`, ['1', '2']],
    ['from=2026-11-24T13:59:00%2B02:00', ['0', '1']],
    ['host=host-2&table=last', []],
  ])('with %s finds %j', async (query, expected) => {
    await store(
      {},
      { p_host_id: 'host-2' as HostId },
      { p_query: 'last', p_table: 'last' },
      { p_log_type: 'Osquery.Snapshot' },
      { p_any_ip_addresses: ['192.0.2.7'] },
      { columns: { command: 'a needle in it' } },
    )
    expect(await found(query)).toEqual(expected)
  })

  it('pages through all of them, each once', async () => {
    await store({}, {}, {}, {}, {})
    const console = testConsole()
    const seen: number[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body } = await console.get(`/events?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...body.items.map((event: OsqueryEvent) => event.p_event_time))
      cursor = body.next_cursor
    }
    expect(seen).toEqual([0, 1, 2, 3, 4].map(n => TEST_NOW - n * MINUTE))
  })

  it.each(['host', 'query', 'table', 'indicator', 'q'])('takes SQL in %s for text', async field => {
    await store({})
    expect(await found(`${field}=${encodeURIComponent("' OR 1=1; DROP TABLE events; --")}`)).toEqual([])
    expect(await found('')).toHaveLength(1)
  })

  it.each([
    ['from=yesterday', 'from'],
    ['from=2026-11-24', 'from'],
    ['to=2026-11-24T12:00:00', 'to'],
    ['from=-1', 'from'],
    ['from=2000&to=1000', 'from'],
    ['log_type=Osquery.Nonsense', 'log_type'],
    ['table=', 'table'],
    [`q=${'x'.repeat(2_049)}`, 'q'],
    ['cursor=nonsense', 'cursor'],
    ['limit=0', 'limit'],
  ])('refuses %.30s and names the field', async (query, field) => {
    const reply = await testConsole().get(`/events?${query}`)
    expect([reply.status, reply.body.error.code, reply.body.error.field]).toEqual([
      400,
      'invalid_parameter',
      field,
    ])
  })
})
