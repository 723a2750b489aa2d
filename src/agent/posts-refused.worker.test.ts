import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { agentClient } from '../../test/agent-client.ts'
import { failingD1, failingR2 } from '../../test/faults.ts'
import { freshStorage } from '../../test/storage.ts'
import { worldFor } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { HeldBytes } from './held-bytes.ts'
import { mintNodeKey } from './node-key.ts'

const LOG = '/api/v1/osquery/log'

beforeEach(freshStorage)

/** A world in which neither the queue nor R2 takes a post. */
function setUp(overrides: Partial<World> = {}) {
  const refuse = () => Promise.reject(new Error('Queue is overloaded'))
  const ingest: World['ingest'] = { ...env.INGEST, send: refuse }
  const { store } = failingR2(env.BUCKET, { failAt: 0, lasting: true })
  const world = worldFor(env, { ingest, bucket: store, ...overrides })
  const body = JSON.stringify({
    node_key: mintNodeKey(world, 'host-1' as HostId),
    log_type: 'result',
    data: [{ name: 'q' }],
  })
  const send = agentClient(world)
  return { world, post: (text = body) => send(LOG, text) }
}

const refused = async () => {
  const { results } = await env.DB.prepare(
    "SELECT label, sum(value) AS n FROM counters WHERE name = 'posts_refused' GROUP BY 1",
  ).all()
  return results
}

describe('posts that we can not take', () => {
  it('are counted behind the reply, in one write in ten seconds', async () => {
    const { world, post } = setUp()
    for (let n = 0; n < 3; n += 1) expect((await post()).text).toBe('{"error":"storage_unavailable"}')
    expect(await refused()).toEqual([{ label: 'storage_unavailable', n: 1 }])
    world.advance(10_000)
    await post()
    expect(await refused()).toEqual([{ label: 'storage_unavailable', n: 4 }])
  })

  it('are told to the host all the same when D1 fails too', async () => {
    const { world, post } = setUp({ db: failingD1(env.DB, { failAt: 0, lasting: true }).store })
    expect((await post()).text).toBe('{"error":"storage_unavailable"}')
    expect(world.logged.map(({ event }) => event)).toContain('refusals_not_counted')
  })

  it('are not those of a stranger who fills the memory: no key was proven', async () => {
    const { post } = setUp()
    const held = new HeldBytes()
    expect(held.growTo(48 * 1024 * 1024)).toBe(true)
    expect((await post('x'.repeat(1000))).text).toBe('{"error":"busy"}')
    held.release()
    expect(await refused()).toEqual([])
  })

  it('are not those that are the host’s own fault, nor those that were taken', async () => {
    const { post } = setUp({ ingest: env.INGEST, bucket: env.BUCKET })
    expect((await post()).text).toBe('{}')
    await post(JSON.stringify({ node_key: 'forged', data: [] }))
    expect(await refused()).toEqual([])
  })
})
