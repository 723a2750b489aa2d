import { env } from 'cloudflare:workers'
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
import { insertTriggersAgain, newDelivery } from '../store/deliveries.ts'
import { openAlertsAgain } from '../store/standings.ts'
import { planUpdates } from '../store/updates.ts'
import { attempt } from './attempt.ts'
import { readDelivery } from './read-delivery.ts'
import { nextStep } from './step.ts'
import { sweepDeliveries } from './sweep.ts'
import { targetOf } from './target.ts'

const MINUTE = 60_000

beforeEach(freshAlerting)

/** An alert that PagerDuty knows of and that has grown: its update is due. Answers both ids. */
async function grown(world: TestWorld): Promise<{ alertId: string; update: string }> {
  const alertId = await open(world)
  await run(world, message(alertId, 'trigger'))
  await planUpdates(env.DB, JSON.stringify([{ alertId }]), world.now()).run()
  world.advance(5 * MINUTE)
  const update = await env.DB.prepare("SELECT delivery_id FROM deliveries WHERE action = 'update'").first(
    'delivery_id',
  )
  return { alertId, update: String(update) }
}

/** The first half of what the consumer does: decides from what it reads now. Answers the second half, the attempt. */
async function decided(world: TestWorld, deliveryId: string): Promise<() => Promise<void>> {
  const { pair, told, pausedUntil } = await readDelivery(world, deliveryId, new Map())
  const step = nextStep(deliveryId, pair, told?.alert ?? null, pausedUntil, world.now())
  const target = targetOf('pagerduty', routing, world.settings)
  if (step.kind !== 'send' || told === null || !target.ok) throw new Error(`it is not sent: ${step.kind}`)
  return () => attempt(world, step, told, target)
}

/** A match opens the alert again, and destinations are to hear of it. */
async function openAgain(world: TestWorld, alertId: string): Promise<void> {
  const at = world.now()
  const trigger = { ...newDelivery(alertId, 'pagerduty', 'trigger', at), dueAt: at }
  await env.DB.batch([
    openAlertsAgain(env.DB, JSON.stringify([{ alertId, at, by: 'margay' }])),
    insertTriggersAgain(env.DB, JSON.stringify([trigger])),
  ])
}

/** What PagerDuty says of an alert, or what a person does there: nobody tells PagerDuty. */
async function setStatus(alertId: string, status: string): Promise<void> {
  await env.DB.prepare('UPDATE alerts SET status = ?2 WHERE alert_id = ?1').bind(alertId, status).run()
}

const arrived = () => pagerDuty.arrivals.map(({ action }) => action)

/** What is left is looked at again, as it is two minutes later. */
async function later(world: TestWorld): Promise<void> {
  alerts.takeAll()
  world.advance(2 * MINUTE)
  await sweepDeliveries(world)
  await calm(world)
}

describe('between the decision to send and the claim', () => {
  it('a resolve and what opens the alert again keep an update from opening an incident of its own', async () => {
    const world = newWorld()
    const { alertId, update } = await grown(world)
    const send = await decided(world, update)
    await change(world, alertId, 'resolve')
    await openAgain(world, alertId)
    await run(world, message(alertId, 'resolve'))
    await send()
    expect(arrived()).toEqual(['trigger', 'resolve'])
    await later(world)
    expect(arrived()).toEqual(['trigger', 'resolve', 'trigger'])
    expect(pagerDuty.incidents.map(({ status }) => status)).toEqual(['resolved', 'triggered'])
    expect((await story(alertId)).join('\n')).toContain(
      'pagerduty, update: not sent. The alert opened again meanwhile, and its trigger tells what it is.',
    )
  })

  it('a resolve keeps an update from opening an incident that nobody closes: PagerDuty is not told again', async () => {
    const world = newWorld()
    const { alertId, update } = await grown(world)
    const send = await decided(world, update)
    await setStatus(alertId, 'resolved')
    await send()
    await later(world)
    expect(arrived()).toEqual(['trigger'])
  })

  it('a resolve keeps a trigger from waking people', async () => {
    const world = newWorld()
    const alertId = await open(world)
    const send = await decided(world, message(alertId, 'trigger').deliveryId)
    await change(world, alertId, 'resolve')
    await send()
    await later(world)
    expect(arrived()).toEqual([])
  })

  it('whoever lets go of an alert keeps it from being acknowledged in PagerDuty', async () => {
    const world = newWorld()
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'acknowledge')
    const send = await decided(world, message(alertId, 'acknowledge').deliveryId)
    await setStatus(alertId, 'open')
    await send()
    await later(world)
    expect(arrived()).toEqual(['trigger'])
  })

  it('whoever opens an alert again in PagerDuty keeps it from being resolved there', async () => {
    const world = newWorld()
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'resolve')
    const send = await decided(world, message(alertId, 'resolve').deliveryId)
    await setStatus(alertId, 'open')
    await send()
    await later(world)
    expect(arrived()).toEqual(['trigger'])
  })

  it('nothing keeps a resolve that has its trigger behind it', async () => {
    const world = newWorld()
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'resolve')
    const send = await decided(world, message(alertId, 'resolve').deliveryId)
    await openAgain(world, alertId)
    await send()
    expect(arrived()).toEqual(['trigger', 'resolve'])
  })
})
