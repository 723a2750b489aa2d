import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { alerts, freshAlerting, happenings, newWorld, pagerDuty, testSpec } from '../../test/alerting.ts'
import { batchOf } from '../../test/alerts-queue.ts'
import { Webhooks } from '../../test/simulator/pagerduty-webhooks.ts'
import { type TestWorld, testSettings } from '../../test/world.ts'
import { acknowledgeAlert, openAlert, resolveAlert } from '../alerts/lifecycle.ts'
import { type Routing, routing as routingOf } from '../detect/routing.ts'
import type { Severity } from '../detect/severity.ts'
import { pagerDutyWebhook } from '../inbound/pagerduty.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { timelineOf } from '../store/timeline.ts'
import { consequenceOf, watchConfirmations } from './confirm.ts'
import { deliver } from './deliver.ts'

const SECRET = 'webhook-secret-of-the-tests-0123456789'
const MINUTE = 60_000
const routing: Routing = routingOf({
  destinations: [
    { id: 'pagerduty', type: 'pagerduty', minSeverity: 'low', fallback: 'slack' },
    { id: 'slack', type: 'slack', minSeverity: 'critical' },
  ],
  routes: [{ id: 'all', to: ['pagerduty'] }],
})
const settings = testSettings({
  slackWebhookUrl: 'https://hooks.slack.com/services/T0/B0/abcdefghijklmnop',
  pagerDutyWebhookSecrets: [SECRET],
})

let world: TestWorld
let toldSlack: number
let webhooks: Webhooks

beforeEach(async () => {
  await freshAlerting()
  toldSlack = 0
  webhooks = new Webhooks([SECRET])
  world = newWorld({
    settings,
    fetch: async (url, init) => {
      if (url.includes('slack')) {
        toldSlack += 1
        return new Response('ok')
      }
      const reply = pagerDuty.enqueue(String(init.body), world.now())
      return Response.json(reply.body, { status: reply.status })
    },
  })
})

async function runAll(): Promise<void> {
  await deliver(batchOf(alerts.takeAll().map(({ body }) => body)).batch, world, routing.destinations)
}

/** Opens an alert that PagerDuty accepts. */
async function page(dedup: string, severity: Severity = 'critical'): Promise<string> {
  const { statements, deliveryIds } = openAlert(world.db, routing, testSpec(world, { dedup, severity }))
  await world.db.batch(statements)
  await deliver(
    batchOf(deliveryIds.map(deliveryId => ({ v: 1, deliveryId }))).batch,
    world,
    routing.destinations,
  )
  return deliveryIds[0]?.split('.')[0] ?? ''
}

/** PagerDuty's webhook about what happened last. */
async function hear(): Promise<void> {
  const happening = happenings.at(-1)
  if (happening === undefined) throw new Error('nothing happened')
  const { body, headers } = webhooks.of(happening)
  const request = new Request('https://margay.example.com/', { method: 'POST', body, headers })
  expect((await pagerDutyWebhook(world, routing.destinations)(request)).status).toBe(200)
}

/** A subscription that works: an earlier alert was confirmed. */
async function subscribed(): Promise<void> {
  await page('earlier')
  await hear()
}

async function watch(): Promise<void> {
  await watchConfirmations(world, routing)
  await runAll()
}

const saidOf = async (alertId: string) =>
  (await timelineOf(env.DB, alertId)).filter(({ kind }) => kind === 'unconfirmed').map(({ detail }) => detail)

const destinationsOf = async (alertId: string) =>
  (await deliveriesOf(env.DB, alertId)).map(({ destination, state }) => `${destination} ${state}`)

