import { describe, expect, it } from 'vitest'
import { TEST_NOW } from '../../test/world.ts'
import type { World } from '../env.ts'
import { postJson } from './post.ts'

const URL = 'https://pagerduty.example.com/v2/enqueue'

/** A world in which each sleep ends when the test says so; `slept` lists how long they were to be. */
function worldWith(fetch: World['fetch']) {
  const slept: number[] = []
  const wakers: (() => void)[] = []
  const requests: RequestInit[] = []
  const world = {
    now: () => TEST_NOW,
    sleep: (ms: number) => {
      slept.push(ms)
      return new Promise<void>(resolve => wakers.push(resolve))
    },
    fetch: (url: string, init: RequestInit) => {
      requests.push(init)
      return fetch(url, init)
    },
  }
  return { world, slept, requests, timeUp: (index: number) => wakers[index]?.() }
}

/** Lets everything that is ready run. */
async function turn(): Promise<void> {
  for (let turns = 0; turns < 10; turns += 1) await Promise.resolve()
}

describe('a POST to a destination', () => {
  it('sends JSON, follows no redirect, and answers status, Retry-After and text', async () => {
    const answer = new Response('moved', { status: 302, headers: { location: '/x', 'retry-after': '7' } })
    const { world, requests } = worldWith(async () => answer)
    expect(await postJson(world, URL, '{"a":1}')).toEqual({
      kind: 'answered',
      status: 302,
      retryAfter: '7',
      body: 'moved',
    })
    expect(requests[0]).toMatchObject({ method: 'POST', body: '{"a":1}', redirect: 'manual' })
  })

  it('gives up after 10 s without a status, and aborts', async () => {
    const { world, requests, slept, timeUp } = worldWith(() => new Promise(() => {}))
    const reply = postJson(world, URL, '{}')
    timeUp(0)
    expect(await reply).toEqual({ kind: 'unanswered', reason: 'no answer within 10 s' })
    expect(slept).toEqual([10_000])
    expect(requests[0]?.signal?.aborted).toBe(true)
  })

  it('keeps the status of an answer whose body drips for 15 s, and aborts', async () => {
    const dripping = new ReadableStream<Uint8Array>({
      start: controller => controller.enqueue(new TextEncoder().encode('accep')),
    })
    const { world, requests, slept, timeUp } = worldWith(async () => new Response(dripping, { status: 202 }))
    const reply = postJson(world, URL, '{}')
    await turn()
    timeUp(1)
    expect(await reply).toMatchObject({ kind: 'answered', status: 202, body: 'accep' })
    expect(slept).toEqual([10_000, 15_000])
    expect(requests[0]?.signal?.aborted).toBe(true)
  })

  it('reads no more than 16 KB of an endless answer', async () => {
    let pulled = 0
    const endless = new ReadableStream<Uint8Array>({
      pull: controller => {
        pulled += 1
        controller.enqueue(new Uint8Array(1_000).fill(0x61))
      },
    })
    const { world } = worldWith(async () => new Response(endless, { status: 500 }))
    const reply = await postJson(world, URL, '{}')
    expect(reply).toMatchObject({ body: 'a'.repeat(16_384) })
    expect(pulled).toBeLessThan(25)
  })

  it('tells a connection that fails, before the answer or within it', async () => {
    const refused = worldWith(() => Promise.reject(new Error('connection refused')))
    expect(await postJson(refused.world, URL, '{}')).toEqual({
      kind: 'unanswered',
      reason: 'connection refused',
    })
    const broken = new ReadableStream({ start: controller => controller.error(new Error('reset')) })
    const { world } = worldWith(async () => new Response(broken, { status: 503 }))
    expect(await postJson(world, URL, '{}')).toMatchObject({ kind: 'answered', status: 503, body: '' })
  })
})
