import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { eventOf } from '../../test/event.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW } from '../../test/world.ts'
import type { HostId, OsqueryEvent, RowId } from '../detect/event.ts'
import { insertEvents } from './events.ts'
import { hotJson } from './hot-event.ts'
import { dayStartOf, rowIdTime } from './row-id-range.ts'
import { type EventFilters, scanStatement, searchEvents } from './search.ts'

const HOUR_MS = 3_600_000
const ANYTHING: EventFilters = {
  from: null,
  to: null,
  host: null,
  query: null,
  table: null,
  logType: null,
  indicator: null,
  text: null,
}

/** An event called `name` at a time; its id begins with `idTime` when that differs. */
function made(
  name: string,
  time: number,
  overrides: Partial<OsqueryEvent> = {},
  idTime = time,
): OsqueryEvent {
  return eventOf({
    name,
    p_row_id: `${rowIdTime(idTime)}-${name}` as RowId,
    p_event_time: time,
    ...overrides,
  })
}

async function store(...events: OsqueryEvent[]): Promise<void> {
  await env.DB.batch(insertEvents(env.DB, events.map(hotJson)))
}

/** Names found, all pages joined. */
async function find(filters: Partial<EventFilters>, limit = 100): Promise<string[]> {
  const names: string[] = []
  let cursor: string | null = null
  do {
    const page = await searchEvents(env.DB, { ...ANYTHING, ...filters }, limit, cursor)
    if (page === null) throw new Error('refused its own cursor')
    names.push(...page.items.map(item => item.name))
    cursor = page.nextCursor
  } while (cursor !== null)
  return names
}

beforeEach(freshStorage)

describe('searchEvents', () => {
  it('finds nothing where there is nothing', async () => {
    expect(await searchEvents(env.DB, ANYTHING, 10, null)).toEqual({ items: [], nextCursor: null })
  })

  it('gives whole events, latest first', async () => {
    const events = [made('a', TEST_NOW - 2), made('c', TEST_NOW), made('b', TEST_NOW - 1)]
    await store(...events)
    const page = await searchEvents(env.DB, ANYTHING, 10, null)
    expect(page?.items).toEqual([events[1], events[2], events[0]])
  })

  it.each([1, 2, 3, 10])('pages without gap or double, %i at a time', async limit => {
    const names = ['g', 'f', 'e', 'd', 'c', 'b', 'a']
    await store(...names.map((name, age) => made(name, TEST_NOW - age)))
    expect(await find({}, limit)).toEqual(names)
  })

  it('keeps its place while new events arrive', async () => {
    await store(made('b', TEST_NOW), made('a', TEST_NOW - 1))
    const first = await searchEvents(env.DB, ANYTHING, 1, null)
    await store(made('c', TEST_NOW + 1))
    const second = await searchEvents(env.DB, ANYTHING, 1, first?.nextCursor ?? null)
    expect(second?.items.map(item => item.name)).toEqual(['a'])
  })

  it.each(['', 'x', "'; DROP TABLE events", '123', '%'])('refuses %j as a cursor', async cursor => {
    expect(await searchEvents(env.DB, ANYTHING, 10, cursor)).toBeNull()
  })
})

describe('a range of time', () => {
  it('includes its start and excludes its end', async () => {
    await store(...[-1, 0, 1, 2].map(offset => made(`${offset}`, TEST_NOW + offset)))
    expect(await find({ from: TEST_NOW, to: TEST_NOW + 2 })).toEqual(['1', '0'])
  })

  it('finds events without a time of their own by when they were received', async () => {
    const day = dayStartOf(TEST_NOW)
    const received = (name: string, time: number) => made(name, time, {}, dayStartOf(time))
    await store(
      received('yesterday', day - HOUR_MS),
      received('morning', day + 8 * HOUR_MS),
      received('noon', day + 12 * HOUR_MS),
      received('evening', day + 20 * HOUR_MS),
      made('timed', day + 12 * HOUR_MS + 1),
    )
    expect(await find({ from: day + 11 * HOUR_MS, to: day + 13 * HOUR_MS }, 1)).toEqual(['timed', 'noon'])
    expect((await find({ from: day, to: day + 9 * HOUR_MS })).toSorted()).toEqual(['morning'])
    expect((await find({ from: day - 2 * HOUR_MS, to: day + 9 * HOUR_MS })).toSorted()).toEqual([
      'morning',
      'yesterday',
    ])
  })
})

