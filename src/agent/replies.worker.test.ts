import { env } from 'cloudflare:workers'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { type AgentReply, agentClient } from '../../test/agent-client.ts'
import { failingD1, failingR2 } from '../../test/faults.ts'
import { heldQueue } from '../../test/held-queue.ts'
import { nodeKeyTakenFrom } from '../../test/osquery-reply.ts'
import { freshStorage } from '../../test/storage.ts'
import { testSettings, worldFor } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import type { IngestMessage } from '../ingest/message.ts'
import { isAgentPath } from './app.ts'
import { mintNodeKey } from './node-key.ts'

/**
 * Every agent route under every fault: what osqueryd makes of the reply must be what was meant. The model of osqueryd in
 * test/osquery-reply.ts is itself held against recordings of the real client.
 */

beforeEach(freshStorage)

const ROUTES = ['enroll', 'config', 'log', 'distributed/read', 'distributed/write'] as const
const FAMILIES = ['/api/v1/osquery', '/api/osquery'] as const
const host = 'c0ffee0123456789c0ffee01' as HostId
const SECRET = 'enroll-secret-of-the-tests-0123456789'

const goodBody = (route: string, key: string) =>
  JSON.stringify(
    route === 'enroll'
      ? { enroll_secret: SECRET, host_identifier: 'web-01.example.com' }
      : { node_key: key, log_type: 'result', data: [] },
  )

const lost = () => Promise.reject(new Error('Network connection lost.'))
const never = () => new Promise<never>(() => {})
const queueWith = (send: () => Promise<never>) => ({ ...heldQueue<IngestMessage>().queue, send })
const hanging = <Store extends object>(store: Store): Store =>
  new Proxy(store, {
    get: (target, name) =>
      ['get', 'put', 'head', 'list', 'delete', 'batch'].includes(String(name))
        ? never
        : name === 'prepare'
          ? () => ({ bind: () => ({ all: never, run: never, first: never }) })
          : Reflect.get(target, name),
  })
/** The limits on one store strike at once, the others never. */
const impatientWith =
  (...limitsMs: number[]) =>
  (ms: number) =>
    limitsMs.includes(ms) ? Promise.resolve() : never()
const D1_LIMITS_MS = [2_500, 8_000, 10_000]
const R2_LIMITS_MS = [1_000, 5_000]
const QUEUE_LIMIT_MS = 3_000
const d1Down = () => failingD1(env.DB, { failAt: 0, lasting: true }).store
const r2Down = () => failingR2(env.BUCKET, { failAt: 0, lasting: true }).store

/** Faults of ours. None may ever cost a line, a schedule or a key. */
const FAULTS: Readonly<Record<string, () => Partial<World>>> = {
  'no fault': () => ({}),
  'D1 throws': () => ({ db: d1Down() }),
  'D1 hangs': () => ({ db: hanging(env.DB), sleep: impatientWith(...D1_LIMITS_MS) }),
  'R2 throws': () => ({ bucket: r2Down() }),
  'R2 hangs': () => ({ bucket: hanging(env.BUCKET), sleep: impatientWith(...R2_LIMITS_MS) }),
  'the queue throws': () => ({ ingest: queueWith(lost) }),
  'the queue hangs': () => ({ ingest: queueWith(never), sleep: impatientWith(QUEUE_LIMIT_MS) }),
  'all stores throw': () => ({ db: d1Down(), bucket: r2Down(), ingest: queueWith(lost) }),
  'all stores hang': () => ({
    db: hanging(env.DB),
    bucket: hanging(env.BUCKET),
    ingest: queueWith(never),
    sleep: impatientWith(...D1_LIMITS_MS, ...R2_LIMITS_MS, QUEUE_LIMIT_MS),
  }),
  'no secret is configured': () => ({ settings: testSettings({ nodeKeySecrets: [], enrollSecrets: [] }) }),
  'the clock throws': () => ({
    now: () => {
      throw new Error('no time')
    },
  }),
  'something throws that is no error': () => ({
    now: () => {
      throw 'no time'
    },
    randomBytes: () => {
      throw 'no luck'
    },
  }),
}

/** What must hold of every reply, whatever was asked. */
function checkReply(reply: AgentReply, route: string): void {
  const json: unknown = JSON.parse(reply.text)
  expect(typeof json === 'object' && json !== null && !Array.isArray(json)).toBe(true)
  expect(reply.headers.get('content-type')).toBe('application/json')
  expect(reply.headers.get('cache-control')).toBe('no-store')
  expect(reply.headers.has('location')).toBe(false)
  if (reply.meaning === 'deleted') expect(reply.status).toBe(200)
  if (reply.meaning === 'kept') {
    expect(json).toEqual({ error: expect.stringMatching(/^[a-z_]+$/) })
    expect(nodeKeyTakenFrom(reply.text)).toBeNull()
  }
  if (route === 'config' && reply.meaning === 'deleted') {
    expect(json).toMatchObject({ packs: { margay: { queries: { heartbeat: { interval: 60 } } } } })
  }
}

