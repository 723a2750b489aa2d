import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  alerts,
  answering,
  calm,
  change,
  freshAlerting,
  KEY,
  message,
  newWorld,
  only,
  open,
  pagerDuty,
  routing,
  run,
  status,
  story,
} from '../../test/alerting.ts'
import { batchOf } from '../../test/alerts-queue.ts'
import { failingD1 } from '../../test/faults.ts'
import { TEST_NOW, testSettings } from '../../test/world.ts'
import { redrive } from '../alerts/lifecycle.ts'
import type { World } from '../env.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { timelineOf } from '../store/timeline.ts'
import { deliver } from './deliver.ts'

beforeEach(freshAlerting)

const HOUR = 3_600_000

describe('a delivery', () => {
  it('reaches PagerDuty and is settled, with a line in the timeline', async () => {
    const world = newWorld()
    const alertId = await open(world)
    expect(await run(world, message(alertId, 'trigger'))).toEqual(['acked'])
    expect(pagerDuty.openIncident(`margay:${alertId}`)).toMatchObject({
      summary: 'host-1.example.com: Host is silent',
    })
    expect(await only(alertId)).toMatchObject({
      state: 'delivered',
      attempts: 1,
      responseStatus: 202,
      deliveredAt: TEST_NOW,
      reason: '',
    })
    expect(await story(alertId)).toEqual(['pagerduty, trigger, attempt 1: accepted (HTTP 202).'])
  })

  it('that is acknowledged and resolved closes the incident', async () => {
    const world = newWorld()
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'acknowledge')
    await run(world, message(alertId, 'acknowledge'))
    expect(pagerDuty.incidents[0]?.status).toBe('acknowledged')
    await change(world, alertId, 'resolve')
    await run(world, message(alertId, 'resolve'))
    expect(pagerDuty.incidents).toMatchObject([{ status: 'resolved', repeats: 0 }])
  })

  it('is acknowledged as a message and nothing more when there is none of that name', async () => {
    expect(await run(newWorld(), message('nothing', 'trigger'))).toEqual(['acked'])
  })
})

describe('messages that can not be read', () => {
  it.each([null, 'text', [], {}, { v: 2, deliveryId: 'x' }, { v: 1 }, { v: 1, deliveryId: 7 }])(
    '%j is dropped, and its neighbours are delivered',
    async poison => {
      const world = newWorld()
      const alertId = await open(world)
      expect(await run(world, poison, message(alertId, 'trigger'))).toEqual(['acked', 'acked'])
      expect(pagerDuty.incidents).toHaveLength(1)
      expect(world.logged.map(({ event }) => event)).toContain('alerts_message_unreadable')
    },
  )
})

describe('F10: one poisonous message among a hundred', () => {
  it('costs the 99 others nothing, and no message comes back', async () => {
    const world = newWorld()
    const bodies: unknown[] = []
    for (let n = 0; n < 99; n++) bodies.push(message(await open(world, `host-${n}`), 'trigger'))
    bodies.splice(40, 0, { v: 'x'.repeat(1_000), deliveryId: { toString: null } })
    expect(new Set(await run(world, ...bodies))).toEqual(new Set(['acked']))
    await calm(world)
    expect(pagerDuty.incidents).toHaveLength(99)
  })
})

describe('a consumer that dies after the send', () => {
  it('is followed by a second send with the same identity: one incident', async () => {
    const world = newWorld()
    const alertId = await open(world)
    // Calls of one delivery: read, take a turn, claim, settle.
    const dying = newWorld({ db: failingD1(env.DB, { failAt: 3 }).store })
    expect(await run(dying, message(alertId, 'trigger'))).toEqual(['retried'])
    expect(await run(world, message(alertId, 'trigger'))).toEqual(['acked'])
    expect(pagerDuty.arrivals).toHaveLength(1)
    world.advance(60_000)
    expect(await run(world, message(alertId, 'trigger'))).toEqual(['acked'])
    expect(pagerDuty.arrivals).toHaveLength(2)
    expect(new Set(pagerDuty.arrivals.map(({ dedupKey }) => dedupKey)).size).toBe(1)
    expect(pagerDuty.incidents).toHaveLength(1)
    expect(await only(alertId)).toMatchObject({ state: 'delivered', attempts: 2 })
  })

  it('does not lose the outcome when only the answer of D1 was lost', async () => {
    const world = newWorld()
    const alertId = await open(world)
    await run(
      newWorld({ db: failingD1(env.DB, { failAt: 3, after: true }).store }),
      message(alertId, 'trigger'),
    )
    world.advance(HOUR)
    await run(world, message(alertId, 'trigger'))
    expect(pagerDuty.arrivals).toHaveLength(1)
  })
})

