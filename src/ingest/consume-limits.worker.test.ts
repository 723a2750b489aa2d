import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { consumeAll, lakeRows, lines, rowsOf, testWorld } from '../../test/consumer.ts'
import { gzipPost, inlinePost, queued } from '../../test/ingest-batch.ts'
import { freshStorage } from '../../test/storage.ts'
import { utf8Length } from '../store/json-rows.ts'

/** What D1 takes as one parameter and as one row (d1/platform/limits); the local one doesn't enforce it. */
const D1_MAX_BYTES = 2_000_000
/** Three of them still are one record. Of random digits, or the post would be taken for a bomb. */
const GIANT = Array.from({ length: 210_000 }, (_, n) =>
  (Math.imul(n + 1, 2_654_435_761) >>> 0).toString().padStart(10, '0'),
).join('')

beforeEach(freshStorage)

/** A D1 that refuses parameters as the real one does. */
function strictD1(): D1Database {
  return new Proxy(env.DB, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (name !== 'prepare') return typeof member === 'function' ? member.bind(target) : member
      return (sql: string) => strictStatement(target.prepare(sql))
    },
  })
}

/** Statements stay real ones: `batch` takes no others. */
function strictStatement(statement: D1PreparedStatement): D1PreparedStatement {
  const bind = statement.bind.bind(statement)
  return Object.assign(statement, {
    bind(...values: unknown[]) {
      for (const value of values) {
        if (typeof value === 'string' && utf8Length(value) > D1_MAX_BYTES) {
          throw new Error('D1_ERROR: string or blob too big: SQLITE_TOOBIG')
        }
      }
      return bind(...values)
    },
  })
}

async function largestRow(table: string): Promise<number> {
  const rows = await rowsOf(`SELECT * FROM ${table}`)
  const sizes = rows.map(row =>
    Object.values(row).reduce((sum: number, value) => sum + utf8Length(String(value)), 0),
  )
  return Math.max(0, ...sizes)
}

const [line = {}] = lines('q')
const evil = { ...line, columns: { evil: '1' } }

describe('a line with a giant of two megabytes', () => {
  it.each([
    ['query name', { ...evil, name: GIANT }],
    ['pack and query', { ...evil, name: `pack_${GIANT}_${GIANT}` }],
    ['host identifier', { ...evil, hostIdentifier: GIANT }],
    ['action', { ...evil, action: GIANT }],
    ['time', { ...evil, calendarTime: GIANT, epoch: GIANT, counter: GIANT }],
    ['column', { ...evil, columns: { evil: '1', [GIANT]: GIANT } }],
    ['decoration', { ...evil, decorations: { [GIANT]: GIANT } }],
    ['member that nobody knows', { ...evil, [GIANT]: GIANT }],
    ['status message', { filename: GIANT, line: 1, message: GIANT, version: GIANT }],
    [
      'snapshot that matches in each row',
      { ...evil, columns: undefined, snapshot: [{ evil: '1', a: GIANT }] },
    ],
  ])('as %s costs its neighbours nothing', async (_, giant) => {
    await consumeAll(testWorld({ db: strictD1() }), [
      queued(inlinePost(gzipPost([...lines('a'), giant, ...lines('b')]))),
    ])
    expect(await rowsOf('SELECT count(*) AS n FROM events')).toEqual([{ n: 3 }])
    expect(await rowsOf('SELECT reason FROM quarantine')).toEqual([])
    expect(await lakeRows()).toHaveLength(3)
    for (const table of ['events', 'matches', 'windows', 'alerts', 'segments', 'timeline', 'hosts']) {
      expect(await largestRow(table), table).toBeLessThan(D1_MAX_BYTES)
    }
  })

  it('does not make a match as large for each rule that meets it', async () => {
    await consumeAll(testWorld({ db: strictD1() }), [
      queued(inlinePost(gzipPost([{ ...evil, columns: { evil: '1', a: GIANT.slice(0, 900_000) } }]))),
    ])
    expect(await rowsOf('SELECT count(*) AS n FROM matches')).toEqual([{ n: 1 }])
    expect(await largestRow('events')).toBeGreaterThan(900_000)
    expect(await largestRow('matches')).toBeLessThan(150_000)
  })
})