async function client(overrides: Partial<World>) {
  const { queue } = heldQueue<IngestMessage>()
  const key = mintNodeKey(worldFor(env), host)
  return { key, send: agentClient(worldFor(env, { ingest: queue, ...overrides })) }
}

describe.each(Object.entries(FAULTS))('when %s', (fault, overrides) => {
  const broken = /clock|no error|configured/.test(fault)

  it('a good request is answered truly', async () => {
    for (const route of ROUTES) {
      const { key, send } = await client(overrides())
      const reply = await send(`/api/v1/osquery/${route}`, goodBody(route, key))
      checkReply(reply, route)
      const noRow = /D1|all stores/.test(fault) && route === 'enroll'
      const noPost = /all stores/.test(fault) && route === 'log'
      expect(reply.meaning, `${fault}, ${route}`).toBe(noRow || noPost || broken ? 'kept' : 'deleted')
      if (route === 'enroll') expect(nodeKeyTakenFrom(reply.text) === null).toBe(reply.meaning === 'kept')
    }
  })

  it('a bad request never costs anything', async () => {
    for (const route of ROUTES) {
      const { key, send } = await client(overrides())
      for (const [i, body] of badBodies(route, goodBody(route, key), key).entries()) {
        const headers = { 'cf-connecting-ip': `192.0.2.${i}` }
        const reply = await send(`/api/v1/osquery/${route}`, body, { headers })
        const where = `${fault}, ${route}, body ${i}`
        checkReply(reply, route)
        expect(nodeKeyTakenFrom(reply.text), where).toBeNull()
        // A post without owner is kept in quarantine, and only then acknowledged.
        const keptForNobody =
          route === 'log' && i >= FIRST_UNREADABLE && !broken && !/R2|all stores/.test(fault)
        if (keptForNobody) expect(reply.meaning, where).toBe('deleted')
        else expect(reply.meaning, where).not.toBe('deleted')
        if (broken && /configured/.test(fault)) expect(reply.meaning, where).toBe('kept')
        if (route === 'enroll' || i >= FIRST_UNREADABLE) expect(reply.meaning, where).not.toBe('node_invalid')
      }
    }
  })
})

const FIRST_UNREADABLE = 5

/** Without a good key or secret; from `FIRST_UNREADABLE` on no JSON objects either. */
function badBodies(route: string, good: string, key: string): BodyInit[] {
  const wrong = route === 'enroll' ? good.replace(SECRET, 'wrong') : good.replace(key, 'nk-1')
  return [
    wrong,
    '{}',
    '{"node_key":""}',
    '{"enroll_secret":null,"node_key":{}}',
    gzipSync(wrong),
    good.slice(0, 10),
    gzipSync(good).subarray(0, 15),
    '',
    'null',
    '"text"',
    '\0\xff',
    '['.repeat(70_000),
  ]
}

describe('other methods and paths', () => {
  it('are refused with an error, for none of them may look like success', async () => {
    const { key, send } = await client({})
    for (const route of ROUTES) {
      for (const family of FAMILIES) {
        for (const method of ['GET', 'DELETE', 'PATCH', 'OPTIONS']) {
          const body = method === 'GET' ? null : goodBody(route, key)
          const reply = await send(`${family}/${route}`, body, { method })
          checkReply(reply, route)
          expect(reply).toMatchObject({ status: 405, meaning: 'kept' })
          expect(reply.headers.get('allow')).toBe('POST, PUT')
        }
        for (const path of [`${route}/`, `${route}/x`, `/${route}`, route.toUpperCase(), `x${route}`, '']) {
          const reply = await send(`${family}/${path}`, goodBody(route, key))
          checkReply(reply, route)
          expect(reply).toMatchObject({ status: 404, meaning: 'kept' })
        }
      }
    }
  })
})

describe('every single call of a store that fails', () => {
  it.each(ROUTES)('%s: leaves a true reply', async route => {
    for (let failAt = 0; failAt < 4; failAt++) {
      for (const after of [false, true]) {
        const db = failingD1(env.DB, { failAt, after }).store
        const bucket = failingR2(env.BUCKET, { failAt, after }).store
        const settings = testSettings({ inlineMaxBytes: failAt % 2 })
        const { key, send } = await client({ db, bucket, settings })
        const reply = await send(`/api/v1/osquery/${route}`, goodBody(route, key))
        checkReply(reply, route)
        expect(['deleted', 'kept']).toContain(reply.meaning)
        // The second call to R2 is the write of the post itself.
        if (route === 'log') expect(reply.meaning).toBe(failAt === 1 ? 'kept' : 'deleted')
      }
    }
  })
})

it('knows which paths are the agents’', () => {
  for (const path of ['/api/v1/osquery/log', '/api/osquery/log', '/api/osquery', '/api/osquery/nothing']) {
    expect(isAgentPath(path)).toBe(true)
  }
  for (const path of ['/', '/api/v1/hosts', '/api/v1/osqueryx', '/osquery/log', '/x/api/osquery/log']) {
    expect(isAgentPath(path)).toBe(false)
  }
})
