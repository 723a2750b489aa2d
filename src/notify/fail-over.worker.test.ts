import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { alerts, answering, calm, freshAlerting, newWorld, status, testSpec } from '../../test/alerting.ts'
import { batchOf } from '../../test/alerts-queue.ts'
import { type TestWorld, testSettings } from '../../test/world.ts'
import { openAlert, resolveAlert } from '../alerts/lifecycle.ts'
import { type Routing, routing as routingOf } from '../detect/routing.ts'
import type { Severity } from '../detect/severity.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { silenceDelivery } from '../store/delivery-holds.ts'
import { timelineOf } from '../store/timeline.ts'
import { deliver } from './deliver.ts'
import { failOver } from './fail-over.ts'

beforeEach(freshAlerting)

const MINUTE = 60_000
const routing: Routing = routingOf({
  destinations: [
    { id: 'pagerduty', type: 'pagerduty', minSeverity: 'low', fallback: 'slack' },
    { id: 'slack', type: 'slack', minSeverity: 'critical' },
  ],
  routes: [{ id: 'all', to: ['pagerduty'] }],
})
const settings = testSettings({ slackWebhookUrl: 'https://hooks.slack.com/services/T0/B0/abcdefghijklmnop' })

async function openOne(world: TestWorld, severity: Severity = 'critical', dedup = 'd'): Promise<string> {
  const { statements, deliveryIds } = openAlert(world.db, routing, testSpec(world, { dedup, severity }))
  await world.db.batch(statements)
  return deliveryIds[0]?.split('.')[0] ?? ''
}

async function runAll(world: TestWorld): Promise<void> {
  const { batch } = batchOf(alerts.takeAll().map(({ body }) => body))
  await deliver(batch, world, routing.destinations)
}

const destinationsOf = async (alertId: string) =>
  (await deliveriesOf(env.DB, alertId)).map(({ destination, state }) => [destination, state])

/** PagerDuty fails, Slack takes everything. */
function halfBroken(): { world: TestWorld; told: string[] } {
  const told: string[] = []
  const world = newWorld({
    settings,
    fetch: async url => {
      if (!url.includes('slack')) return new Response('', { status: 503 })
      told.push(url)
      return new Response('ok')
    },
  })
  return { world, told }
}

describe('a critical alert that its destination has not taken', () => {
  it('goes to the fallback after five minutes, not before, and once', async () => {
    const { world, told } = halfBroken()
    const alertId = await openOne(world)
    world.advance(5 * MINUTE - 1)
    await failOver(world, routing)
    expect(await destinationsOf(alertId)).toEqual([['pagerduty', 'pending']])
    world.advance(1)
    await failOver(world, routing)
    await failOver(world, routing)
    await runAll(world)
    expect(told).toHaveLength(1)
    expect(await destinationsOf(alertId)).toEqual([
      ['pagerduty', 'pending'],
      ['slack', 'delivered'],
    ])
    const entries = (await timelineOf(env.DB, alertId)).filter(({ kind }) => kind === 'failed_over')
    expect(entries.map(({ detail }) => detail)).toEqual([
      'pagerduty has not taken it for 5 minutes: pending. slack is told too.',
    ])
  })

  it('goes there too when it was parked, and says why', async () => {
    const { world } = halfBroken()
    const alertId = await openOne(world)
    const park = "UPDATE deliveries SET state = 'parked', reason = 'HTTP 403' WHERE alert_id = ?"
    await env.DB.prepare(park).bind(alertId).run()
    world.advance(5 * MINUTE)
    await failOver(world, routing)
    expect((await timelineOf(env.DB, alertId)).at(-1)?.detail).toContain('parked (HTTP 403). slack is told')
  })

  it('is resolved at both when it is over', async () => {
    const { world, told } = halfBroken()
    const alertId = await openOne(world)
    world.advance(5 * MINUTE)
    await failOver(world, routing)
    await runAll(world)
    const change = { alertId, at: world.now(), by: 'someone', note: '' }
    const { statements, deliveryIds } = resolveAlert(env.DB, routing.destinations, change)
    await env.DB.batch(statements)
    const { batch } = batchOf(deliveryIds.map(deliveryId => ({ v: 1, deliveryId })))
    await deliver(batch, world, routing.destinations)
    expect(told).toHaveLength(2)
  })
})

describe('nobody else is told', () => {
  it.each([
    ['of an alert that is less than critical', 'high', ''],
    ['of one that was delivered', 'critical', "UPDATE deliveries SET state = 'delivered'"],
    ['of one that is resolved', 'critical', "UPDATE alerts SET status = 'resolved'"],
    ['of one that somebody has in hand', 'critical', "UPDATE alerts SET status = 'acknowledged'"],
  ] as const)('%s', async (_, severity, sql) => {
    const { world } = halfBroken()
    const alertId = await openOne(world, severity)
    if (sql !== '') await env.DB.prepare(sql).run()
    world.advance(60 * MINUTE)
    await failOver(world, routing)
    expect((await destinationsOf(alertId)).map(([destination]) => destination)).toEqual(['pagerduty'])
  })

  it('of one that a silence keeps, until five minutes after its end', async () => {
    const { world } = halfBroken()
    const alertId = await openOne(world)
    const silence = { silenceId: 's1', endsAt: world.now() + 60 * MINUTE }
    await silenceDelivery(env.DB, `${alertId}.pagerduty.trigger`, silence, world.now()).run()
    world.advance(65 * MINUTE - 1)
    await failOver(world, routing)
    expect(await destinationsOf(alertId)).toHaveLength(1)
    world.advance(1)
    await failOver(world, routing)
    expect(await destinationsOf(alertId)).toHaveLength(2)
  })

  it('where no fallback is named', async () => {
    const world = newWorld({ fetch: answering(status(503)).fetch })
    const alertId = await openOne(world)
    world.advance(60 * MINUTE)
    await failOver(world, {
      ...routing,
      destinations: routing.destinations.map(({ fallback: _, ...rest }) => rest),
    })
    await calm(world, 1)
    expect(await destinationsOf(alertId)).toHaveLength(1)
  })
})
