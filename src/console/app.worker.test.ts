import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, testConsole } from '../../test/console.ts'
import { failingD1, failingR2 } from '../../test/faults.ts'
import { freshStorage } from '../../test/storage.ts'
import { testSettings } from '../../test/world.ts'
import { markCanarySeen, markCanaryStored } from '../store/canary.ts'
import { ROUTES } from './routes.ts'

beforeEach(freshStorage)

const authorization = `Bearer ${ADMIN_TOKEN}`
/** Bodies of the routes that ask for one, by the end of their path, and the field that is missed first. */
const NEEDED: Readonly<Record<string, { readonly field: string; readonly body: string }>> = {
  silences: {
    field: 'matchers',
    body: JSON.stringify({
      matchers: { rule: '*' },
      ends_at: '2026-12-24T12:00:00Z',
      author: 'a',
      comment: 'b',
    }),
  },
  class: { field: 'class', body: '{"class":"server"}' },
  tags: { field: 'tags', body: '{"tags":[]}' },
}
const paths = ROUTES.map(({ method, path }) => ({
  method,
  path: `/api/v1${path.replace(/:\w+/g, 'some-id')}`,
}))

describe.each(paths)('$method $path', ({ method, path }) => {
  it.each([
    ['no token', {}],
    ['another token', { authorization: `Bearer ${ADMIN_TOKEN}x` }],
    ['a part of the token', { authorization: `Bearer ${ADMIN_TOKEN.slice(0, -1)}` }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: `Basic ${btoa(`admin:${ADMIN_TOKEN}`)}` }],
    ['the bare token', { authorization: ADMIN_TOKEN }],
    ['the token twice', { authorization: `Bearer ${ADMIN_TOKEN}, Bearer ${ADMIN_TOKEN}` }],
    ['a cookie', { cookie: `authorization=${ADMIN_TOKEN}` }],
  ])('refuses %s', async (_, headers: Record<string, string>) => {
    const reply = await testConsole().raw(path, { method, headers })
    expect([reply.status, reply.body.error.code]).toEqual([401, 'unauthorized'])
    expect(reply.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('refuses the token in the query string, with or without the header', async () => {
    const withToken = `${path}?token=${ADMIN_TOKEN}`
    const bare = await testConsole().raw(withToken, { method })
    expect(bare.status).toBe(401)
    const both = await testConsole().raw(withToken, { method, headers: { authorization } })
    expect([both.status, both.body.error]).toEqual([
      400,
      { code: 'unknown_parameter', message: 'is not known here', field: 'token' },
    ])
    expect(both.text).not.toContain(ADMIN_TOKEN)
  })

  it('is closed when there is no admin token, also to an empty one', async () => {
    for (const adminToken of [null, '']) {
      const closed = testConsole({ settings: testSettings({ adminToken }) })
      for (const headers of [{}, { authorization }, { authorization: 'Bearer ' }]) {
        const reply = await closed.raw(path, { method, headers })
        expect([reply.status, reply.body.error.code]).toEqual([503, 'not_configured'])
      }
    }
  })

  it('names the parameter that it does not know', async () => {
    for (const field of ['nonsense', '__proto__', 'constructor']) {
      const reply = await testConsole().raw(`${path}?${field}=1`, { method, headers: { authorization } })
      expect([reply.status, reply.body.error.field]).toEqual([400, field])
    }
  })

  it('answers 405 with what is allowed to another method', async () => {
    const reply = await testConsole().raw(path, { method: 'PUT', headers: { authorization } })
    expect([reply.status, reply.body.error.code]).toEqual([405, 'method_not_allowed'])
    expect(reply.headers.get('allow')).toContain(method)
  })
})

describe.each(paths.filter(({ method }) => method === 'POST'))('$method $path', ({ path }) => {
  const post = (headers: Record<string, string>, body: string | null = null) =>
    testConsole().raw(path, { method: 'POST', headers: { authorization, ...headers }, body })

  it.each(['cross-site', 'same-site'])('refuses a browser that comes from elsewhere: %s', async site => {
    const reply = await post({ 'sec-fetch-site': site })
    expect([reply.status, reply.body.error.code]).toEqual([403, 'cross_site'])
  })

  it.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/jsonp',
  ])('refuses %s, with or without a body', async type => {
    for (const body of [null, '{}']) {
      const reply = await post({ 'content-type': type }, body)
      expect([reply.status, reply.body.error.code]).toEqual([415, 'unsupported_media_type'])
    }
  })

  it.each([
    ['{"a', 400, 'invalid_body'],
    ['null', 400, 'invalid_body'],
    ['[]', 400, 'invalid_body'],
    ['"text"', 400, 'invalid_body'],
    ['{"nonsense":1}', 400, 'invalid_body'],
    ['{"__proto__":1}', 400, 'invalid_body'],
    [`"${'x'.repeat(16_384)}"`, 413, 'body_too_large'],
    ['['.repeat(16_000), 400, 'invalid_body'],
  ])('refuses the body %.20s', async (body, status, code) => {
    const reply = await post({ 'content-type': 'application/json' }, body)
    expect([reply.status, reply.body.error.code]).toEqual([status, code])
  })

  it('takes no body, an empty one and an empty object', async () => {
    // What has to be said is missed, and nothing is wrong with how it was not said.
    const needed = NEEDED[path.slice(path.lastIndexOf('/') + 1)]
    const expected = needed === undefined ? [404, undefined] : [400, needed.field]
    const replies = [
      await post({}),
      await post({ 'content-type': 'application/json' }, ''),
      await post({ 'content-type': 'application/json; charset=utf-8' }, '{}'),
      await post({ 'sec-fetch-site': 'same-origin' }),
    ]
    for (const { status, body } of replies) expect([status, body.error.field]).toEqual(expected)
  })
})

