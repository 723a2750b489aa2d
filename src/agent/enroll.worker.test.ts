import { env } from 'cloudflare:workers'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { agentClient } from '../../test/agent-client.ts'
import { failingD1 } from '../../test/faults.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, testSettings, worldFor } from '../../test/world.ts'
import { verifyNodeKey } from './node-key.ts'

const ENROLL = '/api/v1/osquery/enroll'
const SECRET = 'enroll-secret-of-the-tests-0123456789'

beforeEach(freshStorage)

const details = {
  os_version: { name: 'Ubuntu', version: '22.04.3 LTS', platform: 'ubuntu' },
  osquery_info: { instance_id: 'a1b2c3d4-0000-4000-8000-000000000001', uuid: '4C4C4544', version: '5.23.1' },
  system_info: { hostname: 'web-01.example.com', uuid: '4C4C4544', hardware_serial: 'ABC1234' },
}

const body = (changes: object = {}) =>
  JSON.stringify({
    enroll_secret: SECRET,
    host_identifier: 'web-01.example.com',
    platform_type: '9',
    host_details: details,
    ...changes,
  })

const from = (address: string) => ({ headers: { 'cf-connecting-ip': address } })
const hosts = async () => (await env.DB.prepare('SELECT * FROM hosts ORDER BY host_id').all()).results
const counters = async () =>
  (await env.DB.prepare('SELECT name, label, sum(value) AS value FROM counters GROUP BY 1, 2').all()).results
/** The node key of a reply, as osqueryd would take it: `id` too. */
const keyIn = (text: string): unknown => {
  const { node_key, id } = JSON.parse(text)
  return node_key ?? id
}

