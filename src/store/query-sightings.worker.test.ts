import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW } from '../../test/world.ts'
import { countDroppedLines, selectRecentlyDropped } from './dropped-lines.ts'
import { noteSightings, removeSightings, selectSilentPairs } from './query-sightings.ts'

beforeEach(freshStorage)

/** A database that explains what it would do instead of doing it. */
const explaining = new Proxy(env.DB, {
  get: (db, name) =>
    name === 'prepare'
      ? (sql: string) => db.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      : Reflect.get(db, name).bind(db),
})

const [addLines, countLines] = countDroppedLines(explaining, [])

it.each<[string, D1PreparedStatement | undefined, string, readonly string[]]>([
  [
    'reads pairs by their query',
    selectSilentPairs(explaining, 'q', 1, TEST_NOW),
    'query_sightings_by_query',
    [],
  ],
  ['notes pairs by their key', noteSightings(explaining, []), 'SEARCH s USING PRIMARY KEY', []],
  // The list of what is to go is gone over by the index; that of the names as well.
  [
    'removes by the index',
    removeSightings(explaining, TEST_NOW, 1),
    'query_sightings_by_query',
    ['SCAN names'],
  ],
  [
    'reads dropped lines minute by minute',
    selectRecentlyDropped(explaining, '[]'),
    'SEARCH c USING PRIMARY KEY',
    [],
  ],
  ['finds hosts that dropped lines by their id', addLines, 'SEARCH hosts USING PRIMARY KEY', ['SCAN d']],
  ['finds counted events by their id', countLines, 'SEARCH events USING PRIMARY KEY', []],
])('%s', async (_, statement, how, scans) => {
  const { results } = (await statement?.all<{ detail: string }>()) ?? { results: [] }
  const details = results.map(({ detail }) => detail)
  expect(details.join('\n')).toContain(how)
  expect(details.filter(detail => /^SCAN (?!json_each)/.test(detail) && !scans.includes(detail))).toEqual([])
})
