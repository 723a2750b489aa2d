import { env } from 'cloudflare:workers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { gzipBomb } from './bomb.ts'
import { cronFromTmp, numbered } from './conformance/peers/peer-case.ts'
import { ADMIN_TOKEN } from './console.ts'
import { lakeRows, stored } from './consumer.ts'
import { failingD1, failingR2 } from './faults.ts'
import { queued } from './ingest-batch.ts'
import { freshStorage } from './storage.ts'
import { ENROLL_SECRET, enrollment, ROUTING_KEY, WholeWorker } from './whole-worker.ts'
import { testSettings } from './world.ts'

/** A value that stands in query strings only. (Names of parameters that are not known are told to who sent them.) */
const ASKED = 'asked-in-a-query-string'
const MIB = 1024 * 1024
/** Whoever knows its path can keep the dead man's switch quiet. */
const HEARTBEAT_PATH = 'c0ffee00-1111-4222-8333-444455556666'
const HEARTBEAT_TOKEN = 'token-of-the-heartbeat-0123456789'
const HEARTBEAT_URL = `https://heartbeat.example.com/ping/${HEARTBEAT_PATH}?token=${HEARTBEAT_TOKEN}`

let whole: WholeWorker
let keys: string[]

beforeEach(async () => {
  await freshStorage()
  whole = new WholeWorker()
  keys = []
})
afterEach(() => whole.leave())

async function enroll(name: string): Promise<string> {
  const key = await whole.enroll(name)
  keys.push(key)
  return key
}

/** Everything that must be nowhere. */
function secrets(): string[] {
  const { nodeKeySecrets } = testSettings()
  return [
    ENROLL_SECRET,
    ADMIN_TOKEN,
    ROUTING_KEY,
    ASKED,
    HEARTBEAT_PATH,
    HEARTBEAT_TOKEN,
    ...nodeKeySecrets.map(({ secret }) => secret),
    ...keys,
  ]
}

/** All of R2 as text: each object with its name and metadata, and what gzip and Parquet hold. */
async function bucketText(): Promise<string> {
  const { objects } = await env.BUCKET.list({ include: ['customMetadata'] })
  const texts = await Promise.all(
    objects.map(async ({ key, customMetadata }) => {
      const bytes = (await (await env.BUCKET.get(key))?.bytes()) ?? new Uint8Array()
      const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
      const opened = isGzip ? [gunzipSync(bytes, { maxOutputLength: 128 * MIB }).toString('latin1')] : []
      return [key, JSON.stringify(customMetadata), new TextDecoder('latin1').decode(bytes), ...opened].join(
        '\n',
      )
    }),
  )
  return [...texts, JSON.stringify(await lakeRows())].join('\n')
}

/** Everything that was printed, answered, stored, and told to the outside, must hold none of the secrets. */
async function expectNothingLeaked(): Promise<void> {
  const gaveKey = (reply: string) => keys.some(key => reply === JSON.stringify({ node_key: key }))
  const places = {
    log: whole.printed.join('\n'),
    replies: whole.replied.filter(reply => !gaveKey(reply)).join('\n'),
    D1: JSON.stringify(await stored()),
    R2: await bucketText(),
    PagerDuty: whole.told.map(body => body.replaceAll(`"routing_key":"${ROUTING_KEY}"`, '')).join('\n'),
  }
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets()) expect(text.includes(secret), `${secret} in ${place}`).toBe(false)
  }
}

const post = (key: string, data: readonly unknown[]) =>
  JSON.stringify({ node_key: key, log_type: 'result', data })

