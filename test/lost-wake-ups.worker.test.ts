import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { AlertWakeUp } from '../src/alerts/wake-up.ts'
import { runJobs } from '../src/cron.ts'
import { routing as routingOf } from '../src/detect/routing.ts'
import { wake } from '../src/notify/wake.ts'
import {
  alerts,
  calm,
  routing as destinations,
  freshAlerting,
  newWorld,
  open,
  pagerDuty,
} from './alerting.ts'

beforeEach(freshAlerting)

const MINUTE = 60_000
/** Three sends to the queue, of at most a hundred messages. */
const ALERTS = 250
const routing = routingOf({ destinations })

/** The ALERTS queue, whose sends of these numbers, from 1, fail so. */
function failingQueue(fails: (send: number) => boolean, how: () => Promise<never>): Queue<AlertWakeUp> {
  let sends = 0
  return {
    ...alerts.queue,
    sendBatch: async (messages, options) => {
      sends += 1
      return fails(sends) ? await how() : await alerts.queue.sendBatch(messages, options)
    },
  }
}

const throws = () => Promise.reject(new Error('Queue is overloaded.'))
const never = () => new Promise<never>(() => {})

describe('F04: a queue that does not take the wake-ups', () => {
  it.each([
    ['throws', () => true, throws],
    ['never answers', () => true, never],
    ['throws at the second of three sends', (send: number) => send === 2, throws],
  ] as const)(
    'because it %s is made up for by cron: every delivery arrives once',
    async (_, fails, how) => {
      const world = newWorld()
      const alertIds: string[] = []
      for (let n = 0; n < ALERTS; n++) alertIds.push(await open(world, `host-${n}`))
      const limit = how === never ? async () => {} : world.sleep
      await wake(
        { ...world, alerts: failingQueue(fails, how), sleep: limit },
        alertIds.map(id => `${id}.pagerduty.trigger`),
      )
      expect(alerts.waiting.length).toBeLessThan(ALERTS)
      for (let minute = 0; minute < 6; minute++) {
        await calm(world)
        world.advance(MINUTE)
        await runJobs(world, routing)
      }
      const states = await env.DB.prepare(
        'SELECT state, count(*) AS n FROM deliveries WHERE alert_id IN (SELECT value FROM json_each(?)) GROUP BY state',
      )
        .bind(JSON.stringify(alertIds))
        .all()
      expect(states.results).toEqual([{ state: 'delivered', n: ALERTS }])
      const keys = new Set(alertIds.map(id => `margay:${id}`))
      expect(pagerDuty.arrivals.filter(({ dedupKey }) => keys.has(dedupKey ?? ''))).toHaveLength(ALERTS)
    },
    60_000,
  )
})
