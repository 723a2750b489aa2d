import { env } from 'cloudflare:workers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { agentClient } from '../../test/agent-client.ts'
import { gzipBomb } from '../../test/bomb.ts'
import { failingD1, failingR2 } from '../../test/faults.ts'
import { heldQueue } from '../../test/held-queue.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, testSettings, worldFor } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { decodePost } from '../ingest/decode.ts'
import type { IngestMessage } from '../ingest/message.ts'
import { enrollHost, revokeHost } from '../store/hosts.ts'
import { indexQuarantine } from '../store/quarantine.ts'
import { getSpool, listSpool } from '../store/spool.ts'
import { mintNodeKey } from './node-key.ts'

const MIB = 1024 * 1024
const LOG = '/api/v1/osquery/log'
const host = 'c0ffee0123456789c0ffee01' as HostId

beforeEach(freshStorage)

/** A world whose ingest queue keeps what it is sent. */
async function setUp(overrides: Partial<World> = {}) {
  const { queue, sent } = heldQueue<IngestMessage>()
  const world = worldFor(env, { ingest: queue, ...overrides })
  return { world, sent, send: agentClient(world), key: mintNodeKey(world, host) }
}

const post = (key: string, lines: readonly object[] = [{ name: 'q' }]) =>
  JSON.stringify({ node_key: key, log_type: 'result', data: lines })
const withHeader = (key: string) => ({ headers: { authorization: `NodeKey ${key}` } })

function textOf(message: IngestMessage | undefined): string {
  if (message?.kind !== 'inline') throw new Error(`expected an inline message, got ${message?.kind}`)
  return gunzipSync(message.gzip).toString()
}

/** All that the consumer reads out of a post, and why not the rest. */
async function decoded(gzip: Uint8Array, end: Parameters<typeof decodePost>[1]) {
  const chunks = await Array.fromAsync(decodePost(gzip, end))
  return {
    records: chunks.flatMap(({ records }) => records),
    rejections: chunks
      .flatMap(({ rejections }) => rejections)
      .map(({ bytes, ...why }) => ({ ...why, text: new TextDecoder().decode(bytes) })),
  }
}

async function objectsUnder(prefix: string): Promise<R2Object[]> {
  const { objects } = await env.BUCKET.list({ prefix, include: ['customMetadata'] })
  return objects
}

