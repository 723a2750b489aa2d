import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, worldFor } from '../../test/world.ts'
import { withLease } from './leases.ts'

const TTL_MS = 60_000

beforeEach(freshStorage)

describe('withLease', () => {
  it('runs the job and answers what it answers', async () => {
    const outcome = await withLease(worldFor(env), 'sweep', TTL_MS, async () => 7)
    expect(outcome).toEqual({ ran: true, value: 7 })
  })

  it('lets only one of two runs at the same time do the work', async () => {
    const world = worldFor(env)
    let runs = 0
    const gate = Promise.withResolvers<void>()
    const work = async () => {
      runs += 1
      await gate.promise
    }
    const first = withLease(world, 'sweep', TTL_MS, work)
    const second = withLease(world, 'sweep', TTL_MS, work)
    const loser = await Promise.race([first, second])
    gate.resolve()
    expect(loser).toEqual({ ran: false })
    expect(await Promise.all([first, second])).toContainEqual({ ran: true, value: undefined })
    expect(runs).toBe(1)
  })

  it('does not let one job hold up another', async () => {
    const world = worldFor(env)
    const inner = await withLease(world, 'sweep', TTL_MS, () =>
      withLease(world, 'retention', TTL_MS, async () => 'done'),
    )
    expect(inner).toEqual({ ran: true, value: { ran: true, value: 'done' } })
  })

  it('remembers when the job was last completed', async () => {
    const world = worldFor(env)
    const seen: (number | null)[] = []
    const work = async (lastCompletedAt: number | null) => {
      seen.push(lastCompletedAt)
      world.advance(1_000)
    }
    await withLease(world, 'sweep', TTL_MS, work)
    await withLease(world, 'sweep', TTL_MS, work)
    expect(seen).toEqual([null, TEST_NOW + 1_000])
  })

  it('gives the lease back when the job fails, and does not call it completed', async () => {
    const world = worldFor(env)
    const failing = withLease(world, 'sweep', TTL_MS, () => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(await withLease(world, 'sweep', TTL_MS, async last => last)).toEqual({ ran: true, value: null })
  })

  it('takes over from a dead holder only after its time, and is not ended by it', async () => {
    const world = worldFor(env)
    const gate = Promise.withResolvers<void>()
    const dead = withLease(world, 'sweep', TTL_MS, () => gate.promise)
    while ((await env.DB.prepare('SELECT count(*) AS n FROM states').first('n')) === 0);
    world.advance(TTL_MS - 1)
    expect(await withLease(world, 'sweep', TTL_MS, async () => 1)).toEqual({ ran: false })
    world.advance(1)
    const heir = await withLease(world, 'sweep', TTL_MS, async () => {
      gate.resolve()
      await dead // comes back to life and tries to return a lease that is no longer its own
      return withLease(world, 'sweep', TTL_MS, async () => 1)
    })
    expect(heir).toEqual({ ran: true, value: { ran: false } })
  })
})