describe('a D1 that is down', () => {
  it.each([0, 1])('from call %i on: nothing is sent and every message comes back later', async failAt => {
    const world = newWorld()
    const alertId = await open(world)
    const { batch, verdicts } = batchOf([message(alertId, 'trigger'), message('other', 'trigger')])
    await deliver(batch, newWorld({ db: failingD1(env.DB, { failAt, lasting: true }).store }), routing)
    expect(pagerDuty.arrivals).toEqual([])
    expect(verdicts[0]?.verdict).toBe('retried')
    for (const { verdict, delaySeconds } of verdicts.filter(({ verdict }) => verdict === 'retried')) {
      expect(verdict).toBe('retried')
      expect(delaySeconds).toBeGreaterThanOrEqual(15)
      expect(delaySeconds).toBeLessThanOrEqual(120)
    }
  })
})

describe('the same message twice', () => {
  it('at the same moment sends once', async () => {
    const world = newWorld()
    const alertId = await open(world)
    const twice = [message(alertId, 'trigger'), message(alertId, 'trigger')]
    await Promise.all([run(world, ...twice), run(newWorld(), ...twice)])
    expect(pagerDuty.arrivals).toHaveLength(1)
    expect(await only(alertId)).toMatchObject({ state: 'delivered', attempts: 1 })
  })

  it('one after the other sends once', async () => {
    const world = newWorld()
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await run(world, message(alertId, 'trigger'))
    expect(pagerDuty.arrivals).toHaveLength(1)
  })
})

describe('a destination that asks for patience', () => {
  it.each([
    ['120', 120_000, 144_000],
    ['Tue, 24 Nov 2026 12:01:00 GMT', 60_000, 72_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 1_000, 1_200],
    ['999999999', HOUR, 1.2 * HOUR],
    ['-1', 4_000, 6_000],
    ['1e9', 4_000, 6_000],
    ['', 4_000, 6_000],
    ['soon', 4_000, 6_000],
  ])('by 429 with Retry-After %j is tried again between %i and %i ms later', async (value, least, most) => {
    const { fetch } = answering(status(429, { 'retry-after': value }))
    const world = newWorld({ fetch })
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    const { state, nextAttemptAt, reason } = await only(alertId)
    expect(state).toBe('pending')
    expect(reason).toBe('HTTP 429')
    expect(nextAttemptAt - TEST_NOW).toBeGreaterThanOrEqual(least)
    expect(nextAttemptAt - TEST_NOW).toBeLessThanOrEqual(most)
    const [{ delaySeconds = 0 } = {}] = alerts.takeAll()
    expect(delaySeconds).toBe(Math.ceil((nextAttemptAt - TEST_NOW) / 1000))
  })

  it('by 429 hears nothing of other alerts either until then, and all of them after', async () => {
    const busy = answering(status(429, { 'retry-after': '120' }))
    const world = newWorld({ fetch: busy.fetch })
    const first = await open(world, 'host-1')
    const second = await open(world, 'host-2')
    await run(world, message(first, 'trigger'))
    await run(world, message(second, 'trigger'))
    expect(busy.bodies).toHaveLength(1)
    expect((await only(second)).nextAttemptAt).toBeGreaterThanOrEqual((await only(first)).nextAttemptAt)

    const later = newWorld()
    await calm(later)
    expect(pagerDuty.incidents).toHaveLength(2)
  })
})