describe('enrollment', () => {
  it('gives a key that proves the host, and writes its row', async () => {
    const world = worldFor(env)
    const reply = await agentClient(world)(ENROLL, body())
    expect(reply.status).toBe(200)
    const key = verifyNodeKey(world.settings, String(keyIn(reply.text)))
    const [row] = await hosts()
    expect(key).toEqual({ ok: true, hostId: row?.['host_id'], issuedAt: TEST_NOW })
    expect(row).toMatchObject({
      instance_id: 'a1b2c3d4-0000-4000-8000-000000000001',
      host_identifier: 'web-01.example.com',
      hostname: 'web-01.example.com',
      hardware_uuid: '4C4C4544',
      hardware_serial: 'ABC1234',
      platform: 'ubuntu',
      os_name: 'Ubuntu',
      os_version: '22.04.3 LTS',
      osquery_version: '5.23.1',
      enroll_label: 'default',
      tags: '["default"]',
      details: JSON.stringify(details),
      enrolled_at: TEST_NOW,
      last_seen_at: TEST_NOW,
      enroll_count: 1,
      silence_state: 'new',
    })
  })

  it('guesses from its hardware what kind of machine it is, and keeps what it knew when it says nothing', async () => {
    const client = agentClient(worldFor(env))
    const names = { hardware_vendor: 'LENOVO', hardware_model: '20XW004WUS', hardware_version: 'ThinkPad X1' }
    const system_info = { ...details.system_info, ...names }
    await client(ENROLL, body({ host_details: { ...details, system_info } }))
    const laptop = {
      class: '',
      class_guess: 'laptop',
      class_reason: 'Its hardware is a notebook (LENOVO 20XW004WUS).',
    }
    expect(await hosts()).toMatchObject([laptop])
    await client(ENROLL, body())
    expect(await hosts()).toMatchObject([laptop])
  })

  it('counts a server that comes back as a laptop: whoever has the secret can say so of it', async () => {
    const world = worldFor(env)
    const client = agentClient(world)
    const enrollAs = (hardware_vendor: string, hardware_model: string) => {
      const system_info = { ...details.system_info, hardware_vendor, hardware_model }
      return client(ENROLL, body({ host_details: { ...details, system_info } }))
    }
    await enrollAs('Dell Inc.', 'PowerEdge R640')
    world.advance(25 * 3_600_000)
    await enrollAs('Dell Inc.', 'PowerEdge R640')
    expect(await counters()).toEqual([])
    await enrollAs('Apple Inc.', 'MacBookPro18,3')
    const [row] = await hosts()
    expect(row).toMatchObject({ class_guess: 'laptop' })
    expect(await counters()).toEqual([{ name: 'classes_lowered', label: row?.['host_id'], value: 1 }])
  })

  it('takes a platform as word, number or not at all, and details in part or not at all', async () => {
    const send = agentClient(worldFor(env))
    const bodies = [
      { platform_type: 'linux', host_identifier: 'a', host_details: undefined },
      { platform_type: 21, host_identifier: 'b', host_details: {} },
      { platform_type: '2', host_identifier: 'c', host_details: { system_info: {} } },
      { platform_type: undefined, host_identifier: 'd', host_details: 'none' },
      { host_identifier: 7, host_details: { osquery_info: { version: 5, instance_id: ['x'] }, odd: [] } },
    ]
    for (const changes of bodies)
      expect(keyIn((await send(ENROLL, body(changes))).text)).toEqual(expect.any(String))
    const platforms = (await hosts()).map(row => [row['host_identifier'], row['platform']])
    expect(platforms.sort()).toEqual([
      ['7', 'linux'],
      ['a', 'linux'],
      ['b', 'darwin'],
      ['c', 'windows'],
      ['d', ''],
    ])
  })

  it('is taken without a content type, compressed, by PUT and under Fleet’s path', async () => {
    const send = agentClient(worldFor(env))
    expect(keyIn((await send(ENROLL, new TextEncoder().encode(body()))).text)).toEqual(expect.any(String))
    expect(keyIn((await send(ENROLL, gzipSync(body()))).text)).toEqual(expect.any(String))
    const put = await send('/api/osquery/enroll', body(), { method: 'PUT' })
    expect(keyIn(put.text)).toEqual(expect.any(String))
  })

  it('again of the same host gives a new key, keeps the row and lets the old key live', async () => {
    const world = worldFor(env)
    const send = agentClient(world)
    const first = String(keyIn((await send(ENROLL, body())).text))
    world.advance(1000)
    const second = String(keyIn((await send(ENROLL, body({ host_identifier: 'renamed.example.com' }))).text))
    expect(second).not.toBe(first)
    for (const key of [first, second]) expect(verifyNodeKey(world.settings, key)).toMatchObject({ ok: true })
    expect(await hosts()).toMatchObject([
      {
        enroll_count: 2,
        host_identifier: 'renamed.example.com',
        enrolled_at: TEST_NOW,
        last_enroll_at: TEST_NOW + 1000,
      },
    ])
  })

  it('tells clones of one machine apart, and hosts without an instance id by the rest', async () => {
    const send = agentClient(worldFor(env))
    const instance = (instance_id: string) => ({
      ...details,
      osquery_info: { ...details.osquery_info, instance_id },
    })
    await send(ENROLL, body({ host_details: instance('one') }))
    await send(ENROLL, body({ host_details: instance('two') }))
    await send(ENROLL, body({ host_details: instance('') }))
    await send(ENROLL, body({ host_details: instance(''), host_identifier: 'web-02.example.com' }))
    await send(ENROLL, body({ host_details: instance(''), host_identifier: 'web-02.example.com' }))
    expect(await hosts()).toHaveLength(4)
  })

  it('with any live secret gives the host that secret’s label, in place of the one before', async () => {
    const enrollSecrets = [
      { label: 'blue', secret: 'blue-0123456789-0123456789' },
      { label: 'red', secret: 'red-0123456789-0123456789' },
    ]
    const world = worldFor(env, { settings: testSettings({ enrollSecrets }) })
    const send = agentClient(world)
    await send(ENROLL, body({ enroll_secret: 'blue-0123456789-0123456789' }))
    await env.DB.prepare(`UPDATE hosts SET tags = '["blue","dmz"]'`).run()
    await send(ENROLL, body({ enroll_secret: 'red-0123456789-0123456789' }))
    expect(await hosts()).toMatchObject([{ enroll_label: 'red', tags: '["dmz","red"]' }])
    expect(world.logged).toContainEqual({
      event: 'host_enrolled',
      fields: expect.objectContaining({ label: 'red', previous_label: 'blue' }),
    })
    expect(await counters()).toEqual([{ name: 'enroll_moved', label: 'blue to red', value: 1 }])
  })
})