/** A body that comes in the given pieces. */
function streamOf(pieces: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.iterator]()
  return new ReadableStream({
    pull(controller) {
      const { done, value } = iterator.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

describe('a post', () => {
  it('is on the queue, compressed, when the host is told that it is stored', async () => {
    const { send, sent, key } = await setUp()
    const reply = await send(LOG, post(key))
    expect(reply).toMatchObject({ status: 200, text: '{}' })
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(reply.headers.get('cache-control')).toBe('no-store')
    expect(sent).toMatchObject([{ v: 1, kind: 'inline', hostId: host, receivedAt: TEST_NOW }])
    expect(sent[0]?.postId).toMatch(/^[0-9a-f]{32}$/)
    expect(textOf(sent[0])).toBe(post(key))
  })

  it('keeps the very bytes that the host compressed, whatever Content-Encoding says', async () => {
    const { send, sent, key } = await setUp()
    const gzip = gzipSync(post(key))
    for (const headers of [{ 'content-encoding': 'gzip' }, { 'content-encoding': 'identity' }, {}]) {
      expect((await send(LOG, gzip, { headers })).text).toBe('{}')
    }
    for (const message of sent) expect(message).toMatchObject({ gzip: new Uint8Array(gzip) })
    expect(sent).toHaveLength(3)
  })

  it('is taken as plain text although Content-Encoding says gzip', async () => {
    const { send, sent, key } = await setUp()
    await send(LOG, post(key), { headers: { 'content-encoding': 'gzip' } })
    expect(textOf(sent[0])).toBe(post(key))
  })

  it('is taken by POST and PUT, on both paths, without a content type', async () => {
    const { send, sent, key } = await setUp()
    for (const path of [LOG, '/api/osquery/log', `${LOG}?enroll_secret=x`]) {
      for (const method of ['POST', 'PUT']) {
        expect((await send(path, new TextEncoder().encode(post(key)), { method })).text).toBe('{}')
      }
    }
    expect(sent).toHaveLength(6)
  })

  it('is taken with its key first or last, in the header or the body, plain or compressed', async () => {
    const { send, sent, key } = await setUp()
    const last = JSON.stringify({ data: [], log_type: 'status', node_key: key })
    const none = JSON.stringify({ data: [], log_type: 'status' })
    await send(LOG, last)
    await send(LOG, gzipSync(last))
    await send(LOG, none, withHeader(key))
    await send(LOG, gzipSync(none), withHeader(key))
    await send(LOG, last, withHeader(key))
    await send(LOG, JSON.stringify({ node_key: '', data: [] }), withHeader(key))
    expect(sent).toHaveLength(6)
  })

  it('arrives whole in pieces of a single byte', async () => {
    const { send, sent, key } = await setUp()
    for (const body of [new TextEncoder().encode(post(key)), new Uint8Array(gzipSync(post(key)))]) {
      await send(LOG, streamOf([...body].map(byte => Uint8Array.of(byte))))
    }
    expect(sent.map(textOf)).toEqual([post(key), post(key)])
  })

  it('is read at once when it says that it is small', async () => {
    const { send, sent, key } = await setUp()
    for (const body of [post(key), gzipSync(post(key))]) {
      const headers = { 'content-length': String(body.length) }
      expect((await send(LOG, body, { headers })).text).toBe('{}')
    }
    expect(sent.map(textOf)).toEqual([post(key), post(key)])
    expect(sent[1]).toMatchObject({ gzip: new Uint8Array(gzipSync(post(key))) })
  })

  it('needs no valid JSON when its host is known: the consumer sorts it out', async () => {
    const { send, sent, key } = await setUp()
    expect((await send(LOG, 'not JSON at all', withHeader(key))).text).toBe('{}')
    expect((await send(LOG, `{"node_key":"${key}","data":[{"cut`)).text).toBe('{}')
    const broken = gzipSync(post(key)).subarray(0, -5)
    expect((await send(LOG, broken)).text).toBe('{}')
    expect(sent).toHaveLength(3)
  })

  it('does not need D1', async () => {
    const { store, calls } = failingD1(env.DB, { failAt: 0, lasting: true })
    const { send, sent, key } = await setUp({ db: store })
    expect((await send(LOG, post(key))).text).toBe('{}')
    expect(sent).toHaveLength(1)
    expect(calls()).toBe(0)
  })
})

describe('a large post', () => {
  it('goes to R2 without its node key, with a pointer on the queue', async () => {
    const { send, sent, key } = await setUp({ settings: testSettings({ inlineMaxBytes: 100 }) })
    expect((await send(LOG, post(key))).text).toBe('{}')
    const [spooled] = (await listSpool(env.BUCKET, 10)).posts
    expect(sent).toEqual([{ v: 1, kind: 'spooled', ...spooled }])
    expect(spooled).toMatchObject({ hostId: host, receivedAt: TEST_NOW })
    const object = await env.BUCKET.get(spooled?.key ?? '')
    const text = gunzipSync((await object?.bytes()) ?? new Uint8Array()).toString()
    expect(text).toBe(post('*'.repeat(key.length)))
  })

  it('is as good to the consumer as one in the queue, whole, damaged or over the caps', async () => {
    const lines = Array.from({ length: 3_000 }, (_, i) => ({ name: `q${i}`, columns: { a: `${i * 7919}` } }))
    const { key } = await setUp()
    const whole = gzipSync(post(key, lines))
    const damaged = whole.slice()
    damaged.fill(0xff, damaged.length / 2)
    const { send, sent } = await setUp({ settings: testSettings({ inlineMaxBytes: 0 }) })
    for (const body of [
      whole,
      damaged,
      whole.subarray(0, -whole.length / 3),
      gzipBomb(`{"node_key":"${key}","data":[{"name":"q"},{"name":"`, 100),
      gzipSync(post(key, [{ name: 'q', columns: { node_key: 'not ours' } }])),
      gzipSync(`{"node_key":"${key}","data":[{"name":"unquoted" text"},{"name":"q"}]}`),
    ]) {
      expect((await send(LOG, body)).text).toBe('{}')
      const pointer = sent.at(-1)
      const spooled = pointer?.kind === 'spooled' ? await getSpool(env.BUCKET, pointer.key) : null
      if (spooled === null) throw new Error('the post is not in the spool')
      expect(gunzipSync(spooled.gzip).toString()).not.toContain(key)
      expect(await decoded(spooled.gzip, spooled.end)).toEqual(await decoded(new Uint8Array(body), null))
    }
  })

  it('is stored although its pointer is lost', async () => {
    const queue = { ...heldQueue<IngestMessage>().queue, send: () => Promise.reject(new Error('overloaded')) }
    const { send, key } = await setUp({ ingest: queue, settings: testSettings({ inlineMaxBytes: 0 }) })
    expect((await send(LOG, post(key))).text).toBe('{}')
    expect((await listSpool(env.BUCKET, 10)).posts).toHaveLength(1)
  })

  it('is compressed as it comes: 40 MiB of text', async () => {
    const { send, key } = await setUp()
    const line = new TextEncoder().encode(
      `,${JSON.stringify({ name: 'q', columns: { a: 'x'.repeat(1000) } })}`,
    )
    const start = new TextEncoder().encode(`{"data":[{}`)
    const end = new TextEncoder().encode(`],"node_key":"${key}"}`)
    const chunk = new Uint8Array(64 * line.length)
    for (let i = 0; i < 64; i++) chunk.set(line, i * line.length)
    const pieces = [start, ...Array.from({ length: (40 * MIB) / chunk.length }, () => chunk), end]
    expect((await send(LOG, streamOf(pieces))).text).toBe('{}')
  })
})

describe('a queue that refuses or hangs', () => {
  const refusing = {
    ...heldQueue<IngestMessage>().queue,
    send: () => Promise.reject(new Error('overloaded')),
  }
  const hanging = { ...heldQueue<IngestMessage>().queue, send: () => new Promise<never>(() => {}) }
  /** The limit of the queue strikes at once, those of reading and of R2 never. */
  const sleep = (ms: number) => (ms === 3_000 ? Promise.resolve() : new Promise<void>(() => {}))

  it('sends the post to R2, from where the sweeper can queue it', async () => {
    for (const overrides of [{ ingest: refusing }, { ingest: hanging, sleep }]) {
      const { world, send, key } = await setUp(overrides)
      if (overrides.ingest === hanging) world.advance(1)
      expect((await send(LOG, post(key))).text).toBe('{}')
      expect(world.logged.map(({ event }) => event)).toContain('ingest_queue_refused')
    }
    const { posts } = await listSpool(env.BUCKET, 10)
    expect(posts.map(({ hostId }) => hostId)).toEqual([host, host])
  })

  it('makes the host keep its lines when R2 fails or hangs too', async () => {
    const failing = failingR2(env.BUCKET, { failAt: 1, lasting: true }).store
    const hangingR2 = new Proxy(env.BUCKET, {
      get: (target, name) =>
        name === 'put' ? () => new Promise(() => {}) : Reflect.get(target, name).bind(target),
    })
    const soon = (ms: number) =>
      ms === 3_000 || ms === 5_000 ? Promise.resolve() : new Promise<void>(() => {})
    for (const overrides of [
      { ingest: refusing, bucket: failing },
      { ingest: hanging, bucket: hangingR2, sleep: soon },
    ]) {
      const { world, send, key } = await setUp(overrides)
      const reply = await send(LOG, post(key))
      expect(reply).toMatchObject({ status: 503, text: '{"error":"storage_unavailable"}', meaning: 'kept' })
      expect(world.logged.map(({ event }) => event)).toContain('spool_failed')
    }
  })
})

describe('reading', () => {
  it('stops at the deadline, however the bytes drip', async () => {
    const { send, sent } = await setUp({
      sleep: ms => (ms === 12_000 ? Promise.resolve() : new Promise(() => {})),
    })
    for (const headers of [{}, { 'content-length': '100' }]) {
      const endless = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) })
      const reply = await send(LOG, endless, { headers })
      expect(reply).toMatchObject({ meaning: 'kept', text: '{"error":"read_timeout"}' })
    }
    expect(sent).toEqual([])
  })

  it('of a body that breaks off stores nothing', async () => {
    const { send, sent, key } = await setUp()
    for (const headers of [{}, { 'content-length': '200' }]) {
      const breaking = new ReadableStream<Uint8Array>({
        start: controller => controller.enqueue(new TextEncoder().encode(`{"node_key":"${key}"`)),
        pull: controller => controller.error(new Error('connection lost')),
      })
      expect(await send(LOG, breaking, { headers })).toMatchObject({ meaning: 'kept' })
    }
    expect(sent).toEqual([])
  })

  it('asks a host to wait while other posts fill the memory', async () => {
    const { send, key } = await setUp()
    const waiting: ((end: boolean) => void)[] = []
    const held = Array.from({ length: 7 }, () => {
      const filler = new Uint8Array(7 * MIB).fill(7)
      filler.set([0x1f, 0x8b])
      let given = false
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (!given) {
            given = true
            controller.enqueue(filler)
            return undefined
          }
          return new Promise<void>(resolve => waiting.push(() => resolve(controller.close())))
        },
      })
      return send(LOG, body, withHeader(key))
    })
    // Whichever comes last finds no room; the others go on waiting for their bodies.
    expect(await Promise.race(held)).toMatchObject({ status: 503, text: '{"error":"busy"}', meaning: 'kept' })
    for (const end of waiting) end(true)
    const replies = await Promise.all(held)
    expect(replies.map(({ text }) => text)).toContain('{}')
    for (const { text } of replies) expect(['{}', '{"error":"busy"}']).toContain(text)
    expect((await listSpool(env.BUCKET, 10)).posts).toHaveLength(
      replies.filter(reply => reply.meaning === 'deleted').length,
    )
    expect((await send(LOG, post(key))).text).toBe('{}')
  }, 20_000)
})

