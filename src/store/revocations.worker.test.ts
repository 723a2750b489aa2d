import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { failingR2 } from '../../test/faults.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, worldFor } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import { revokeHost, touchHosts } from './hosts.ts'
import { mirrorRevocations, revokedAt } from './revocations.ts'

const host = 'host-one' as HostId
const other = 'host-two' as HostId

beforeEach(async () => {
  await freshStorage()
  await touchHosts(env.DB, [
    { hostId: host, channel: 'result', at: TEST_NOW },
    { hostId: other, channel: 'result', at: TEST_NOW },
  ]).run()
})

describe('revocations', () => {
  it('are read from R2, once a minute', async () => {
    const { store, calls } = failingR2(env.BUCKET, { failAt: -1 })
    const world = worldFor(env, { bucket: store })
    expect(await revokedAt(world, host)).toBeNull()
    await revokeHost(worldFor(env), host)
    expect(await revokedAt(world, host)).toBeNull()
    expect(calls()).toBe(1)
    world.advance(60_000)
    expect(await revokedAt(world, host)).toBe(TEST_NOW)
    expect(await revokedAt(world, other)).toBeNull()
    expect(calls()).toBe(2)
  })

  it('stay known while R2 fails, and the failing look-up is not repeated for each post', async () => {
    await revokeHost(worldFor(env), host)
    const { store, calls } = failingR2(env.BUCKET, { failAt: 1, lasting: true })
    const world = worldFor(env, { bucket: store })
    expect(await revokedAt(world, host)).toBe(TEST_NOW)
    world.advance(60_000)
    for (let i = 0; i < 3; i++) expect(await revokedAt(world, host)).toBe(TEST_NOW)
    expect(calls()).toBe(2)
    world.advance(5_000)
    expect(await revokedAt(world, host)).toBe(TEST_NOW)
    expect(calls()).toBe(3)
    expect(world.logged.map(({ event }) => event)).toEqual(['revocations_unknown', 'revocations_unknown'])
  })

  it('are not waited for longer than a second', async () => {
    const hanging = new Proxy(env.BUCKET, { get: () => () => new Promise(() => {}) })
    const world = worldFor(env, {
      bucket: hanging,
      sleep: ms => (ms === 1_000 ? Promise.resolve() : new Promise(() => {})),
    })
    expect(await revokedAt(world, host)).toBeNull()
    expect(world.logged).toEqual([{ event: 'revocations_unknown', fields: { fault: 'no answer in time' } }])
  })

  it('that are no JSON count as a failed look-up', async () => {
    await env.BUCKET.put('state/revocations.json', 'nonsense')
    const world = worldFor(env)
    expect(await revokedAt(world, host)).toBeNull()
    expect(world.logged).toHaveLength(1)
  })

  it('all arrive when several are made at once', async () => {
    await Promise.all([revokeHost(worldFor(env), host), revokeHost(worldFor(env), other)])
    const mirror = await env.BUCKET.get('state/revocations.json')
    expect(await mirror?.json()).toEqual({ 'host-one': TEST_NOW, 'host-two': TEST_NOW })
  })

  it('are mirrored again from D1 at any time', async () => {
    await revokeHost(worldFor(env), host)
    await env.BUCKET.delete('state/revocations.json')
    await mirrorRevocations(worldFor(env))
    await mirrorRevocations(worldFor(env))
    expect(await revokedAt(worldFor(env), host)).toBe(TEST_NOW)
  })
})
