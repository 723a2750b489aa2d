import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { agentClient, testPack } from '../../test/agent-client.ts'
import { failingD1, failingR2 } from '../../test/faults.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, testSettings, worldFor } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import { pack } from '../detect/pack.ts'
import type { World } from '../env.ts'
import { touchHosts } from '../store/hosts.ts'
import { mintNodeKey } from './node-key.ts'

const CONFIG = '/api/v1/osquery/config'
const host = 'c0ffee0123456789c0ffee01' as HostId

beforeEach(freshStorage)

const query = { query: 'SELECT 1;', interval: 60 }
const packs = [
  testPack,
  pack({ name: 'dmz-only', description: '', tags: ['dmz'], queries: { a: query } }),
  pack({ name: 'windows-only', description: '', platform: 'windows', queries: { a: query } }),
]

async function setUp(overrides: Partial<World> = {}) {
  const world = worldFor(env, overrides)
  const key = mintNodeKey(world, host)
  const send = agentClient(world, packs)
  return { world, key, send, ask: () => send(CONFIG, JSON.stringify({ node_key: key })) }
}

async function withRow(platform: string, tags: readonly string[]): Promise<void> {
  await touchHosts(env.DB, [{ hostId: host, channel: 'config', at: TEST_NOW - 3_600_000 }]).run()
  await env.DB.prepare('UPDATE hosts SET platform = ?, tags = ?').bind(platform, JSON.stringify(tags)).run()
}

const packsOf = (text: string) => Object.keys(JSON.parse(text).packs)
const lastConfigAt = () => env.DB.prepare('SELECT last_config_at FROM hosts').first('last_config_at')

describe('the config route', () => {
  it('serves what is for the host’s platform and tags', async () => {
    const { ask } = await setUp()
    await withRow('ubuntu', ['dmz'])
    const reply = await ask()
    expect(reply.status).toBe(200)
    expect(packsOf(reply.text)).toEqual(['dmz-only', 'margay'])
  })

  it('notes which config it gave, and when it is another one', async () => {
    const { world, ask } = await setUp()
    await withRow('ubuntu', [])
    const given = () => env.DB.prepare('SELECT served_config, served_config_at FROM hosts').first()
    await ask()
    const first = await given()
    expect(first).toMatchObject({
      served_config: expect.stringMatching(/^[0-9a-f]{12}$/),
      served_config_at: TEST_NOW,
    })
    world.advance(60_000)
    await ask()
    expect(await given()).toEqual(first)
    await withRow('ubuntu', ['dmz'])
    world.advance(60_000)
    await ask()
    const second = await given()
    expect(second).toMatchObject({ served_config_at: TEST_NOW + 120_000 })
    expect(second?.['served_config']).not.toBe(first?.['served_config'])
  })

  it('notes that the host was heard, each four and a half minutes', async () => {
    const { world, ask } = await setUp()
    await withRow('windows', [])
    await ask()
    expect(await lastConfigAt()).toBe(TEST_NOW)
    world.advance(269_999)
    await ask()
    expect(await lastConfigAt()).toBe(TEST_NOW)
    world.advance(1)
    await ask()
    expect(await lastConfigAt()).toBe(TEST_NOW + 270_000)
  })

  it('gives a lost host its row back', async () => {
    const { ask } = await setUp()
    expect(packsOf((await ask()).text)).toEqual(['margay', 'windows-only'])
    const row = await env.DB.prepare('SELECT host_id, enroll_count, last_config_at FROM hosts').first()
    expect(row).toEqual({ host_id: host, enroll_count: 0, last_config_at: TEST_NOW })
  })

  it('takes extra fields, the header, PUT and Fleet’s path', async () => {
    const { send, key } = await setUp()
    const first = await send(CONFIG, JSON.stringify({ log_type: 'x', node_key: key, data: [{}] }))
    const headers = { authorization: `NodeKey ${key}` }
    const second = await send('/api/osquery/config', '{}', { method: 'PUT', headers })
    expect(packsOf(first.text)).toEqual(packsOf(second.text))
  })

  it('reads a host’s row once a minute', async () => {
    const { store, calls } = failingD1(env.DB, { failAt: -1 })
    const { world, ask } = await setUp({ db: store })
    await ask()
    await ask()
    expect(calls()).toBe(2) // one read, one note of contact
    world.advance(60_000)
    await ask()
    expect(calls()).toBe(3) // the contact is not due yet
  })
})

describe('while D1 fails', () => {
  it('a host gets what is for every host, never an error and never nothing', async () => {
    await withRow('ubuntu', ['dmz'])
    const { world, ask } = await setUp({ db: failingD1(env.DB, { failAt: 0, lasting: true }).store })
    const reply = await ask()
    expect(reply.status).toBe(200)
    expect(packsOf(reply.text)).toEqual(['margay', 'windows-only'])
    expect(world.logged.map(({ event }) => event)).toEqual(['host_unknown', 'contact_not_noted'])
  })

  it('or hangs, too', async () => {
    const hanging = new Proxy(env.DB, {
      get: () => () => ({ bind: () => ({ all: () => new Promise(() => {}), run: () => Promise.resolve() }) }),
    })
    const soon = (ms: number) => (ms === 2_500 ? Promise.resolve() : new Promise<void>(() => {}))
    const { ask } = await setUp({ db: hanging, sleep: soon })
    expect(packsOf((await ask()).text)).toEqual(['margay', 'windows-only'])
  })

  it('a host that is known keeps its own config', async () => {
    await withRow('ubuntu', ['dmz'])
    const { store } = failingD1(env.DB, { failAt: 2, lasting: true })
    const { world, ask } = await setUp({ db: store })
    const before = (await ask()).text
    world.advance(3_600_000)
    expect((await ask()).text).toBe(before)
  })
})

describe('a config request of nobody', () => {
  it('gets node_invalid for a missing, empty, forged or revoked key', async () => {
    const { send, key, ask } = await setUp()
    for (const body of [
      '{}',
      '{"node_key":""}',
      '{"node_key":"nk-1"}',
      JSON.stringify({ node_key: `${key}x` }),
    ]) {
      expect(await send(CONFIG, body)).toMatchObject({ status: 200, text: '{"node_invalid":true}' })
    }
    await withRow('ubuntu', [])
    await env.DB.prepare('UPDATE hosts SET revoked_at = ?').bind(TEST_NOW).run()
    expect(await ask()).toMatchObject({ text: '{"node_invalid":true}' })
  })

  it('gets an error when it can not be read or is too large, and keeps its config', async () => {
    const { send, key } = await setUp()
    for (const body of ['', 'nonsense', '[]', `{"node_key":"${key}","x":"${'x'.repeat(65_536)}"}`]) {
      expect(await send(CONFIG, body)).toMatchObject({ status: 400, meaning: 'kept' })
    }
  })

  it('gets an error for faults of ours', async () => {
    const { key } = await setUp()
    const send = agentClient(worldFor(env, { settings: testSettings({ nodeKeySecrets: [] }) }))
    expect(await send(CONFIG, JSON.stringify({ node_key: key }))).toMatchObject({ meaning: 'kept' })
  })

  it('is let through when revocations can not be looked up', async () => {
    const { ask } = await setUp({ bucket: failingR2(env.BUCKET, { failAt: 0, lasting: true }).store })
    expect(packsOf((await ask()).text)).toContain('margay')
  })
})