describe('a destination that fails', () => {
  it('is tried for 72 hours, then the delivery is parked, and a redrive delivers it', async () => {
    const { fetch, bodies } = answering(status(503))
    const world = newWorld({ fetch })
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await calm(world, 10)
    expect(world.now() - TEST_NOW).toBeLessThan(2 * HOUR)
    expect(await only(alertId)).toMatchObject({ state: 'pending', attempts: 11 })
    world.advance(TEST_NOW + 71 * HOUR - world.now())
    await calm(world)
    const parked = await only(alertId)
    expect(parked).toMatchObject({ state: 'parked', reason: '72 hours of trying: HTTP 503' })
    expect(world.now() - TEST_NOW).toBeGreaterThan(71.5 * HOUR)
    expect(world.now() - TEST_NOW).toBeLessThanOrEqual(72 * HOUR)
    expect(new Set(bodies).size).toBe(1)

    world.advance(HOUR)
    const again = redrive(env.DB, { deliveryId: parked.deliveryId, at: world.now(), by: 'someone' })
    await env.DB.batch(again.statements)
    const mended = newWorld({ now: () => world.now() + 1 })
    await run(mended, ...again.deliveryIds.map(deliveryId => ({ v: 1, deliveryId })))
    expect(pagerDuty.incidents).toHaveLength(1)
    expect((await timelineOf(env.DB, alertId)).map(({ kind }) => kind).slice(-3)).toEqual([
      'parked',
      'redriven',
      'attempt',
    ])
  })

  it('by hanging up costs its neighbours nothing', async () => {
    const fetch: World['fetch'] = async (_, init) => {
      if (String(init.body).includes('host-2')) throw new Error(`reset by peer: ${KEY}`)
      const { status: code } = pagerDuty.enqueue(String(init.body), TEST_NOW)
      return new Response(null, { status: code })
    }
    const world = newWorld({ fetch })
    const ids = await Promise.all(['host-1', 'host-2', 'host-3'].map(host => open(world, host)))
    expect(await run(world, ...ids.map(id => message(id, 'trigger')))).toEqual(['acked', 'acked', 'acked'])
    expect(pagerDuty.incidents).toHaveLength(2)
    const failed = await only(ids[1] ?? '')
    expect(failed).toMatchObject({ state: 'pending', attempts: 1, responseStatus: null })
    expect(failed.reason).toBe('reset by peer: [secret]; it may have arrived all the same')
  })

  it('by never answering is let go after ten seconds, its lease freed', async () => {
    const aborted: boolean[] = []
    const world = newWorld({
      fetch: (_, { signal }) =>
        new Promise(() => signal?.addEventListener('abort', () => void aborted.push(true))),
      sleep: async ms => {
        world.advance(ms)
      },
    })
    const alertId = await open(world)
    expect(await run(world, message(alertId, 'trigger'))).toEqual(['acked'])
    expect(aborted).toEqual([true])
    expect(await only(alertId)).toMatchObject({
      state: 'pending',
      leaseExpiresAt: null,
      reason: 'no answer within 10 s; it may have arrived all the same',
    })
  })

  it('is never sent more than four things at once', async () => {
    let inFlight = 0
    let most = 0
    const world = newWorld({
      fetch: async () => {
        inFlight += 1
        most = Math.max(most, inFlight)
        await env.DB.prepare('SELECT 1').run()
        inFlight -= 1
        return new Response(null, { status: 202 })
      },
    })
    const ids = await Promise.all(Array.from({ length: 10 }, (_, index) => open(world, `host-${index}`)))
    await run(world, ...ids.map(id => message(id, 'trigger')))
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(4)
  })
})

describe('a destination that refuses', () => {
  it.each([400, 413, 422])('the body by %i gets a minimal one at once', async code => {
    const { fetch, bodies } = answering(status(code, {}, 'summary too long'), status(202))
    const world = newWorld({ fetch })
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    expect(await only(alertId)).toMatchObject({ state: 'delivered', attempts: 1 })
    expect(JSON.parse(bodies[1] ?? '{}').payload).not.toHaveProperty('custom_details')
  })

  it('the minimal body too has the delivery parked with what it said, without the key', async () => {
    const { fetch, bodies } = answering(status(400, {}, `bad event for ${KEY}\u0000`))
    const world = newWorld({ fetch })
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    expect(bodies).toHaveLength(2)
    expect(await only(alertId)).toMatchObject({
      state: 'parked',
      responseStatus: 400,
      reason: 'HTTP 400: bad event for [secret]',
    })
    const told = JSON.stringify([await timelineOf(env.DB, alertId), world.logged])
    expect(told).not.toContain(KEY)
  })

  it.each([
    [401, ''],
    [403, 'no such key'],
    [404, ''],
    [410, ''],
    [302, ''],
    [400, '{"errors":["Invalid routing key"]}'],
  ])('the routing key by %i %s is not asked again', async (code, body) => {
    const { fetch, bodies } = answering(status(code, {}, body))
    const world = newWorld({ fetch })
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    expect(bodies).toHaveLength(1)
    expect(await only(alertId)).toMatchObject({ state: 'parked', responseStatus: code })
    expect(alerts.waiting).toEqual([])
  })
})

