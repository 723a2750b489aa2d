import { env } from 'cloudflare:workers'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { agentClient } from '../../test/agent-client.ts'
import { failingD1 } from '../../test/faults.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, worldFor } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { mintNodeKey } from './node-key.ts'

const host = 'c0ffee0123456789c0ffee01' as HostId
const PATHS = ['read', 'write'].flatMap(name => [
  `/api/v1/osquery/distributed/${name}`,
  `/api/osquery/distributed/${name}`,
])

beforeEach(freshStorage)

async function setUp(overrides: Partial<World> = {}) {
  const world = worldFor(env, overrides)
  return { world, key: mintNodeKey(world, host), send: agentClient(world) }
}

const result = (key: string) =>
  JSON.stringify({ queries: { id: [{ column: 'value' }] }, statuses: { id: 0 }, node_key: key })

describe('distributed queries', () => {
  it('are none, and their results are taken; both are signs of life', async () => {
    const { world, send, key } = await setUp()
    for (const path of PATHS) {
      world.advance(600_000)
      expect(await send(path, result(key))).toMatchObject({ status: 200, text: '{}' })
      expect(await send(path, gzipSync(result(key)))).toMatchObject({ text: '{}' })
      const row = await env.DB.prepare('SELECT last_distributed_at, last_seen_at FROM hosts').first()
      expect(row).toEqual({ last_distributed_at: world.now(), last_seen_at: world.now() })
    }
    expect(world.now()).toBeGreaterThan(TEST_NOW)
  })

  it('do without D1', async () => {
    const { send, key } = await setUp({ db: failingD1(env.DB, { failAt: 0, lasting: true }).store })
    for (const path of PATHS) expect(await send(path, result(key))).toMatchObject({ text: '{}' })
  })

  it('are refused without a good key', async () => {
    const { send, key } = await setUp()
    for (const path of PATHS) {
      expect(await send(path, result(`${key}x`))).toMatchObject({ meaning: 'node_invalid' })
      expect(await send(path, '{}')).toMatchObject({ meaning: 'node_invalid' })
      expect(await send(path, 'nonsense')).toMatchObject({ meaning: 'kept' })
      expect(await send(path, 'x'.repeat(8 * 1024 * 1024 + 1))).toMatchObject({ meaning: 'kept' })
    }
  })
})
