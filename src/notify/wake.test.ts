import { describe, expect, it } from 'vitest'
import { wake } from './wake.ts'

type Send = (count: number, delaySeconds: number) => Promise<void>

function worldWith(send: Send, timeIsUp = false) {
  const logged: string[] = []
  const world = {
    // Only sendBatch is called; the rest of a queue is not needed here.
    alerts: {
      sendBatch: async (messages: readonly unknown[], options: { delaySeconds?: number } = {}) =>
        send(messages.length, options.delaySeconds ?? 0),
    } as unknown as Queue<{ v: 1; deliveryId: string }>,
    sleep: () => (timeIsUp ? Promise.resolve() : new Promise<void>(() => {})),
    log: (event: string) => {
      logged.push(event)
    },
  }
  return { world, logged }
}

const ids = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`)

describe('waking deliveries', () => {
  it('sends at most a hundred at once', async () => {
    const sizes: number[] = []
    const { world, logged } = worldWith(async count => void sizes.push(count))
    await wake(world, ids(250))
    expect(sizes).toEqual([100, 100, 50])
    expect(logged).toEqual([])
  })

  it('asks the queue for nothing when there is nothing', async () => {
    const { world } = worldWith(() => Promise.reject(new Error('asked')))
    await expect(wake(world, [])).resolves.toBeUndefined()
  })

  it.each([
    [0, 0],
    [1, 1],
    [5_400, 6],
    [-3, 0],
    [1e12, 43_200],
  ])('of %i ms delays by %i s', async (delayMs, expected) => {
    const delays: number[] = []
    const { world } = worldWith(async (_, delay) => void delays.push(delay))
    await wake(world, ids(1), delayMs)
    expect(delays).toEqual([expected])
  })

  it('does not throw when the queue does', async () => {
    const { world, logged } = worldWith(() => Promise.reject(new Error('Queue is overloaded')))
    await wake(world, ids(1))
    expect(logged).toEqual(['alerts_queue_refused'])
  })

  it('does not wait for a queue that hangs', async () => {
    const { world, logged } = worldWith(() => new Promise(() => {}), true)
    await wake(world, ids(1))
    expect(logged).toEqual(['alerts_queue_refused'])
  })
})
