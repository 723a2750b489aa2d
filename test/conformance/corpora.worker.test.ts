import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { claimedHost } from '../../commands/replay/claimed-host.ts'
import { Replay } from '../../commands/replay/replay.ts'
import { packs } from '../../rules/index.ts'
import { routing } from '../../src/detect/routing.ts'
import { lakeRows, rowsOf } from '../consumer.ts'
import { freshStorage } from '../storage.ts'
import { WholeWorker } from '../whole-worker.ts'
import { NO_LOG } from './no-log.ts'
import type { CorpusFile } from './shared-data.ts'

/**
 * Other people's logs through the Worker, whole: enrolled, posted, consumed, stored. What is stored must be what
 * `npm run replay` makes of the same bytes, and nothing may be missing, in D1 or in the lake.
 */

const corpora = inject('corpora')

let whole: WholeWorker

beforeEach(async () => {
  await freshStorage()
  whole = new WholeWorker()
})
afterEach(() => whole.leave())

/** One body for the log route. Text of which each character is one byte. */
interface Post {
  /** Where it comes from: the line of a file of posts, or what its lines have in common. */
  readonly from: number | string
  readonly body: string
}

/**
 * What a post came to: events without what only the host makes different, and whether something was rejected. Not why:
 * what has no `data` is no post to the Worker, and no log line to replay, which takes it for one.
 */
interface Outcome {
  readonly events: readonly string[]
  readonly isRejected: boolean
}

const KEY = /"node_key":"[^"]*"/

/** A file of posts has one a line; the lines of a log go in one post for each host that they claim to be from. */
function postsOf({ file, lines }: CorpusFile): Post[] {
  if (file === 'fleet/malformed_body.txt') return [{ from: 1, body: lines.join('\n') }]
  const bodies: Post[] = []
  const records = new Map<string, string[]>()
  for (const [i, line] of lines.entries()) {
    const value = JSON.parse(line) as Record<string, unknown> // every line of these files is an object
    if ('node_key' in value || 'enroll_secret' in value) {
      bodies.push({ from: i + 1, body: line })
      continue
    }
    const isWrapped = file.startsWith('streamalert/')
    const { id } = claimedHost(isWrapped ? value['record'] : value)
    records.set(id, [...(records.get(id) ?? []), isWrapped ? JSON.stringify(value['record']) : line])
  }
  const logs = [...records].map(([from, ofHost]) => ({ from, body: `{"data":[${ofHost.join(',')}]}` }))
  return [...bodies, ...logs]
}

const bytesOf = (text: string) => Uint8Array.from(text, character => character.charCodeAt(0))

/** Posts as its own host, with a node key of ours in the place of the one in the body. */
async function throughTheWorker(post: Post, name: string): Promise<Outcome> {
  const key = await whole.enroll(name)
  const body = bytesOf(post.body.replace(KEY, `"node_key":"${key}"`))
  const headers = { authorization: `NodeKey ${key}` }
  expect((await whole.post('log', body, { headers })).text).toBe('{}')
  await whole.settle()
  const [{ id }] = (await whole.api(`/hosts?q=${encodeURIComponent(name)}`)).items
  const events = await rowsOf(`SELECT event FROM events WHERE p_host_id = '${id}'`)
  const quarantined = await rowsOf(`SELECT reason FROM quarantine WHERE host_id = '${id}'`)
  return {
    events: events.map(({ event }) => comparable(JSON.parse(String(event)))).toSorted(),
    isRejected: quarantined.length > 0,
  }
}

async function throughReplay(post: Post): Promise<Outcome> {
  const choice = { events: true, matches: false, alerts: false }
  const replay = new Replay(choice, { rules: [], packs, routing: routing({ destinations: [] }) }, Date.now())
  const events: string[] = []
  for await (const { kind, ...rest } of replay.file('', piecesOf(post.body))) {
    if (kind === 'event') events.push(comparable(rest))
  }
  return { events: events.toSorted(), isRejected: replay.tally.rejected > 0 }
}

async function* piecesOf(text: string): AsyncGenerator<Uint8Array> {
  yield bytesOf(text)
}

/** Ids differ by host; whether a line names another host is seen only where there are enrolled ones. */
function comparable(event: object): string {
  const ignored = ['p_host_id', 'p_row_id', 'p_source_file', 'p_source_line']
  const kept = Object.entries(event).filter(([key]) => !ignored.includes(key))
  return JSON.stringify(Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1))), (key, value) =>
    key === 'p_flags' ? (value as string[]).filter(flag => flag !== 'host_disagrees') : value,
  )
}

describe.runIf(corpora !== null)('other people’s logs, through the Worker', () => {
  for (const corpus of corpora ?? []) {
    it(`are stored as replay reads them: ${corpus.file}`, async () => {
      const posts = postsOf(corpus)
      expect(posts.length).toBeGreaterThan(0)
      const withRejections: (number | string)[] = []
      for (const [i, post] of posts.entries()) {
        const outcome = await throughTheWorker(post, `${corpus.file} ${i}`)
        expect(outcome, `${corpus.file}, ${post.from}`).toEqual(await throughReplay(post))
        if (outcome.isRejected) withRejections.push(post.from)
      }
      const expected = corpus.file === 'fleet/malformed_body.txt' ? [1] : (NO_LOG[corpus.file] ?? [])
      expect(withRejections).toEqual(expected)
      const hot = await rowsOf('SELECT p_row_id FROM events ORDER BY p_row_id')
      const inLake = new Set((await lakeRows()).map(row => String(row['p_row_id'])))
      expect([...inLake].toSorted()).toEqual(hot.map(row => row['p_row_id']))
      expect(whole.printed.filter(line => /fail|interrupted|refused/.test(line))).toEqual([])
    })
  }
})