describe('a post over the caps', () => {
  const noise = (bytes: number) => {
    const chunk = new Uint8Array(64 * 1024)
    for (let i = 0; i < chunk.length; i++) chunk[i] = (i * 2654435761) >>> 24
    return Array.from({ length: Math.ceil(bytes / chunk.length) }, () => chunk)
  }

  it('is acknowledged, its beginning kept, and shown once the cron has come', async () => {
    const { world, send, sent, key } = await setUp()
    const start = new TextEncoder().encode(`{"node_key":"${key}","data":["`)
    const text = Array.from({ length: 65 }, () => new Uint8Array(MIB).fill(0x30))
    expect((await send(LOG, streamOf([start, ...text]))).text).toBe('{}')
    expect(
      (await send(LOG, streamOf([gzipSync('{"data":['), ...noise(17 * MIB)]), withHeader(key))).text,
    ).toBe('{}')
    expect(sent).toEqual([])

    const rows = await indexQuarantine(world)
    expect(rows).toHaveLength(2)
    for (const row of rows) {
      expect(row).toMatchObject({ hostId: host, reason: 'over_cap', quarantinedAt: TEST_NOW })
      expect(row.byteCount).toBeGreaterThan(16 * MIB)
      const object = await env.BUCKET.get(row.r2Key)
      const kept = await object?.text()
      expect(kept?.length).toBeGreaterThan(0)
      expect(kept?.length).toBeLessThanOrEqual(MIB)
      expect(kept).not.toContain(key)
    }
    const { results } = await env.DB.prepare('SELECT host_id, reason FROM quarantine').all()
    expect(results).toEqual([
      { host_id: host, reason: 'over_cap' },
      { host_id: host, reason: 'over_cap' },
    ])
    expect(await indexQuarantine(world)).toEqual([])
  }, 20_000)

  it('is found to be its host’s although the key comes last', async () => {
    const { world, send, key } = await setUp()
    const text = Array.from({ length: 65 }, () => new Uint8Array(MIB).fill(0x30))
    const pieces = [`{"data":["`, ...text, `"],"node_key":"${key}"}`]
    const body = streamOf(
      pieces.map(piece => (typeof piece === 'string' ? new TextEncoder().encode(piece) : piece)),
    )
    expect((await send(LOG, body)).text).toBe('{}')
    expect(await indexQuarantine(world)).toMatchObject([{ hostId: host, reason: 'over_cap' }])
  }, 20_000)

  it('is kept by the host when quarantine fails', async () => {
    const { send, key } = await setUp({ bucket: failingR2(env.BUCKET, { failAt: 1, lasting: true }).store })
    const text = Array.from({ length: 65 }, () => new Uint8Array(MIB).fill(0x30))
    const start = new TextEncoder().encode(`{"node_key":"${key}","data":["`)
    expect(await send(LOG, streamOf([start, ...text]))).toMatchObject({ meaning: 'kept' })
  }, 20_000)

  it('means nothing to a bomb, which is accepted as it came when its key is good', async () => {
    const { send, sent, key } = await setUp({ settings: testSettings({ inlineMaxBytes: 2 * MIB }) })
    const bomb = gzipBomb(`{"node_key":"${key}","data":["`, 1024)
    expect((await send(LOG, bomb)).text).toBe('{}')
    expect(sent).toMatchObject([{ kind: 'inline', hostId: host }])
    expect((await send(LOG, gzipBomb(`{"data":["`, 1024), withHeader(key))).text).toBe('{}')
  }, 20_000)
})

