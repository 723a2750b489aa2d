import type { HostId, OsqueryEvent } from '../../src/detect/event.ts'
import { createNormalizer } from '../../src/ingest/normalize.ts'
import { benchPosts } from './posts.ts'

/**
 * What normalization costs against JSON.parse of the same bytes, in one process: `node test/bench/normalize.ts`.
 * The machine's noise is in the slow rounds, so the fastest counts.
 */

const ROUNDS = 25
const WARM_UP = 30
const ROWS = 104

interface Measure {
  readonly name: string
  readonly run: (text: string) => number
  best: number
}

function measure(): void {
  const posts = benchPosts(20, ROWS)
  const bytes = posts.reduce((sum, { text }) => sum + text.length, 0)
  const normalizer = createNormalizer([])
  const hostId = 'host-1' as HostId // any text names a host here
  const measures: Measure[] = [
    { name: 'JSON.parse', run: text => rowsOf(text).length, best: Number.POSITIVE_INFINITY },
    {
      name: 'JSON.parse and normalize',
      run: text => {
        const post = normalizer.post({ hostId, receivedAt: 1_767_400_000_000 })
        const out: OsqueryEvent[] = []
        for (const row of rowsOf(text)) post.add(row, false, out)
        return out.length
      },
      best: Number.POSITIVE_INFINITY,
    },
  ]
  let sink = 0
  const round = (of: Measure): number => {
    const begin = performance.now()
    for (const { text } of posts) sink += of.run(text)
    return (performance.now() - begin) / posts.length
  }
  for (let i = 0; i < WARM_UP; i++) for (const each of measures) round(each)
  for (let i = 0; i < ROUNDS; i++) for (const each of measures) each.best = Math.min(each.best, round(each))
  const [parse] = measures
  const base = parse?.best ?? Number.NaN
  console.log(
    `${Math.round(bytes / posts.length / ROWS)} bytes a row, ${ROWS} rows a post (${sink} rows read)`,
  )
  for (const { name, best } of measures) {
    console.log(
      `${name.padEnd(28)} ${(best * 1000).toFixed(0).padStart(6)} us a post ${((best * 1e6) / ROWS).toFixed(0).padStart(6)} ns a row ${(best / base).toFixed(2)} x`,
    )
  }
}

function rowsOf(text: string): readonly unknown[] {
  const post: { data: readonly unknown[] } = JSON.parse(text)
  return post.data
}

measure()
