import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  alerts,
  answering,
  calm,
  routing as destinations,
  freshAlerting,
  KEY,
  message,
  newWorld,
  only,
  open,
  pagerDuty,
  run,
  status,
  story,
  testSpec,
} from '../../test/alerting.ts'
import { PagerDutyModel } from '../../test/simulator/pagerduty.ts'
import { type TestWorld, testSettings } from '../../test/world.ts'
import { openAlert, resolveAlert } from '../alerts/lifecycle.ts'
import { routing as routingOf } from '../detect/routing.ts'
import { redriveChanged } from './redrive-changed.ts'

beforeEach(freshAlerting)

const routing = routingOf({ destinations })
const NEW_KEY = 'f'.repeat(32)
const rotated = testSettings({ pagerDutyRoutingKey: NEW_KEY })

describe('F09: a key that was revoked', () => {
  it('parks what is to be told; a new key sends it, in order, without anybody asking', async () => {
    const refused = newWorld({ fetch: answering(status(403)).fetch })
    const accepted = newWorld()
    await redriveChanged(accepted, routing)
    const before = await open(accepted, 'before')
    await run(accepted, message(before, 'trigger'))
    const alertIds: string[] = []
    for (const dedup of ['a', 'b', 'c']) {
      const alertId = await open(refused, dedup)
      await run(refused, message(alertId, 'trigger'))
      alertIds.push(alertId)
      refused.advance(1)
    }
    await redriveChanged(refused, routing)
    expect((await only(alertIds[0] ?? '')).state).toBe('parked')

    const bodies: string[] = []
    const model = new PagerDutyModel([NEW_KEY])
    const mended = newWorld({
      settings: rotated,
      fetch: async (_, init) => {
        bodies.push(String(init.body))
        const answer = model.enqueue(String(init.body), mended.now())
        return Response.json(answer.body, { status: answer.status })
      },
    })
    mended.advance(60_000)
    await redriveChanged(mended, routing)
    await calm(mended)
    expect(model.arrivals.map(({ dedupKey }) => dedupKey)).toEqual(alertIds.map(id => `margay:${id}`))
    expect(bodies.join()).not.toContain(KEY)
    expect((await story(alertIds[0] ?? '')).join()).toContain('The configuration of pagerduty changed')
    const { results } = await env.DB.prepare('SELECT who, what, subject FROM audit').all()
    expect(results).toEqual([{ who: 'margay', what: 'redrive_destination', subject: 'pagerduty' }])
  })

  it('is tried once for each change: what fails again stays parked', async () => {
    const world = newWorld({ fetch: answering(status(403)).fetch })
    await redriveChanged(world, routing)
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    const still = newWorld({ settings: rotated, fetch: answering(status(403)).fetch })
    for (let minute = 0; minute < 3; minute++) {
      still.advance(60_000)
      await redriveChanged(still, routing)
      await calm(still)
    }
    expect(await only(alertId)).toMatchObject({ state: 'parked', attempts: 2 })
  })

  it('keeps no key: only what can be told from a hash', async () => {
    await redriveChanged(newWorld(), routing)
    const value = await env.DB.prepare("SELECT value FROM states WHERE name = 'target:pagerduty'").first(
      'value',
    )
    expect(String(value)).toMatch(/^\{"fingerprint":"[0-9a-f]{32}","parkedBefore":null\}$/)
  })

  it('that is missing altogether is no reason to try', async () => {
    const world = newWorld()
    await redriveChanged(world, routing)
    const without = newWorld({ settings: testSettings({ pagerDutyRoutingKey: null }) })
    const alertId = await open(world)
    await run(without, message(alertId, 'trigger'))
    without.advance(60_000)
    await redriveChanged(without, routing)
    expect((await only(alertId)).state).toBe('parked')
    without.advance(60_000)
    const back = newWorld()
    back.advance(180_000)
    await redriveChanged(back, routing)
    await calm(back)
    expect((await only(alertId)).state).toBe('delivered')
  })
})

describe('F18: a thousand dead deliveries, half of them resolved since', () => {
  it('send what is still true and nothing else, in order, within the budget', {
    timeout: 120_000,
  }, async () => {
    const world = newWorld({ settings: testSettings({ pagerDutyRoutingKey: null }) })
    await redriveChanged(world, routing)
    const alertIds = await openMany(world, 1_000)
    // As the missing key left them.
    const parked = "UPDATE deliveries SET state = 'parked', next_attempt_at = ?"
    await env.DB.prepare(parked).bind(world.now()).run()
    const resolved = alertIds.filter((_, n) => n % 2 === 1)
    await env.DB.batch(
      resolved.flatMap(alertId => {
        const request = { alertId, at: world.now(), by: 'someone', note: '' }
        return resolveAlert(env.DB, destinations, request).statements
      }),
    )
    const mended = newWorld()
    mended.advance(60_000)
    const waiting: { readonly body: unknown; readonly dueAt: number }[] = []
    const take = () => {
      for (const { body, delaySeconds } of alerts.takeAll()) {
        waiting.push({ body, dueAt: mended.now() + 1_000 * delaySeconds })
      }
    }
    for (let half = 0; half < 3; half++) await redriveChanged(mended, routing)
    take()
    while (waiting.length > 0) {
      const next = waiting.reduce((first, one) => (one.dueAt < first.dueAt ? one : first))
      waiting.splice(waiting.indexOf(next), 1)
      mended.advance(Math.max(0, next.dueAt - mended.now()))
      await run(mended, next.body)
      take()
    }
    const { arrivals } = pagerDuty
    expect(arrivals.map(({ dedupKey }) => dedupKey)).toEqual(
      alertIds.filter((_, n) => n % 2 === 0).map(id => `margay:${id}`),
    )
    for (const { at } of arrivals) {
      const inMinute = arrivals.filter(other => other.at >= at && other.at < at + 60_000)
      expect(inMinute.length).toBeLessThanOrEqual(75)
    }
    const states = await env.DB.prepare(
      "SELECT state, count(*) AS n FROM deliveries WHERE action = 'trigger' GROUP BY state ORDER BY state",
    ).all()
    expect(states.results).toEqual([
      { state: 'delivered', n: 500 },
      { state: 'superseded', n: 500 },
    ])
  })
})

/** Opens alerts one millisecond apart; answers their ids in that order. */
async function openMany(world: TestWorld, count: number): Promise<readonly string[]> {
  const changes = Array.from({ length: count }, (_, n) => {
    world.advance(1)
    return openAlert(world.db, routing, testSpec(world, { dedup: `d${n}`, severity: 'high' }))
  })
  await world.db.batch(changes.flatMap(({ statements }) => statements))
  return changes.map(({ deliveryIds }) => deliveryIds[0]?.split('.')[0] ?? '')
}