describe('a post of nobody', () => {
  it('is refused with node_invalid when JSON lacks the key or has a bad one', async () => {
    const { send, sent, key } = await setUp()
    const forged = `${key.slice(0, -2)}AA`
    const bodies = [
      '{}',
      '{"node_key":""}',
      '{"node_key":null}',
      '{"node_key":7}',
      post('nk-1'),
      post(forged),
    ]
    for (const body of [...bodies, gzipSync(post(forged))]) {
      expect(await send(LOG, body)).toMatchObject({ status: 200, text: '{"node_invalid":true}' })
    }
    expect(await send(LOG, 'not JSON', withHeader(forged))).toMatchObject({ meaning: 'node_invalid' })
    expect(sent).toEqual([])
  })

  it('is refused when header and body disagree, even if both are good', async () => {
    const { world, send, sent, key } = await setUp()
    const other = mintNodeKey(world, 'deadbeef0123456789deadbe' as HostId)
    expect(await send(LOG, post(key), withHeader(other))).toMatchObject({ meaning: 'node_invalid' })
    expect(sent).toEqual([])
  })

  it('is refused with node_invalid after its host was revoked, until it enrolls anew', async () => {
    const { world, key } = await setUp()
    const enrollment = {
      instanceId: 'i',
      hostIdentifier: 'h',
      hostname: 'h',
      hardwareUuid: '',
      hardwareSerial: '',
    }
    const os = {
      platform: '',
      osName: '',
      osVersion: '',
      osqueryVersion: '',
      label: 'default',
      details: '{}',
    }
    await enrollHost(env.DB, { ...enrollment, ...os, hostId: host, at: TEST_NOW })
    expect(await revokeHost(world, host)).toBe('revoked')
    const send = agentClient(world)
    expect(await send(LOG, post(key))).toMatchObject({ meaning: 'node_invalid' })
    world.advance(1)
    expect(await send(LOG, post(mintNodeKey(world, host)))).toMatchObject({ text: '{}' })
  })

  it('is let through when revocations can not be looked up, for that is our fault', async () => {
    const { world, send, key } = await setUp({
      bucket: failingR2(env.BUCKET, { failAt: 0, lasting: true }).store,
    })
    expect((await send(LOG, post(key))).text).toBe('{}')
    expect(world.logged.map(({ event }) => event)).toContain('revocations_unknown')
  })

  it('is kept in part when it is no JSON, twenty a minute, and acknowledged', async () => {
    const { world, send, sent } = await setUp()
    const garbage = (i: number) => `${i} ${'x'.repeat(100_000)}`
    for (let i = 0; i < 20; i++) expect((await send(LOG, garbage(i))).text).toBe('{}')
    expect(await send(LOG, garbage(20))).toMatchObject({ status: 429, meaning: 'kept' })
    const objects = await objectsUnder('quarantine/')
    expect(objects).toHaveLength(20)
    for (const { size, customMetadata } of objects) {
      expect(size).toBe(65_536)
      expect(customMetadata).toMatchObject({ host: '', reason: 'not_json' })
    }
    world.advance(60_000)
    expect((await send(LOG, garbage(20))).text).toBe('{}')
    expect(sent).toEqual([])
    expect(await indexQuarantine(world)).toHaveLength(21)
  })

  it('never has its key or its body in the log', async () => {
    const { world, send, key } = await setUp({
      bucket: failingR2(env.BUCKET, { failAt: 0, lasting: true }).store,
    })
    await send(LOG, post(key))
    await send(LOG, post(`${key}x`))
    await send(LOG, `garbage ${key}`)
    expect(JSON.stringify(world.logged)).not.toContain(key)
    expect(JSON.stringify(world.logged)).not.toContain('garbage')
  })

  it('means an error of ours, not a bad key, when no node key secret is configured', async () => {
    const { key } = await setUp()
    const send = agentClient(worldFor(env, { settings: testSettings({ nodeKeySecrets: [] }) }))
    expect(await send(LOG, post(key))).toMatchObject({ meaning: 'kept', text: '{"error":"not_configured"}' })
  })
})
