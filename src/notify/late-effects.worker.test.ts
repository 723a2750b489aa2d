import { beforeEach, describe, expect, it } from 'vitest'
import {
  alerts,
  calm,
  change,
  freshAlerting,
  message,
  newWorld,
  open,
  pagerDuty,
  routing,
  run,
  story,
} from '../../test/alerting.ts'
import type { TestWorld } from '../../test/world.ts'
import { reopenAlert } from '../alerts/lifecycle.ts'
import type { World } from '../env.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { sweepDeliveries } from './sweep.ts'

beforeEach(freshAlerting)

const SECOND = 1_000

/** PagerDuty takes the first requests and never answers; what it took it applies so much later. Then it is well. */
function lateWorld(unanswered: number, lateMs: number): TestWorld & { applyLate(): void } {
  const late: { readonly at: number; readonly body: string }[] = []
  let requests = 0
  const fetch: World['fetch'] = async (_, init) => {
    requests += 1
    const body = String(init.body)
    if (requests <= unanswered) {
      late.push({ at: world.now() + lateMs, body })
      throw new Error('no answer')
    }
    const { status } = pagerDuty.enqueue(body, world.now())
    return new Response(null, { status })
  }
  const world = newWorld({ fetch })
  return {
    ...world,
    applyLate: () => {
      const due = late.findIndex(({ at }) => at <= world.now())
      if (due >= 0) for (const { body } of late.splice(due, 1)) pagerDuty.enqueue(body, world.now())
    },
  }
}

/** Lets a time pass, second by second, with what is due delivered and what is late applied. */
async function pass(world: TestWorld & { applyLate(): void }, seconds: number): Promise<void> {
  let waiting = alerts
    .takeAll()
    .map(({ body, delaySeconds }) => ({ body, at: world.now() + delaySeconds * SECOND }))
  for (let second = 0; second < seconds; second += 1) {
    world.advance(SECOND)
    world.applyLate()
    const due = waiting.filter(({ at }) => at <= world.now())
    waiting = waiting.filter(({ at }) => at > world.now())
    if (due.length > 0) await run(world, ...due.map(({ body }) => body))
    waiting.push(
      ...alerts
        .takeAll()
        .map(({ body, delaySeconds }) => ({ body, at: world.now() + delaySeconds * SECOND })),
    )
  }
}

