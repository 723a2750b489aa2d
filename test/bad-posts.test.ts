import { gzipSync } from 'node:zlib'
import { describe, expect, inject, it } from 'vitest'
import type { HostId } from '../src/detect/event.ts'
import type { InlinePost } from '../src/ingest/message.ts'
import { well } from './bad-server/badness.ts'
import { setStage } from './bad-server/stage.ts'
import { line } from './conformance/peers/peer-case.ts'
import { Seed } from './simulator/seed.ts'

// Posts that come twice and in any order over the real INGEST queue, to the Worker as it is deployed.

const built = { directory: inject('builtWorker') }

const POSTS = 24
const LINES = 5
const SECOND = 1_000

/** Posts of one host of which every one makes so many accounts with the rights of root, each its own alert. */
function postsOf(hostId: HostId): readonly InlinePost[] {
  return Array.from({ length: POSTS }, (_, post) => {
    const data = Array.from({ length: LINES }, (_, n) =>
      line('pack_incident-response_users', { uid: '0', username: `twin-${n}`, directory: `/home/${post}` }),
    )
    const text = JSON.stringify({ node_key: 'x', log_type: 'result', data })
    return {
      v: 1,
      kind: 'inline',
      postId: `post-${post}`,
      hostId,
      receivedAt: Date.now(),
      gzip: new Uint8Array(gzipSync(text)),
    }
  })
}

describe('posts on the queue', () => {
  it('that come in any order, each up to three times, also at the same moment, count once', async () => {
    await using stage = await setStage(built, { badness: () => well })
    const { worker, server } = stage
    await worker.enroll('paged-01')
    const hostId = await worker.db.prepare('SELECT host_id AS id FROM hosts').first<string>('id')
    const posts = postsOf((hostId ?? '') as HostId) // a column of host ids
    const seed = new Seed(1)
    const many = posts.flatMap(post => Array.from({ length: seed.whole(1, 3) }, () => post))
    expect(many.length).toBeGreaterThan(POSTS)
    const inAnyOrder = () => many.toSorted(() => seed.next() - 0.5)
    const batches = [inAnyOrder(), inAnyOrder()]
    await Promise.all(batches.map(batch => worker.post(batch)))
    const done = () => worker.batches.filter(({ queue }) => queue === 'ingest')
    await worker.until(
      'all were consumed',
      () => done().reduce((sum, { acknowledged }) => sum + acknowledged, 0) === 2 * many.length,
      60 * SECOND,
    )
    expect(await worker.number('SELECT count(*) AS n FROM events')).toBe(POSTS * LINES)
    expect(await worker.number("SELECT count(*) AS n FROM matches WHERE rule_id = 'posix.second-root'")).toBe(
      POSTS * LINES,
    )
    const alerts = await worker.db
      .prepare("SELECT event_count AS n FROM alerts WHERE rule_id = 'posix.second-root'")
      .all<{ n: number }>()
    expect(alerts.results.map(({ n }) => n)).toEqual(Array.from({ length: LINES }, () => POSTS))
    expect(await worker.number('SELECT count(*) AS n FROM quarantine')).toBe(0)
    await worker.until('all are told', () => server.pagerDuty.incidents.length === LINES, 10 * SECOND)
    expect(server.seen).toHaveLength(LINES)
  })
})