describe('a host that enrolls over and over', () => {
  it('has to wait after ten times in ten minutes, which is counted; its keys and other hosts are left alone', async () => {
    const world = worldFor(env)
    const send = agentClient(world)
    let key = ''
    for (let i = 0; i < 10; i++) key = String(keyIn((await send(ENROLL, body())).text))
    for (let i = 0; i < 8; i++) {
      const reply = await send(ENROLL, body())
      expect(reply).toMatchObject({ status: 429, text: '{"error":"too_many_enrollments"}' })
      expect(keyIn(reply.text)).toBeUndefined()
    }
    const [row] = await hosts()
    expect(row).toMatchObject({ enroll_count: 10 })
    expect(await counters()).toEqual([{ name: 'enroll_throttled', label: row?.['host_id'], value: 8 }])
    expect(world.logged.filter(({ event }) => event === 'enroll_throttled')).toHaveLength(4)
    expect(await send('/api/v1/osquery/config', JSON.stringify({ node_key: key }))).toMatchObject({
      meaning: 'deleted',
    })
    const other = { ...details, osquery_info: { ...details.osquery_info, instance_id: 'another' } }
    expect((await send(ENROLL, body({ host_details: other }))).status).toBe(200)
    world.advance(10 * 60_000)
    expect((await send(ENROLL, body())).status).toBe(200)
  })

  it('is not held to it while the fault is ours: only being let in counts', async () => {
    const { store } = failingD1(env.DB, { failAt: 0, lasting: true })
    const sick = worldFor(env, { db: store })
    for (let i = 0; i < 12; i++) {
      expect(await agentClient(sick)(ENROLL, body())).toMatchObject({ status: 503 })
    }
    expect((await agentClient({ ...sick, db: env.DB })(ENROLL, body())).status).toBe(200)
  })
})