describe('F13: a timeout after the body was sent', () => {
  it.each([0, 3, 20, 30, 59, 90])(
    'ends with no open incident when the trigger takes effect %i s later and the alert is resolved at once',
    async lateSeconds => {
      const world = lateWorld(1, lateSeconds * SECOND)
      const alertId = await open(world)
      await run(world, message(alertId, 'trigger'))
      await change(world, alertId, 'resolve')
      await run(world, message(alertId, 'resolve'))
      await pass(world, 300)
      expect(pagerDuty.incidents.map(({ status }) => status)).not.toContain('triggered')
      expect((await deliveriesOf(world.db, alertId)).map(({ state }) => state)).toEqual([
        'superseded',
        'delivered',
      ])
    },
  )

  it.each([30, 59, 90])(
    'ends with no open incident when a later try arrived, the first takes effect %i s later, and it is resolved between',
    async lateSeconds => {
      const world = lateWorld(1, lateSeconds * SECOND)
      const alertId = await open(world)
      await run(world, message(alertId, 'trigger'))
      await pass(world, 10)
      expect(pagerDuty.incidents.map(({ status }) => status)).toEqual(['triggered'])
      await change(world, alertId, 'resolve')
      await run(world, message(alertId, 'resolve'))
      await pass(world, 300)
      expect(new Set(pagerDuty.incidents.map(({ status }) => status))).toEqual(new Set(['resolved']))
    },
  )

  it('sends the trigger again with the same key: one incident', async () => {
    const world = lateWorld(2, 5 * SECOND)
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await pass(world, 120)
    expect(pagerDuty.incidents).toMatchObject([{ status: 'triggered', repeats: 2 }])
  })

  it('holds the resolve for 60 s and sends it twice, 60 s apart, and says so', async () => {
    const world = lateWorld(1, 0)
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'resolve')
    const resolvedAt = world.now()
    await run(world, message(alertId, 'resolve'))
    await pass(world, 600)
    const resolves = pagerDuty.arrivals
      .filter(({ action }) => action === 'resolve')
      .map(({ at }) => at - resolvedAt)
    expect(resolves).toHaveLength(2)
    expect(resolves[0]).toBeGreaterThanOrEqual(60 * SECOND)
    expect((resolves[1] ?? 0) - (resolves[0] ?? 0)).toBeGreaterThanOrEqual(60 * SECOND)
    expect((resolves[1] ?? 0) - (resolves[0] ?? 0)).toBeLessThan(65 * SECOND)
    expect((await story(alertId)).slice(-2)).toEqual([
      'pagerduty, resolve, attempt 1: accepted (HTTP 202). Once more in 60 s, lest its trigger arrive behind it.',
      'pagerduty, resolve, attempt 2: accepted (HTTP 202).',
    ])
  })

  it('is over after ten minutes: a resolve that leaves later is sent once and at once', async () => {
    const world = lateWorld(1, 0)
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await pass(world, 660)
    await change(world, alertId, 'resolve')
    await run(world, message(alertId, 'resolve'))
    await pass(world, 200)
    expect(pagerDuty.arrivals.filter(({ action }) => action === 'resolve')).toHaveLength(1)
  })

  it('is not what an answer is: a resolve behind a trigger that was taken is sent once and at once', async () => {
    const world = lateWorld(0, 0)
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'resolve')
    await run(world, message(alertId, 'resolve'))
    await pass(world, 200)
    expect(pagerDuty.arrivals.map(({ action }) => action)).toEqual(['trigger', 'resolve'])
  })

  it('does not part what was told from what failed to be told again: the second resolve is never parked', async () => {
    const world = lateWorld(1, 0)
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'resolve')
    await run(world, message(alertId, 'resolve'))
    await pass(world, 80)
    const refusing = newWorld({
      now: () => world.now(),
      fetch: async () => new Response(null, { status: 403 }),
    })
    world.advance(120 * SECOND)
    await run(refusing, message(alertId, 'resolve'))
    const [, resolve] = await deliveriesOf(world.db, alertId)
    expect(resolve).toMatchObject({ state: 'delivered', attempts: 2 })
  })

  it('counts a consumer that did not come back as a send without an answer', async () => {
    const world = newWorld()
    const alertId = await open(world)
    const { deliveryId } = message(alertId, 'trigger')
    await world.db
      .prepare(
        `UPDATE deliveries SET state = 'leased', attempts = 1, lease_token = 'gone', lease_expires_at = ?2
         WHERE delivery_id = ?1`,
      )
      .bind(deliveryId, world.now())
      .run()
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'resolve')
    await run(world, message(alertId, 'resolve'))
    expect(pagerDuty.arrivals.map(({ action }) => action)).toEqual(['trigger'])
    await calm(world)
    expect(pagerDuty.arrivals.map(({ action }) => action)).toEqual(['trigger', 'resolve', 'resolve'])
  })
})

describe('an alert that is opened again', () => {
  it('is not resolved by a resolve that waits', async () => {
    const world = lateWorld(1, 0)
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'resolve')
    const by = { alertId, at: world.now(), by: 'someone', note: '', knowing: ['pagerduty'] }
    await world.db.batch(reopenAlert(world.db, routing, by).statements)
    world.advance(180 * SECOND)
    await sweepDeliveries(world)
    await calm(world)
    expect(pagerDuty.arrivals.filter(({ action }) => action === 'resolve')).toEqual([])
    expect((await story(alertId)).join('\n')).toContain(
      'pagerduty, resolve: not sent. The alert is open again.',
    )
  })

  it('can be acknowledged and resolved again, and PagerDuty hears of both', async () => {
    const world = newWorld()
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    for (let time = 0; time < 2; time += 1) {
      for (const to of ['acknowledge', 'resolve'] as const) {
        world.advance(SECOND)
        await change(world, alertId, to)
        await run(world, message(alertId, to))
      }
      world.advance(SECOND)
      const by = { alertId, at: world.now(), by: 'someone', note: '', knowing: ['pagerduty'] }
      await world.db.batch(reopenAlert(world.db, routing, by).statements)
    }
    expect(pagerDuty.arrivals.map(({ action }) => action)).toEqual([
      'trigger',
      'acknowledge',
      'resolve',
      'acknowledge',
      'resolve',
    ])
  })
})
