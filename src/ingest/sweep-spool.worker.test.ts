import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { detectionOf, eventNames, lines, rowsOf, testWorld } from '../../test/consumer.ts'
import { failingR2 } from '../../test/faults.ts'
import { heldQueue } from '../../test/held-queue.ts'
import { batchOf, gzipPost, queued } from '../../test/ingest-batch.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import { putSpool } from '../store/spool.ts'
import { consumeIngest } from './consume.ts'
import type { IngestMessage } from './message.ts'
import { sweepSpool } from './sweep-spool.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000

const spool = (postId: string, receivedAt: number, gzip = gzipPost(lines(postId))) =>
  putSpool(env.BUCKET, { postId, hostId: 'host-1' as HostId, receivedAt }, gzip)

const sentTo = (queue: { sent: readonly IngestMessage[] }) => queue.sent.map(message => message.postId)

beforeEach(freshStorage)

describe('sweepSpool', () => {
  it('enqueues what lies there longer than a minute, oldest first', async () => {
    const ingest = heldQueue<IngestMessage>()
    await spool('young', TEST_NOW - 59 * SECOND_MS)
    await spool('old', TEST_NOW - 61 * SECOND_MS)
    await spool('oldest', TEST_NOW - 3 * MINUTE_MS)
    expect(await sweepSpool(testWorld({ ingest: ingest.queue }))).toBe(2)
    expect(sentTo(ingest)).toEqual(['oldest', 'old'])
  })

  it('makes a pointer that the consumer takes for the lost one', async () => {
    const ingest = heldQueue<IngestMessage>()
    const world = testWorld({ ingest: ingest.queue })
    const key = await spool('lost', TEST_NOW - 2 * MINUTE_MS)
    await sweepSpool(world)
    expect(ingest.sent).toEqual([
      { v: 1, kind: 'spooled', postId: 'lost', hostId: 'host-1', receivedAt: TEST_NOW - 2 * MINUTE_MS, key },
    ])
    await consumeIngest(batchOf(...ingest.sent.map(queued)), world, detectionOf())
    expect(await eventNames()).toEqual(['lost'])
    expect((await env.BUCKET.list({ prefix: 'spool/' })).objects).toEqual([])
  })

  it('does not send the same again each minute, but after five', async () => {
    const ingest = heldQueue<IngestMessage>()
    const world = testWorld({ ingest: ingest.queue })
    await spool('a', TEST_NOW - 2 * MINUTE_MS)
    await sweepSpool(world)
    await spool('b', TEST_NOW - MINUTE_MS)
    world.advance(MINUTE_MS)
    await sweepSpool(world)
    expect(sentTo(ingest)).toEqual(['a', 'b'])
    world.advance(4 * MINUTE_MS)
    await sweepSpool(world)
    expect(sentTo(ingest)).toEqual(['a', 'b', 'a', 'b'])
  })

  it('goes over more posts than one page holds', async () => {
    const ingest = heldQueue<IngestMessage>()
    const names = Array.from({ length: 230 }, (_, index) => `post-${String(index).padStart(3, '0')}`)
    await Promise.all(names.map(name => spool(name, TEST_NOW - 2 * MINUTE_MS)))
    expect(await sweepSpool(testWorld({ ingest: ingest.queue }))).toBe(230)
    expect(sentTo(ingest)).toEqual(names)
  })

  it('goes on behind what it sent when the queue fails in the middle', async () => {
    const names = Array.from({ length: 150 }, (_, index) => `post-${String(index).padStart(3, '0')}`)
    await Promise.all(names.map(name => spool(name, TEST_NOW - 2 * MINUTE_MS)))
    const ingest = heldQueue<IngestMessage>()
    let calls = 0
    const sendBatch: typeof ingest.queue.sendBatch = async messages => {
      calls += 1
      if (calls === 2) throw new Error('Queue is overloaded')
      return await ingest.queue.sendBatch(messages)
    }
    const world = testWorld({ ingest: { ...ingest.queue, sendBatch } })
    await expect(sweepSpool(world)).rejects.toThrow('overloaded')
    await sweepSpool(world)
    expect(sentTo(ingest)).toEqual(names)
  })

  it('passes by objects that are none of ours', async () => {
    const ingest = heldQueue<IngestMessage>()
    await env.BUCKET.put('spool/00000000000000-foreign', 'x')
    await spool('ours', TEST_NOW - 2 * MINUTE_MS)
    await sweepSpool(testWorld({ ingest: ingest.queue }))
    expect(sentTo(ingest)).toEqual(['ours'])
  })

  it('writes nothing to D1 when the spool is empty', async () => {
    expect(await sweepSpool(testWorld())).toBe(0)
    expect(await rowsOf('SELECT * FROM states')).toEqual([])
  })

  it('says so when R2 fails', async () => {
    const { store } = failingR2(env.BUCKET, { failAt: 0 })
    await expect(sweepSpool(testWorld({ bucket: store }))).rejects.toThrow('Network connection lost')
  })
})
