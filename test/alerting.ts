import { env } from 'cloudflare:workers'
import { type AlertSpec, acknowledgeAlert, openAlert, resolveAlert } from '../src/alerts/lifecycle.ts'
import { type Destination, routing as routingOf } from '../src/detect/routing.ts'
import type { World } from '../src/env.ts'
import { deliver } from '../src/notify/deliver.ts'
import { type Delivery, deliveriesOf } from '../src/store/deliveries.ts'
import { timelineOf } from '../src/store/timeline.ts'
import { AlertsQueue, batchOf } from './alerts-queue.ts'
import { type Happening, PagerDutyModel } from './simulator/pagerduty.ts'
import { freshStorage } from './storage.ts'
import { type TestWorld, testSettings, worldFor } from './world.ts'

/** The routing key that the model of PagerDuty knows. */
export const KEY = testSettings().pagerDutyRoutingKey ?? ''

export const routing: readonly Destination[] = [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }]

export let alerts: AlertsQueue
export let pagerDuty: PagerDutyModel
/** What happened to the incidents of the model, in order. */
export let happenings: Happening[]

/** Empty stores, an empty queue and a PagerDuty that knows nothing: for `beforeEach`. */
export async function freshAlerting(): Promise<void> {
  await freshStorage()
  alerts = new AlertsQueue()
  const happened: Happening[] = []
  happenings = happened
  pagerDuty = new PagerDutyModel([KEY], happening => happened.push({ ...happening }))
}

/** A world whose PagerDuty is the model, unless the test answers itself. */
export function newWorld(overrides: Partial<World> = {}): TestWorld {
  const world: TestWorld = worldFor(
    { ...env, ALERTS: alerts.queue },
    {
      fetch: async (_, init) => {
        const { status, body } = pagerDuty.enqueue(String(init.body), world.now())
        return Response.json(body, { status })
      },
      ...overrides,
    },
  )
  return world
}

/** A PagerDuty that gives these answers in turn, the last one for ever, and counts the requests. */
export function answering(...answers: (() => Promise<Response>)[]) {
  const bodies: string[] = []
  const fetch: World['fetch'] = async (_, init) => {
    bodies.push(String(init.body))
    const answer = answers[bodies.length - 1] ?? answers.at(-1)
    if (answer === undefined) throw new Error('no answer prepared')
    return answer()
  }
  return { fetch, bodies }
}

/** An answer with this status. */
export const status =
  (code: number, headers: HeadersInit = {}, body = '') =>
  async () =>
    new Response(body, { status: code, headers })

/** Opens an alert about a host that any destination wants; answers its id. */
export async function open(world: TestWorld, dedup = 'host-1'): Promise<string> {
  const { statements, deliveryIds } = openAlert(world.db, routingOf({ destinations: routing }), {
    kind: 'silence',
    ruleId: 'host-silent',
    dedup,
    episode: 1,
    severity: 'high',
    title: 'Host is silent',
    runbook: '',
    context: {},
    hostId: dedup,
    hostname: `${dedup}.example.com`,
    at: world.now(),
  })
  await world.db.batch(statements)
  return deliveryIds[0]?.split('.')[0] ?? ''
}

/** An alert that says nothing, critical unless `facts` say otherwise. */
export function testSpec(world: TestWorld, facts: Partial<AlertSpec> = {}): AlertSpec {
  return {
    kind: 'system',
    ruleId: 'margay.test',
    dedup: 'd',
    episode: 1,
    severity: 'critical',
    title: 'A test',
    runbook: '',
    context: {},
    at: world.now(),
    ...facts,
  }
}

/** Changes the status of an alert as the console does, and wakes nobody. */
export async function change(
  world: TestWorld,
  alertId: string,
  to: 'acknowledge' | 'resolve',
): Promise<void> {
  const request = { alertId, at: world.now(), by: 'someone', note: '' }
  const make = to === 'resolve' ? resolveAlert : acknowledgeAlert
  await world.db.batch(make(world.db, routing, request).statements)
}

/** The message that wakes a delivery. */
export const message = (alertId: string, action: string) => ({
  v: 1,
  deliveryId: `${alertId}.pagerduty.${action}`,
})

/** Runs the consumer over messages with these bodies; answers what it did with each. */
export async function run(world: World, ...bodies: unknown[]) {
  const { batch, verdicts } = batchOf(bodies)
  await deliver(batch, world, routing)
  return verdicts.map(({ verdict }) => verdict)
}

/** The first delivery of an alert. */
export async function only(alertId: string): Promise<Delivery> {
  const [delivery] = await deliveriesOf(env.DB, alertId)
  if (delivery === undefined) throw new Error('no delivery')
  return delivery
}

/** Delivers what waits on the queue, with the clock moved by its delays, until nothing does. */
export async function calm(world: TestWorld, rounds = 50): Promise<void> {
  for (let round = 0; round < rounds && alerts.waiting.length > 0; round += 1) {
    const taken = alerts.takeAll()
    world.advance(1000 * Math.max(...taken.map(({ delaySeconds }) => delaySeconds)))
    await run(world, ...taken.map(({ body }) => body))
  }
}

/** What the timeline says after the alert was created and routed. */
export async function story(alertId: string): Promise<readonly string[]> {
  return (await timelineOf(env.DB, alertId)).slice(2).map(({ detail }) => detail)
}