describe('a refused enrollment', () => {
  it('has an error and no key, for a wrong, empty or missing secret and for what is no enrollment', async () => {
    const world = worldFor(env)
    const send = agentClient(world)
    const bodies = [
      body({ enroll_secret: 'wrong' }),
      body({ enroll_secret: '' }),
      body({ enroll_secret: undefined }),
      body({ enroll_secret: [SECRET] }),
      body({ enroll_secret: `${SECRET} ` }),
      '',
      'not JSON',
      '[]',
      'null',
    ]
    for (const [i, text] of bodies.entries()) {
      const reply = await send(ENROLL, text, from(`192.0.2.${i}`))
      expect(reply).toMatchObject({ status: 403, text: '{"error":"enroll_refused"}' })
      expect(keyIn(reply.text)).toBeUndefined()
    }
    expect(await hosts()).toEqual([])
    expect(JSON.stringify(world.logged)).not.toContain(SECRET)
    const { results } = await env.DB.prepare('SELECT name, label, value FROM counters').all()
    expect(results).toHaveLength(bodies.length)
    expect(results).toContainEqual({ name: 'enroll_failed', label: '192.0.2.0', value: 1 })
  })

  it('is what a host gets that says nothing of itself', async () => {
    const reply = await agentClient(worldFor(env))(ENROLL, body({ host_identifier: '', host_details: {} }))
    expect(reply).toMatchObject({ status: 400, text: '{"error":"host_unidentified"}' })
  })

  it('is what a body over 1 MiB gets, plain or inflated', async () => {
    const send = agentClient(worldFor(env))
    const large = body({ host_identifier: 'x'.repeat(1024 * 1024) })
    for (const text of [large, gzipSync(large)]) {
      expect(await send(ENROLL, text)).toMatchObject({ text: '{"error":"body_too_large"}' })
    }
    expect(await send(ENROLL, gzipSync(body()).subarray(0, 40))).toMatchObject({
      text: '{"error":"body_unreadable"}',
    })
  })

  it('comes with an error, not a key, while D1 fails', async () => {
    const world = worldFor(env, { db: failingD1(env.DB, { failAt: 0, lasting: true }).store })
    const reply = await agentClient(world)(ENROLL, body())
    expect(reply).toMatchObject({ status: 503, text: '{"error":"storage_unavailable"}' })
  })

  it('still comes when the failure can not be counted', async () => {
    const world = worldFor(env, { db: failingD1(env.DB, { failAt: 0, lasting: true }).store })
    const reply = await agentClient(world)(ENROLL, body({ enroll_secret: 'wrong' }))
    expect(reply).toMatchObject({ status: 403, text: '{"error":"enroll_refused"}' })
  })

  it('is what everyone gets while nothing is configured', async () => {
    for (const settings of [testSettings({ enrollSecrets: [] }), testSettings({ nodeKeySecrets: [] })]) {
      const reply = await agentClient(worldFor(env, { settings }))(ENROLL, body())
      expect(reply).toMatchObject({ status: 503, text: '{"error":"not_configured"}' })
    }
  })
})

describe('guessing', () => {
  it('ends for an address after ten failures, also with the right secret, and starts over after ten minutes', async () => {
    const world = worldFor(env)
    const send = agentClient(world)
    for (let i = 0; i < 10; i++) await send(ENROLL, body({ enroll_secret: `guess ${i}` }), from('192.0.2.1'))
    expect(await send(ENROLL, body(), from('192.0.2.1'))).toMatchObject({
      status: 429,
      text: '{"error":"too_many_failures"}',
    })
    expect((await send(ENROLL, body(), from('192.0.2.2'))).status).toBe(200)
    world.advance(10 * 60_000)
    expect((await send(ENROLL, body(), from('192.0.2.1'))).status).toBe(200)
  })

  it('counts addresses of one IPv6 network as one, and takes no other header for the address', async () => {
    const world = worldFor(env)
    const send = agentClient(world)
    for (let i = 0; i < 10; i++) {
      const headers = { 'cf-connecting-ip': `2001:db8::${i}`, 'x-forwarded-for': `192.0.2.${i}` }
      await send(ENROLL, body({ enroll_secret: 'wrong' }), { headers })
    }
    expect((await send(ENROLL, body(), from('2001:db8::ffff'))).status).toBe(429)
    expect((await send(ENROLL, body(), from('2001:db8:0:1::1'))).status).toBe(200)
    const { results } = await env.DB.prepare('SELECT label, value FROM counters').all()
    expect(results).toEqual([{ label: '2001:db8:0:0::/64', value: 10 }])
  })

  it('from everywhere leaves each address one try, and shuts out nobody who did not fail', async () => {
    const send = agentClient(worldFor(env, { db: failingD1(env.DB, { failAt: 0, lasting: true }).store }))
    for (let i = 0; i < 500; i++) {
      await send(ENROLL, body({ enroll_secret: 'wrong' }), from(`198.51.${i >> 8}.${i & 255}`))
    }
    expect((await send(ENROLL, body({ enroll_secret: 'wrong' }), from('203.0.113.1'))).status).toBe(403)
    expect((await send(ENROLL, body(), from('203.0.113.1'))).status).toBe(429)
    // D1 fails in this world: 503 says that the secret was right.
    expect((await send(ENROLL, body(), from('203.0.113.2'))).status).toBe(503)
  })
})
