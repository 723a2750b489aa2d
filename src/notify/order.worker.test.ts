import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  alerts,
  answering,
  calm,
  change,
  freshAlerting,
  message,
  newWorld,
  only,
  open,
  pagerDuty,
  run,
  status,
} from '../../test/alerting.ts'
import { failingD1 } from '../../test/faults.ts'
import { redrive } from '../alerts/lifecycle.ts'
import { alertById } from '../store/alerts.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { claimDelivery } from '../store/delivery-attempts.ts'
import { sweepDeliveries } from './sweep.ts'

beforeEach(freshAlerting)

describe('what happens between reading and writing', () => {
  /** The database, in which something else happens just before the call of the given number. */
  function interrupted(before: number, happening: () => Promise<unknown>): D1Database {
    const { store, calls } = failingD1(env.DB, { failAt: -1 })
    return new Proxy(store, {
      get: (target, name) => {
        const member = Reflect.get(target, name)
        if (name !== 'batch') return member
        return async (statements: D1PreparedStatement[]) => {
          if (calls() === before) await happening()
          return member(statements)
        }
      },
    })
  }

  it('is not overwritten by a consumer whose lease has passed on', async () => {
    const world = newWorld()
    const alertId = await open(world)
    const slow = newWorld({
      now: () => world.now(),
      fetch: async () => {
        world.advance(60_000)
        await run(world, message(alertId, 'trigger'))
        return new Response(null, { status: 503 })
      },
    })
    await run(slow, message(alertId, 'trigger'))
    expect(await only(alertId)).toMatchObject({ state: 'delivered', responseStatus: 202, attempts: 2 })
  })

  it('is looked at again: a resolve is not dropped while its trigger leaves', async () => {
    const world = newWorld()
    const alertId = await open(world)
    await change(world, alertId, 'resolve')
    const claimed = env.DB.prepare(
      `UPDATE deliveries SET state = 'leased', attempts = 1, lease_token = 'another consumer', lease_expires_at = ?2
       WHERE delivery_id = ?1`,
    ).bind(message(alertId, 'trigger').deliveryId, world.now() + 60_000)
    const db = interrupted(1, () => claimed.run())
    await run(newWorld({ db }), message(alertId, 'resolve'))
    expect((await deliveriesOf(env.DB, alertId)).map(({ state }) => state)).toEqual(['leased', 'pending'])
    expect(alerts.takeAll()).toMatchObject([{ delaySeconds: 1 }])
  })

  it('keeps the order: nothing is claimed before what was redriven meanwhile', async () => {
    const world = newWorld({ fetch: answering(status(403)).fetch })
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'acknowledge')
    const { deliveryId } = message(alertId, 'trigger')
    const { statements } = redrive(env.DB, { deliveryId, at: world.now(), by: 'someone' })
    await env.DB.batch(statements)
    const lease = { token: 'mine', now: world.now(), expiresAt: world.now() + 60_000 }
    const claim = claimDelivery(env.DB, message(alertId, 'acknowledge').deliveryId, lease)
    expect(await claim.first()).toBeNull()
  })
})

describe('messages in any order', () => {
  const actions = ['trigger', 'acknowledge', 'resolve', 'resolve']

  it('leave PagerDuty with what the alert is', async () => {
    for (const [index, order] of permutations([0, 1, 2, 3]).entries()) {
      // In every second PagerDuty has heard of the alert before it changes.
      await oneOrder(`host-${index}`, order, index % 2 === 0)
    }
    expect(pagerDuty.incidents.filter(({ status: state }) => state !== 'resolved')).toEqual([])
  }, 30_000)

  async function oneOrder(host: string, order: readonly number[], told: boolean): Promise<void> {
    const world = newWorld()
    const alertId = await open(world, host)
    if (told) await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'acknowledge')
    await change(world, alertId, 'resolve')
    for (const position of order) await run(world, message(alertId, actions[position] ?? ''))
    await calm(world)
    const states = (await deliveriesOf(env.DB, alertId)).map(({ state }) => state)
    expect(states).toEqual(
      told ? ['delivered', 'superseded', 'delivered'] : ['superseded', 'superseded', 'superseded'],
    )
    expect(pagerDuty.incidents.filter(({ dedupKey }) => dedupKey === `margay:${alertId}`)).toHaveLength(
      told ? 1 : 0,
    )
  }

  function permutations(items: readonly number[]): number[][] {
    if (items.length === 0) return [[]]
    return items.flatMap(item =>
      permutations(items.filter(other => other !== item)).map(rest => [item, ...rest]),
    )
  }
})

describe('any schedule of changes, messages and faults', () => {
  const step = fc.oneof(
    fc.constantFrom('acknowledge', 'resolve', 'sweep', 'minute'),
    fc.record({
      action: fc.constantFrom('trigger', 'acknowledge', 'resolve'),
      answer: fc.constantFrom('taken', 'taken, answer lost', 'refused for now', 'busy', 'hung up'),
      diesAt: fc.constantFrom(-1, -1, -1, 0, 1, 2),
    }),
  )

  it('ends with PagerDuty knowing what the alert is, by one incident at most', async () => {
    let runs = 0
    const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async steps => {
      runs += 1
      let answer = 'taken'
      const world = newWorld({
        fetch: async (_, init) => {
          if (answer === 'hung up') throw new Error('reset')
          if (answer === 'refused for now') return new Response(null, { status: 503 })
          if (answer === 'busy') return new Response(null, { status: 429 })
          const { status: code } = pagerDuty.enqueue(String(init.body), world.now())
          if (answer === 'taken, answer lost') throw new Error('reset')
          return new Response(null, { status: code })
        },
      })
      const alertId = await open(world, `host-${runs}`)
      for (const taken of steps) {
        if (taken === 'sweep') await sweepDeliveries(world)
        else if (taken === 'minute') world.advance(60_000)
        else if (typeof taken === 'string') await change(world, alertId, taken)
        else {
          answer = taken.answer
          const { store } = failingD1(env.DB, { failAt: taken.diesAt, lasting: true })
          const consumer = taken.diesAt < 0 ? world : { ...world, db: store }
          await run(consumer, message(alertId, taken.action))
        }
      }
      answer = 'taken'
      for (let minutes = 0; minutes < 5; minutes += 1) {
        world.advance(2 * 60_000)
        await sweepDeliveries(world)
        await calm(world)
      }
      const incidents = pagerDuty.incidents.filter(({ dedupKey }) => dedupKey === `margay:${alertId}`)
      expect(incidents.length).toBeLessThanOrEqual(1)
      const alert = await alertById(env.DB, alertId)
      const expected = { open: 'triggered', acknowledged: 'acknowledged', resolved: 'resolved' }
      // A resolved alert may have no incident: then nobody was paged for it.
      const known = incidents[0]?.status ?? 'resolved'
      expect(known).toBe(expected[alert?.status ?? 'open'])
      const left = (await deliveriesOf(env.DB, alertId)).map(({ state }) => state)
      expect(left.filter(state => !['delivered', 'superseded'].includes(state))).toEqual([])
    })
    await fc.assert(property, { numRuns: 30 })
  }, 30_000)
})