describe('filters', () => {
  it('find a host by id, hostname or identifier', async () => {
    await env.DB.prepare(
      `INSERT INTO hosts (host_id, hostname, host_identifier, enrolled_at, last_enroll_at, last_seen_at, silence_since)
       VALUES ('h1', 'web-1.example.com', 'uuid-1', 0, 0, 0, 0)`,
    ).run()
    await store(
      made('one', TEST_NOW, { p_host_id: 'h1' as HostId }),
      made('two', TEST_NOW, { p_host_id: 'h2' as HostId }),
    )
    expect(await find({ host: 'h1' })).toEqual(['one'])
    expect(await find({ host: 'web-1.example.com' })).toEqual(['one'])
    expect(await find({ host: 'uuid-1' })).toEqual(['one'])
    expect(await find({ host: 'h2' })).toEqual(['two'])
    expect(await find({ host: 'h' })).toEqual([])
  })

  it('find a query by its whole or its short name, a table, a log type', async () => {
    await store(
      made('pack/a/q1', TEST_NOW, { p_query: 'q1', p_table: 'processes' }),
      made('pack/b/q1', TEST_NOW - 1, { p_query: 'q1', p_log_type: 'Osquery.Snapshot' }),
    )
    expect(await find({ query: 'q1' })).toHaveLength(2)
    expect(await find({ query: 'pack/a/q1' })).toEqual(['pack/a/q1'])
    expect(await find({ table: 'processes' })).toEqual(['pack/a/q1'])
    expect(await find({ logType: 'Osquery.Snapshot' })).toEqual(['pack/b/q1'])
  })

  it('find an indicator in any list, whole, in either case', async () => {
    await store(
      made('ip', TEST_NOW, { p_any_ip_addresses: ['192.0.2.1', '192.0.2.10'] }),
      made('user', TEST_NOW - 1, { p_any_usernames: ['CORP\\root "x"'] }),
      made('elsewhere', TEST_NOW - 2, { columns: { remote_address: '192.0.2.10', path: 'corp\\root "x"' } }),
    )
    expect(await find({ indicator: '192.0.2.10' })).toEqual(['ip'])
    expect(await find({ indicator: '192.0.2' })).toEqual([])
    expect(await find({ indicator: 'corp\\ROOT "x"' })).toEqual(['user'])
  })

  it('find text anywhere, also quotes, backslashes, percent signs and long text', async () => {
    const cmdline = `C:\\Windows\\cmd.exe /c "echo 100%_done" ${'x'.repeat(200)} né`
    await store(made('a', TEST_NOW, { columns: { cmdline } }), made('b', TEST_NOW - 1))
    for (const text of [cmdline, '\\windows\\', '"echo', '100%_D', 'né', 'x'.repeat(200)]) {
      expect(await find({ text })).toEqual(['a'])
    }
    expect(await find({ text: '100_done' })).toEqual([])
    expect(await find({ text: "' OR 1=1 --" })).toEqual([])
  })

  it('work together', async () => {
    await store(
      made('a', TEST_NOW, { p_table: 't', p_query: 'q' }),
      made('b', TEST_NOW, { p_table: 't', p_query: 'other' }),
    )
    expect(await find({ table: 't', query: 'q', from: TEST_NOW })).toEqual(['a'])
  })
})

describe('bounds', () => {
  const limits = { items: 3, rowsScanned: 4, chars: 1_000_000 }

  it('end a page after so many rows looked at, and go on with the next', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `e${index}`)
    await store(
      ...names.map((name, age) => made(name, TEST_NOW - age, { p_table: age === 9 ? 'rare' : 't' })),
    )
    const pages: string[][] = []
    let cursor: string | null = null
    do {
      const page = await searchEvents(env.DB, { ...ANYTHING, table: 'rare' }, 3, cursor, limits)
      pages.push(page?.items.map(item => item.name) ?? [])
      cursor = page?.nextCursor ?? null
    } while (cursor !== null)
    expect(pages).toEqual([[], [], ['e9']])
  })

  it('give no more than the limit of items', async () => {
    await store(...['a', 'b', 'c', 'd'].map((name, age) => made(name, TEST_NOW - age)))
    const page = await searchEvents(env.DB, ANYTHING, 1_000_000, null, limits)
    expect(page?.items).toHaveLength(3)
  })

  it('end a page before giant events fill the memory, but always give one', async () => {
    const giant = { columns: { x: 'y'.repeat(700_000) } }
    await store(...['a', 'b', 'c'].map((name, age) => made(name, TEST_NOW - age, giant)))
    const names: string[][] = []
    let cursor: string | null = null
    do {
      const page = await searchEvents(env.DB, ANYTHING, 3, cursor, { ...limits, chars: 500_000 })
      names.push(page?.items.map(item => item.name) ?? [])
      cursor = page?.nextCursor ?? null
    } while (cursor !== null)
    expect(names.filter(page => page.length > 0)).toEqual([['a'], ['b'], ['c']])
  })
})

it('goes through the primary key backwards, without sorting', async () => {
  const { sql, values } = planned()
  const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .raw()
  const steps = plan.map(row => String(row.at(3)))
  expect(steps).toContainEqual(
    expect.stringMatching(/^SEARCH events USING PRIMARY KEY \(p_row_id>\? AND p_row_id<\?\)/),
  )
  expect(steps.filter(step => /TEMP B-TREE/.test(step))).toEqual([])
})

/** The search's statement as it reaches D1. */
function planned(): { sql: string; values: unknown[] } {
  const seen = { sql: '', values: [] as unknown[] }
  const recorder = {
    prepare: (sql: string) => ({
      bind: (...values: unknown[]) => {
        Object.assign(seen, { sql, values })
      },
    }),
  } as unknown as D1Database // records; nothing else of a database is asked for
  scanStatement(
    recorder,
    { ...ANYTHING, text: 'x', indicator: 'y', host: 'h' },
    { floor: '0', ceiling: '1' },
    1,
    1,
  )
  return seen
}
