import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { lines, rowsOf, stored, testWorld } from '../../test/consumer.ts'
import { failingD1, failingR2 } from '../../test/faults.ts'
import { batchOf, gzipPost, inlinePost, queued } from '../../test/ingest-batch.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW } from '../../test/world.ts'
import type { AlertWakeUp } from '../alerts/wake-up.ts'
import type { HostId } from '../detect/event.ts'
import { putSpool } from '../store/spool.ts'
import { consumeAlertsDead, consumeIngestDead } from './dead-letter.ts'

beforeEach(freshStorage)

async function keptText(): Promise<string[]> {
  const rows = await rowsOf('SELECT r2_key FROM quarantine ORDER BY quarantine_id')
  return Promise.all(
    rows.map(async row => {
      const object = await env.BUCKET.get(String(row['r2_key']))
      return await new Response(object?.body.pipeThrough(new DecompressionStream('gzip'))).text()
    }),
  )
}

describe('consumeIngestDead', () => {
  it('keeps the bytes with host, reason and count, without the node key', async () => {
    const message = queued(inlinePost(gzipPost(lines('a'))))
    await consumeIngestDead(batchOf(message), testWorld())
    expect(message.fate()).toEqual({ kind: 'acked' })
    expect(await rowsOf('SELECT host_id, reason, quarantined_at FROM quarantine')).toEqual([
      { host_id: 'host-1', reason: 'dead_letter', quarantined_at: TEST_NOW },
    ])
    expect(await rowsOf('SELECT name, label, value FROM counters')).toEqual([
      { name: 'records_rejected', label: 'dead_letter', value: 1 },
    ])
    const [text = ''] = await keptText()
    expect(JSON.parse(text).data).toEqual(lines('a'))
    expect(text).not.toContain('node-key-that-must-not-be-kept')
  })

  it('counts when the post died, however long ago it was received, and once', async () => {
    const post = inlinePost(gzipPost(lines('a')), { receivedAt: TEST_NOW - 7_200_000 })
    const world = testWorld()
    for (let i = 0; i < 2; i++) {
      await consumeIngestDead(batchOf(queued(post)), world)
      world.advance(60_000)
    }
    expect(await rowsOf('SELECT minute, value FROM counters')).toEqual([
      { minute: TEST_NOW / 60_000, value: 1 },
    ])
  })

  it('takes the bytes of a spooled post over from the spool', async () => {
    const post = { postId: 'p', hostId: 'host-1' as HostId, receivedAt: TEST_NOW }
    const key = await putSpool(env.BUCKET, post, gzipPost(lines('a')))
    const message = queued({ v: 1, kind: 'spooled', ...post, key })
    await consumeIngestDead(batchOf(message), testWorld())
    expect(message.fate()).toEqual({ kind: 'acked' })
    expect(await keptText()).toHaveLength(1)
    expect(await env.BUCKET.head(key)).toBeNull()
  })

  it('has nothing to keep of a spooled post that was stored after all', async () => {
    const message = queued({
      v: 1,
      kind: 'spooled',
      postId: 'p',
      hostId: 'h',
      receivedAt: TEST_NOW,
      key: 'spool/gone',
    })
    await consumeIngestDead(batchOf(message), testWorld())
    expect(message.fate()).toEqual({ kind: 'acked' })
    expect(await rowsOf('SELECT * FROM quarantine')).toEqual([])
  })

  it('keeps what it can not read, too', async () => {
    const messages = [queued('a text'), queued({ v: 9, gzip: gzipPost(lines('b')) })]
    await consumeIngestDead(batchOf(...messages), testWorld())
    expect(messages.map(message => message.fate().kind)).toEqual(['acked', 'acked'])
    expect(await rowsOf('SELECT host_id, reason FROM quarantine')).toEqual([
      { host_id: null, reason: 'dead_letter' },
      { host_id: null, reason: 'dead_letter' },
    ])
  })

  it('changes nothing when it comes twice', async () => {
    const body = inlinePost(gzipPost(lines('a')))
    await consumeIngestDead(batchOf(queued(body)), testWorld())
    const before = await stored()
    await consumeIngestDead(batchOf(queued(body)), testWorld())
    expect(await stored()).toEqual(before)
  })

  it('loses nothing whichever call fails, and lets the neighbours through', async () => {
    const post = { postId: 'p', hostId: 'host-1' as HostId, receivedAt: TEST_NOW }
    for (let failAt = 0; failAt < 4; failAt += 1) {
      for (const after of [false, true]) {
        for (const broken of ['db', 'bucket'] as const) {
          await freshStorage()
          const key = await putSpool(env.BUCKET, post, gzipPost(lines('a')))
          const bodies = [{ v: 1, kind: 'spooled', ...post, key }, inlinePost(gzipPost(lines('b')))]
          const faulty =
            broken === 'db'
              ? { db: failingD1(env.DB, { failAt, after }).store }
              : { bucket: failingR2(env.BUCKET, { failAt, after }).store }
          const messages = bodies.map(body => queued<unknown>(body))
          await consumeIngestDead(batchOf(...messages), testWorld(faulty))
          const back = messages.filter(message => message.fate().kind === 'retried')
          expect(back.length).toBeLessThanOrEqual(1)
          await consumeIngestDead(batchOf(...back.map(({ body }) => queued(body))), testWorld())
          expect(await keptText()).toHaveLength(2)
          expect(await rowsOf('SELECT value FROM counters')).toEqual([{ value: 2 }])
          expect(await env.BUCKET.head(key)).toBeNull()
        }
      }
    }
  })
})

describe('consumeAlertsDead', () => {
  const wakeUps = () => [
    queued({ v: 1, deliveryId: 'a' } as const),
    queued({ v: 1, deliveryId: 'b' } as const),
  ]

  it('counts and logs wake-ups; the deliveries are safe in D1', async () => {
    const world = testWorld()
    const messages = wakeUps()
    await consumeAlertsDead(batchOf<AlertWakeUp>(...messages), world)
    expect(messages.map(message => message.fate().kind)).toEqual(['acked', 'acked'])
    expect(await rowsOf('SELECT name, value FROM counters')).toEqual([{ name: 'dead_letters', value: 2 }])
    expect(world.logged).toContainEqual({
      event: 'dead_letters',
      fields: { queue: 'alerts-dead', messages: 2 },
    })
  })

  it('tries again when D1 fails', async () => {
    const messages = wakeUps()
    const { store } = failingD1(env.DB, { failAt: 0 })
    await consumeAlertsDead(batchOf<AlertWakeUp>(...messages), testWorld({ db: store }))
    expect(messages.map(message => message.fate().kind)).toEqual(['retried', 'retried'])
  })

  it('has nothing to do with an empty batch', async () => {
    await consumeAlertsDead(batchOf<AlertWakeUp>(), testWorld())
    expect(await rowsOf('SELECT * FROM counters')).toEqual([])
  })
})
