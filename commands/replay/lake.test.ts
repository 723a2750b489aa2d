import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packs, rules } from '../../rules/index.ts'
import { alertRouting } from '../../rules/routing.ts'
import type { HostId, OsqueryEvent, RowId } from '../../src/detect/event.ts'
import { rowOf } from '../../src/detect/rows.ts'
import { segmentsOf } from '../../src/store/lake.ts'
import { eventOf } from '../../test/event.ts'
import { folderLake } from './folder-lake.ts'
import { mayHold, type StoredEvent, storedEvents } from './lake.ts'
import type { Line } from './lines.ts'
import type { TimeRange } from './range.ts'
import { type Choice, Replay } from './replay.ts'

const NOON = Date.UTC(2026, 10, 24, 12)
const MINUTE = 60_000
const DAY: TimeRange = { from: NOON - 12 * 60 * MINUTE, to: NOON + 12 * 60 * MINUTE }

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function store(...events: readonly OsqueryEvent[]): Promise<void> {
  for (const { key, parquet } of await segmentsOf(events)) {
    mkdirSync(dirname(join(folder, key)), { recursive: true })
    writeFileSync(join(folder, key), parquet)
  }
}

/** A cron job that was received so many minutes after noon. */
function job(id: string, minute: number, command = '/usr/bin/true'): OsqueryEvent {
  return eventOf({
    p_row_id: id as RowId,
    p_host_id: 'host-1' as HostId,
    p_parse_time: NOON + minute * MINUTE,
    p_event_time: NOON + minute * MINUTE,
    columns: rowOf('crontab', { command }),
    decorations: rowOf('', { hostname: 'web-1.example.com' }),
    extra: rowOf('', {}),
  })
}

async function stored(range: TimeRange): Promise<readonly StoredEvent[]> {
  const unread: string[] = []
  const all = await Array.fromAsync(storedEvents(folderLake(folder), range, segment => unread.push(segment)))
  expect(unread).toEqual([])
  return all
}

async function replay(shown: Partial<Choice>) {
  const run = new Replay(
    { events: false, matches: false, alerts: false, ...shown },
    { rules, packs, routing: alertRouting },
    NOON,
  )
  const lines: Line[] = []
  const broken = (segment: string, error: unknown) => lines.push(run.unreadSegment(segment, error))
  for await (const event of storedEvents(folderLake(folder), DAY, broken)) lines.push(...run.stored(event))
  lines.push(...run.end())
  return { lines, tally: run.tally }
}

describe('storedEvents', () => {
  it('gives events of the range as they were, hour by hour, with the host that they name', async () => {
    const events = [job('a', -61), job('b', -60), job('c', 0), job('d', 59), job('e', 60)]
    await store(...events)
    const all = await stored({ from: NOON - 60 * MINUTE, to: NOON + 60 * MINUTE })
    expect(all.map(({ event }) => event)).toStrictEqual(events.slice(1, 4))
    expect(all[0]?.host).toEqual({ id: 'host-1', name: 'web-1.example.com', platform: '', tags: [] })
    expect(all[1]).toMatchObject({
      segment: expect.stringMatching(/^lake\/osquery_differential\/date=2026-11-24\/hour=12\//),
      row: 1,
    })
  })

  it('has no blind spot: what was received a moment ago is there', async () => {
    await store(job('a', 0))
    expect(await stored({ from: NOON - 1, to: NOON + 1 })).toHaveLength(1)
    expect(await stored({ from: NOON - 1, to: NOON })).toHaveLength(0)
  })

  it('reads files without folders of hours whole', async () => {
    const [segment] = await segmentsOf([job('a', 0)])
    writeFileSync(join(folder, 'copy.parquet'), segment?.parquet ?? '')
    expect(await stored(DAY)).toHaveLength(1)
    expect(await stored({ from: DAY.to, to: DAY.to + 1 })).toHaveLength(0)
  })
})

describe('mayHold', () => {
  it.each([
    ['date=2026-11-24/hour=11/x.parquet', false],
    ['lake/osquery_batch/date=2026-11-24/hour=12/x.parquet', true],
    ['date=2026-11-24/hour=13/x.parquet', false],
    ['x.parquet', true],
  ])('%s: %s', (key, expected) => {
    expect(mayHold(key, { from: NOON + MINUTE, to: NOON + 60 * MINUTE })).toBe(expected)
  })
})

describe('a replay of the lake', () => {
  it('judges anew, counts an event once however often it is stored, and groups alerts', async () => {
    const bad = job('bad', 0, '/tmp/job')
    await store(bad, job('good', 1))
    // The same line once more, in other company and another hour.
    await store({ ...bad, p_parse_time: NOON + 90 * MINUTE }, job('other', 91))
    const { lines, tally } = await replay({ matches: true, alerts: true })
    expect(lines).toMatchObject([
      { kind: 'match', rule: 'posix.cron-loads-from-tmp', host: 'web-1.example.com', line: 1 },
      { kind: 'alert', event_count: 1 },
    ])
    expect(tally).toMatchObject({ segments: 2, events: 3, repeated: 1, matches: 1, alerts: 1 })
  })

  it('shows each event once', async () => {
    await store(job('a', 0), job('b', 1))
    await store(job('a', 0), job('c', 2))
    const { lines } = await replay({ events: true })
    expect(lines.map(line => line['p_row_id']).toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('goes on after a segment that cannot be read, and names it', async () => {
    await store(job('bad', 0, '/tmp/job'))
    writeFileSync(join(folder, 'broken.parquet'), 'no Parquet')
    const { lines, tally } = await replay({ matches: true })
    expect(lines).toMatchObject([
      { kind: 'rejected', file: 'broken.parquet', reason: 'unread_segment' },
      { kind: 'match', rule: 'posix.cron-loads-from-tmp' },
    ])
    expect(tally).toMatchObject({ rejected: 1, matches: 1 })
  })
})