describe('a destination that is not set up', () => {
  it('has its delivery parked with a sentence, unsent, and a redrive delivers it', async () => {
    const world = newWorld({ settings: testSettings({ pagerDutyRoutingKey: null }) })
    const alertId = await open(world)
    expect(await run(world, message(alertId, 'trigger'))).toEqual(['acked'])
    const parked = await only(alertId)
    expect(parked).toMatchObject({ state: 'parked', attempts: 0 })
    expect(parked.reason).toContain('PAGERDUTY_ROUTING_KEY is missing')
    await env.DB.batch(
      redrive(env.DB, { deliveryId: parked.deliveryId, at: TEST_NOW, by: 'someone' }).statements,
    )
    await run(newWorld(), message(alertId, 'trigger'))
    expect(pagerDuty.incidents).toHaveLength(1)
  })

  it('is found out also when routing lost it or its URL is not https', async () => {
    const world = newWorld({
      settings: testSettings({ environment: 'production', pagerDutyEventsUrl: 'http://localhost/' }),
    })
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    expect((await only(alertId)).reason).toContain('https')
    const other = await open(world, 'host-2')
    const { batch } = batchOf([message(other, 'trigger')])
    await deliver(batch, world, [])
    expect((await only(other)).reason).toContain('has no destination "pagerduty"')
  })
})

describe('an alert that was resolved before anyone was told', () => {
  it('pages nobody, and the timeline says why', async () => {
    const world = newWorld()
    const alertId = await open(world)
    await change(world, alertId, 'resolve')
    await run(world, message(alertId, 'resolve'), message(alertId, 'trigger'))
    expect(pagerDuty.arrivals).toEqual([])
    expect((await deliveriesOf(env.DB, alertId)).map(({ state }) => state)).toEqual([
      'superseded',
      'superseded',
    ])
    expect((await story(alertId)).join('\n')).toContain(
      'trigger: not sent. The alert was resolved before this destination was told of it.',
    )
  })

  it('has its resolve sent a minute later when the trigger may have arrived', async () => {
    let answers = 0
    const world = newWorld({
      // The first request takes effect and its answer is lost.
      fetch: async (_, init) => {
        answers += 1
        const { status: code } = pagerDuty.enqueue(String(init.body), world.now())
        if (answers === 1) throw new Error('connection reset')
        return new Response(null, { status: code })
      },
    })
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'resolve')
    const before = world.now()
    await run(world, message(alertId, 'resolve'))
    expect(pagerDuty.arrivals).toHaveLength(1)
    await calm(world)
    expect(world.now() - before).toBeGreaterThanOrEqual(60_000)
    expect(pagerDuty.incidents).toMatchObject([{ status: 'resolved' }])
  })

  it('while its trigger was on the way is resolved right after', async () => {
    const world = newWorld({
      fetch: async (_, init) => {
        // The alert resolves and its resolve is woken while the trigger is in flight.
        if (String(init.body).includes('"trigger"')) {
          await change(world, alertId, 'resolve')
          await run(world, message(alertId, 'resolve'))
        }
        const { status: code } = pagerDuty.enqueue(String(init.body), world.now())
        return new Response(null, { status: code })
      },
    })
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await calm(world)
    expect(pagerDuty.arrivals.map(({ action }) => action)).toEqual(['trigger', 'resolve'])
    expect(pagerDuty.incidents).toMatchObject([{ status: 'resolved' }])
  })
})