describe('a critical alert that PagerDuty accepted and opened no incident for', () => {
  it('is told to the fallback after five minutes, not before, and once; its timeline says so', async () => {
    await subscribed()
    pagerDuty.suppressed = true
    const alertId = await page('swallowed')
    world.advance(5 * MINUTE - 1)
    await watch()
    expect([await saidOf(alertId), toldSlack]).toEqual([[], 0])
    world.advance(1)
    for (let minute = 0; minute < 3; minute += 1) {
      await watch()
      world.advance(MINUTE)
    }
    expect(await saidOf(alertId)).toEqual([
      'pagerduty: accepted, not confirmed. It told of no incident within 5 minutes. slack is told too, if it was not.',
    ])
    expect(await destinationsOf(alertId)).toEqual(['pagerduty delivered', 'slack delivered'])
    expect(toldSlack).toBe(1)
  })

  it('is found after cron was missed for half an hour', async () => {
    await subscribed()
    pagerDuty.suppressed = true
    const alertId = await page('swallowed')
    world.advance(30 * MINUTE)
    await watch()
    expect(await saidOf(alertId)).toHaveLength(1)
  })

  it('is named in its timeline where there is no fallback, too', async () => {
    const destinations = [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }] as const
    const { deliveries, entries } = consequenceOf(
      [{ alertId: 'a', destination: 'pagerduty', deliveredAt: 1 }],
      { destinations },
      2,
    )
    expect(deliveries).toEqual([])
    expect(entries[0]?.detail).toContain('accepted, not confirmed')
    expect(entries[0]?.detail).toContain('no fallback')
  })
})

describe('there is no such alarm', () => {
  it('when the incident was told of, even late', async () => {
    await subscribed()
    const alertId = await page('seen')
    world.advance(4 * MINUTE)
    await hear()
    world.advance(30 * MINUTE)
    await watch()
    expect([await saidOf(alertId), toldSlack]).toEqual([[], 0])
  })

  it('when any other webhook named the incident', async () => {
    await subscribed()
    const alertId = await page('seen')
    const incident = pagerDuty.openIncident(`margay:${alertId}`)
    if (incident === undefined) throw new Error('no incident')
    pagerDuty.press('acknowledge', incident, 'Someone', world.now() + 1)
    pagerDuty.press('unacknowledge', incident, 'Someone', world.now() + 2)
    await hear()
    world.advance(30 * MINUTE)
    await watch()
    expect(await saidOf(alertId)).toEqual([])
  })

  it('while PagerDuty never told of an incident, nor of what it accepted before it did', async () => {
    pagerDuty.suppressed = true
    const alertId = await page('swallowed')
    world.advance(10 * MINUTE)
    await watch()
    pagerDuty.suppressed = false
    await subscribed()
    await watch()
    expect(await saidOf(alertId)).toEqual([])
  })

  it('without a secret of a subscription', async () => {
    await subscribed()
    pagerDuty.suppressed = true
    const alertId = await page('swallowed')
    world.advance(10 * MINUTE)
    await watchConfirmations({ ...world, settings: testSettings() }, routing)
    expect(await saidOf(alertId)).toEqual([])
  })

  it.each(['high', 'acknowledged', 'resolved'])('of one that is %s', async what => {
    await subscribed()
    pagerDuty.suppressed = true
    const alertId = await page('swallowed', what === 'high' ? 'high' : 'critical')
    const change = { alertId, at: world.now(), by: 'someone', note: '' }
    if (what === 'acknowledged')
      await env.DB.batch(acknowledgeAlert(env.DB, routing.destinations, change).statements)
    if (what === 'resolved') await env.DB.batch(resolveAlert(env.DB, routing.destinations, change).statements)
    world.advance(10 * MINUTE)
    await watch()
    expect([await saidOf(alertId), toldSlack]).toEqual([[], 0])
  })

  it('when the webhook comes between reading and writing', async () => {
    await subscribed()
    const alertId = await page('seen')
    world.advance(5 * MINUTE)
    const db = new Proxy(env.DB, {
      get: (target, name) =>
        name === 'batch'
          ? async (statements: D1PreparedStatement[]) => {
              await hear()
              return await target.batch(statements)
            }
          : Reflect.get(target, name).bind(target),
    })
    await watchConfirmations({ ...world, db }, routing)
    expect([await saidOf(alertId), await destinationsOf(alertId)]).toEqual([[], ['pagerduty delivered']])
  })
})