describe('no secret leaves', () => {
  it('by posts of any kind, by the queue or by R2, whole, damaged, refused or kept for people', async () => {
    const key = await enroll('web-01')
    const queueOnly = { ...whole.env }
    for (const bindings of [queueOnly, { INLINE_MAX_BYTES: '0' }]) {
      whole.newIsolate(bindings)
      const damaged = gzipSync(post(key, numbered(3_000)))
      damaged.fill(0xff, damaged.length / 2)
      const many = Array.from({ length: 600 }, (_, n) => n)
      for (const body of [
        post(key, [cronFromTmp()]),
        gzipSync(post(key, numbered(2))),
        `{"data":[1,${JSON.stringify(cronFromTmp())}],"node_key":"${key}"}`,
        gzipSync(post(key, many)),
        damaged,
        gzipBomb(`{"node_key":"${key}","data":["`, 64),
        `{"data":[{"name":"unquoted" text"}],"node_key":"${key}"}`,
        `{"node_key":"${key}","data":[{"cut`,
        `{"node_key":"${key}x","data":[]}`,
        `no JSON "node_key":"${key}"`,
        { ...enrollment('web-01'), node_key: key },
      ]) {
        await whole.post(
          'log',
          typeof body === 'string' || !('node_key' in body) ? body : JSON.stringify(body),
        )
        await whole.settle()
      }
      const large = new Uint8Array(9 * MIB)
      large.set(gzipSync(`{"node_key":"${key}","data":[`))
      await whole.post('log', large)
      await whole.minutes(2)
    }
    expect((await stored())['quarantine']?.length).toBeGreaterThan(8)
    expect(whole.pagerDuty.incidents.length).toBeGreaterThan(0)
    await expectNothingLeaked()
  })

  it('by posts that wait in R2, that can not be stored, or that are dead', async () => {
    const key = await enroll('web-01')
    whole.newIsolate({ INLINE_MAX_BYTES: '0' })
    await whole.log(key, numbered(5))
    await whole.post('log', post(key, numbered(6)))
    const waiting = whole.ingest.waiting.map(({ body }) => body)
    expect((await env.BUCKET.list({ prefix: 'spool/' })).objects).toHaveLength(2)
    await expectNothingLeaked()

    whole.newIsolate({ INLINE_MAX_BYTES: '120000' })
    await whole.log(key, numbered(7))
    waiting.push(...whole.ingest.waiting.slice(2).map(({ body }) => body))
    whole.newIsolate({ DB: failingD1(env.DB, { failAt: 0, lasting: true }).store })
    await whole.deliverIngest()
    whole.newIsolate({ DB: env.DB })
    await whole.consume('ingest-dead', waiting.map(queued))
    expect((await stored())['quarantine']).toHaveLength(3)
    await expectNothingLeaked()
  })

  it('by errors: of stores, of requests, of the API, of enrollment', async () => {
    const key = await enroll('web-01')
    const requests = async () => {
      for (const route of ['config', 'log', 'distributed/read', 'distributed/write', 'enroll', 'nothing']) {
        for (const body of [post(key, []), enrollment('web-02'), `node_key=${key}&no=JSON`, '{}']) {
          const reply = await whole.post(`${route}?q=${ASKED}`, body)
          const given = /"node_key":"([^"]+)"/.exec(reply.text)?.[1]
          if (given !== undefined) keys.push(given)
        }
      }
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }
      for (const path of ['hosts', 'events', 'alerts', 'stats', 'quarantine', 'deliveries', 'nothing']) {
        await whole.fetch(`/api/v1/${path}?q=${ASKED}`, { headers })
        await whole.fetch(`/api/v1/${path}?limit=${ASKED}&limit=${ASKED}`, { headers })
        await whole.fetch(`/api/v1/${path}`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}x` } })
      }
      for (const path of ['hosts/x/revoke', 'alerts/x/resolve', 'deliveries/x/redrive']) {
        const body = JSON.stringify({ by: [ASKED], note: ADMIN_TOKEN, token: ADMIN_TOKEN })
        await whole.fetch(`/api/v1/${path}?q=${ASKED}`, { method: 'POST', headers, body })
      }
      for (const path of ['/healthz', '/version', '/']) await whole.fetch(`${path}?q=${ASKED}`)
    }
    await requests()
    whole.newIsolate({
      DB: failingD1(env.DB, { failAt: 0, lasting: true }).store,
      BUCKET: failingR2(env.BUCKET, { failAt: 0, lasting: true }).store,
      INGEST: { ...whole.ingest.queue, send: () => Promise.reject(new Error('overloaded')) },
    })
    await requests()
    await whole.cron()
    whole.newIsolate({
      DB: env.DB,
      BUCKET: env.BUCKET,
      ENROLL_SECRETS: 'short:abc',
      NODE_KEY_SECRETS: 'k1:abc',
    })
    await requests()
    expect(whole.printed.join('\n')).toContain('console.failed')
    await whole.minutes(1)
    await expectNothingLeaked()
  })

  it('by what a destination says, or by how it fails', async () => {
    const faults = [
      () => new Response(`{"errors":["Invalid routing key ${ROUTING_KEY}"]}`, { status: 400 }),
      () => new Response(`unfit: ${ROUTING_KEY.slice(0, 20)}${ROUTING_KEY.slice(20)}`, { status: 422 }),
      () => new Response('', { status: 302, headers: { location: `https://example.com/${ROUTING_KEY}` } }),
      () => {
        throw new Error(`no route to https://example.com/?key=${ROUTING_KEY}`)
      },
    ]
    for (const [i, fault] of faults.entries()) {
      whole.pagerDutyInstead = fault
      // A broken destination is asked again after this.
      whole.advance(15 * 60_000)
      await whole.log(await enroll(`web-${i}`), [cronFromTmp()])
      while ((await whole.deliverIngest()) + (await whole.deliverAlerts()) > 0);
    }
    for (const { id } of (await whole.api('/alerts')).items) await whole.api(`/alerts/${id}`)
    await whole.api('/deliveries')
    expect(whole.told.length).toBeGreaterThan(3)
    await expectNothingLeaked()
  })

  it.each([
    [
      'is refused in words that quote it',
      () => new Response(`no such check: ${HEARTBEAT_URL}`, { status: 404 }),
    ],
    [
      'is refused by its server',
      () => new Response(HEARTBEAT_URL, { status: 500, statusText: HEARTBEAT_PATH }),
    ],
    ['is sent elsewhere', () => new Response(null, { status: 302, headers: { location: HEARTBEAT_URL } })],
    ['can not be reached', () => Promise.reject(new TypeError(`fetch failed: ${HEARTBEAT_URL}`))],
    ['takes too long', () => Promise.reject(new DOMException(`${HEARTBEAT_URL} timed out`, 'TimeoutError'))],
    ['fails with what is no error', () => Promise.reject(HEARTBEAT_URL)],
    [
      'fails before it is asked',
      () => {
        throw new Error('bad URL', { cause: new Error(HEARTBEAT_URL) })
      },
    ],
    ['breaks off while it answers', () => new Response(brokenBody(), { status: 200 })],
    ['answers', () => new Response(HEARTBEAT_URL)],
  ] as const)('by a heartbeat that %s', async (_, answer) => {
    const asked = heartbeatAnswers(answer)
    whole.newIsolate({ HEARTBEAT_URL })
    await whole.minutes(4)
    expect(asked()).toBeGreaterThan(0)
    await askEverything()
    await expectNothingLeaked()
  })

  it.each([
    ['by plain http', HEARTBEAT_URL.replace('https:', 'http:')],
    ['with a password', HEARTBEAT_URL.replace('https://', 'https://someone:secret@')],
    ['to an address', HEARTBEAT_URL.replace('heartbeat.example.com', '192.0.2.1')],
    ['that is none', `not a URL ${HEARTBEAT_PATH} ${HEARTBEAT_TOKEN}`],
  ])('by a heartbeat URL that is not allowed: %s', async (_, url) => {
    const asked = heartbeatAnswers(() => new Response('ok'))
    whole.newIsolate({ HEARTBEAT_URL: url })
    await whole.minutes(4)
    expect(asked()).toBe(0)
    await whole.post('config', '{}')
    await askEverything()
    expect([...whole.printed, ...whole.replied].join('\n')).toContain('HEARTBEAT_URL')
    await expectNothingLeaked()
  })
})

/** Answers in place of who waits for the heartbeat, all else as before. Answers how often it was asked. */
function heartbeatAnswers(answer: () => Response | Promise<Response>): () => number {
  const others = globalThis.fetch
  let asked = 0
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    if (!url.includes(HEARTBEAT_PATH)) return await others(url, init)
    asked += 1
    return await answer()
  })
  return () => asked
}

/** A body that fails when somebody reads it or has enough of it. */
function brokenBody(): ReadableStream<Uint8Array> {
  const fail = () => {
    throw new Error(`connection to ${HEARTBEAT_URL} lost`)
  }
  return new ReadableStream<Uint8Array>({ pull: fail, cancel: fail }, { highWaterMark: 0 })
}

/** Everything of the API that tells how things stand. */
async function askEverything(): Promise<void> {
  for (const path of ['stats', 'destinations', 'alerts', 'deliveries', 'audit', 'openapi.json']) {
    await whole.api(`/${path}`)
  }
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  for (const path of ['/healthz', '/version', '/']) await whole.fetch(path, { headers })
}