describe('any query string', () => {
  const names = [...new Set(ROUTES.flatMap(({ query }) => Object.keys(query.shape)))]
  const pair = fc.tuple(
    fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 20 })),
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom("' OR 1=1 --", '\0', '1', '-1', '1e9'),
    ),
  )

  it('is answered or refused, never a fault of ours', async () => {
    const console = testConsole()
    const gets = ROUTES.filter(({ method }) => method === 'GET')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...gets),
        fc.array(pair, { maxLength: 3 }),
        async ({ path }, pairs) => {
          const query = new URLSearchParams(
            pairs.map(([name, value]) => [name.toWellFormed(), value.toWellFormed()]),
          )
          const { status } = await console.get(`${path.replace(/:\w+/g, 'some-id')}?${query}`)
          expect([200, 400, 404]).toContain(status)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('an unknown route', () => {
  it.each(['/api/v1/nonsense', '/api/v1/hosts/a/b', '/api/v1/', '/nonsense'])('%s is 404', async path => {
    const reply = await testConsole().raw(path, { headers: { authorization } })
    expect([reply.status, reply.body.error.code]).toEqual([404, 'not_found'])
  })

  it('does not tell strangers what there is', async () => {
    expect((await testConsole().raw('/api/v1/nonsense')).status).toBe(401)
  })
})

describe('a fault of ours', () => {
  it.each(paths.filter(({ path }) => !/rules|openapi|destinations\/some-id/.test(path)))(
    'at $method $path is 500 with the id of a log line and nothing else',
    async ({ method, path }) => {
      const plan = { failAt: 0, lasting: true }
      const console = testConsole({
        db: failingD1(env.DB, plan).store,
        bucket: failingR2(env.BUCKET, plan).store,
      })
      const reply = await console.raw(path, {
        method,
        headers: { authorization, ...(method === 'POST' && { 'content-type': 'application/json' }) },
        ...(method === 'POST' && { body: NEEDED[path.slice(path.lastIndexOf('/') + 1)]?.body ?? '{}' }),
      })
      const requestId = reply.headers.get('x-request-id')
      expect(requestId).toMatch(/^[0-9a-f]{16}$/)
      expect([reply.status, reply.body]).toEqual([
        500,
        { error: { code: 'internal', message: `This failed on our side; the log has it as ${requestId}.` } },
      ])
      expect(console.world.logged.at(-1)).toMatchObject({
        event: 'console.failed',
        fields: { request_id: requestId, path },
      })
    },
  )

  it('keeps the query string out of the log', async () => {
    const { store } = failingD1(env.DB, { failAt: 0, lasting: true })
    const console = testConsole({ db: store })
    await console.get('/events?q=hush-hush')
    expect(JSON.stringify(console.world.logged)).not.toContain('hush-hush')
  })
})

describe('GET /healthz', () => {
  it('tells anyone that all is well', async () => {
    const reply = await testConsole().raw('/healthz')
    expect([reply.status, reply.body]).toEqual([
      200,
      {
        status: 'ok',
        checks: {
          r2: 'ok',
          queue: 'ok',
          secrets: 'ok',
          d1: 'ok',
          settings: 'ok',
          destinations: 'ok',
          canary: 'ok',
        },
        backlog: null,
      },
    ])
  })

  it('keeps to itself what waits from whoever has no token: it would tell them whether they were noticed', async () => {
    const console = testConsole()
    for (const headers of [{}, { authorization: `Bearer ${ADMIN_TOKEN}x` }]) {
      expect((await console.raw('/healthz', { headers })).body.backlog).toBeNull()
    }
    expect((await console.raw('/healthz', { headers: { authorization } })).body.backlog).toEqual({
      pending: 0,
      oldest_undelivered_seconds: null,
      parked: 0,
      canary_age_seconds: null,
    })
    const closed = testConsole({ settings: testSettings({ adminToken: null }) })
    expect((await closed.raw('/healthz', { headers: { authorization } })).body.backlog).toBeNull()
  })

  it('waits for no probe but its own: one that hangs with its request hangs nobody else', async () => {
    let hangs = true
    const bucket = new Proxy(env.BUCKET, {
      get: (target, name) => (hangs ? () => new Promise(() => {}) : Reflect.get(target, name).bind(target)),
    })
    const console = testConsole({ bucket })
    const hanging = console.raw('/healthz')
    await Promise.resolve()
    hangs = false
    expect((await console.raw('/healthz')).body.status).toBe('ok')
    expect(await Promise.race([hanging, Promise.resolve('still hanging')])).toBe('still hanging')
  })

  it('tells what waits and for how long, without what a silence keeps', async () => {
    const console = testConsole()
    const now = console.world.now()
    const insert = `INSERT INTO deliveries (delivery_id, alert_id, destination, action, sequence, state,
        next_attempt_at, created_at, silenced_until)
      VALUES (?1, 'a', 'd', 'trigger', 1, ?2, 0, ?3, ?4)`
    await env.DB.batch([
      env.DB.prepare(insert).bind('1', 'pending', now - 90_000, null),
      env.DB.prepare(insert).bind('2', 'leased', now - 30_000, null),
      env.DB.prepare(insert).bind('3', 'parked', now - 300_000, null),
      env.DB.prepare(insert).bind('4', 'pending', now - 500_000, now + 1),
      env.DB.prepare(insert).bind('5', 'delivered', now - 500_000, null),
    ])
    const { body } = await console.raw('/healthz', { headers: { authorization } })
    expect(body.backlog).toEqual({
      pending: 2,
      oldest_undelivered_seconds: 90,
      parked: 1,
      canary_age_seconds: null,
    })
  })

  it('is degraded when the canary has not come round for five minutes', async () => {
    const console = testConsole()
    const now = console.world.now()
    await markCanaryStored(env.DB, now).run()
    await markCanarySeen(env.DB, now).run()
    console.world.advance(300_000)
    expect((await console.raw('/healthz', { headers: { authorization } })).body).toMatchObject({
      status: 'ok',
      backlog: { canary_age_seconds: 300 },
    })
    console.world.advance(5_000)
    expect((await console.raw('/healthz')).body).toMatchObject({
      status: 'degraded',
      checks: { canary: 'failing' },
    })
    const { backlog } = (await console.get('/stats')).body
    expect([backlog.canary_at, backlog.canary_age_seconds]).toEqual(['2026-11-24T12:00:00.000Z', 305])
  })

  it('is degraded, and still 200, while D1 fails: posts are accepted without it', async () => {
    const { store } = failingD1(env.DB, { failAt: 0, lasting: true })
    const reply = await testConsole({ db: store }).raw('/healthz')
    expect([reply.status, reply.body.status, reply.body.checks.d1]).toEqual([200, 'degraded', 'failing'])
  })

  it('fails with 503 when R2 fails', async () => {
    const { store } = failingR2(env.BUCKET, { failAt: 0, lasting: true })
    const reply = await rawHealth(testConsole({ bucket: store }))
    expect(reply).toMatchObject({
      status: 503,
      body: { status: 'failing', checks: { r2: 'failing', d1: 'ok' } },
    })
  })

  it('fails with 503 when R2 does not answer in time', async () => {
    const hanging = new Proxy(env.BUCKET, { get: () => () => new Promise(() => {}) })
    const reply = await rawHealth(testConsole({ bucket: hanging, sleep: async () => {} }))
    expect(reply).toMatchObject({ status: 503, body: { checks: { r2: 'failing' } } })
  })

  it('fails with 503 without secrets, and says no more of the configuration than that', async () => {
    const problems = [
      'ENROLL_SECRETS: the secret "red-team" is shorter than 24 characters and can be guessed: change it soon.',
    ]
    const settings = testSettings({ enrollSecrets: [], problems })
    const reply = await rawHealth(testConsole({ settings }))
    expect(reply).toMatchObject({
      status: 503,
      body: { checks: { secrets: 'failing', settings: 'failing' } },
    })
    expect(JSON.stringify(reply.body)).not.toContain('red-team')
  })

  it('probes at most every five seconds', async () => {
    const { store, calls } = failingR2(env.BUCKET, { failAt: 0 })
    const console = testConsole({ bucket: store })
    for (let n = 0; n < 10; n++) expect((await rawHealth(console)).status).toBe(503)
    expect(calls()).toBe(1)
    console.world.advance(5_000)
    expect((await rawHealth(console)).status).toBe(200)
    console.world.advance(-3_600_000)
    await rawHealth(console)
    expect(calls()).toBe(3)
  })

  /** A failing health is no refusal, so it doesn't have the form of one. */
  async function rawHealth(console: ReturnType<typeof testConsole>) {
    const response = await console.fetch('/healthz')
    return { status: response.status, body: await response.json<object>() }
  }
})

describe('GET /version', () => {
  it('names what is running', async () => {
    expect((await testConsole().raw('/version')).body).toEqual({ name: 'margay', version: '1.2.3' })
  })

  it('answers 405 to POST', async () => {
    expect((await testConsole().raw('/version', { method: 'POST' })).status).toBe(405)
  })
})
