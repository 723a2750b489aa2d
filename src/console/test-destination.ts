import { openAlert, resolveAlert } from '../alerts/lifecycle.ts'
import { TEST_RULE_ID } from '../detect/alert-kind.ts'
import type { Destination } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { deliverNow } from '../notify/deliver.ts'
import { randomHex } from '../notify/random.ts'
import { probeAtOnce } from '../store/broken-destinations.ts'
import { type Delivery, deliveriesOf } from '../store/deliveries.ts'

/** What came of a test. */
export interface DestinationTest {
  readonly alertId: string
  /** As it stood after its one attempt, before the alert was resolved. */
  readonly trigger: Delivery
  /** As it stands; of a trigger that may have arrived its resolve waits a minute. */
  readonly resolve: Delivery | null
}

const RUNBOOK = 'Nothing is wrong: someone tests whether alerts arrive here. It resolves by itself.'

/**
 * Sends a test alert to one destination, by the way that every alert goes, and resolves it: so a trigger that failed is
 * not tried again, and nobody is woken by it later. Routes and least severity are not asked: it is the destination that
 * is tested.
 * @param by  who asked, for the timeline
 * @throws what D1 throws; the alert may then stand open, and is in the list of alerts
 */
export async function testDestination(
  world: World,
  destination: Destination,
  by: string,
): Promise<DestinationTest> {
  const { db } = world
  const only = [{ ...destination, minSeverity: 'info' }] as const
  const opened = openAlert(db, { destinations: only, routes: [] }, specOf(world, destination.id, by))
  await db.batch(opened.statements)
  // There is one destination, so there is one delivery.
  const deliveryId = opened.deliveryIds[0] as string
  // A test asks the destination itself, also one that is broken.
  await probeAtOnce(db, deliveryId, world.now()).run()
  await deliverNow(world, only, deliveryId)
  const alertId = deliveryId.slice(0, deliveryId.indexOf('.'))
  const trigger = await deliveryOf(db, alertId, 'trigger')
  // It was inserted above, and deliveries are never deleted that young.
  if (trigger === null) throw new Error(`the delivery ${deliveryId} is gone`)

  const note = 'The test is over.'
  const resolved = resolveAlert(db, only, { alertId, at: world.now(), by, note })
  await db.batch(resolved.statements)
  for (const id of resolved.deliveryIds) await deliverNow(world, only, id)
  return { alertId, trigger, resolve: await deliveryOf(db, alertId, 'resolve') }
}

function specOf(world: World, destinationId: string, by: string) {
  return {
    kind: 'system',
    ruleId: TEST_RULE_ID,
    // Each test is an alert of its own.
    dedup: `${destinationId} ${randomHex(world)}`,
    episode: 1,
    severity: 'info',
    title: `TEST: does "${destinationId}" get alerts? Nothing is wrong`,
    runbook: RUNBOOK,
    context: { test: true, destination: destinationId, by },
    at: world.now(),
  } as const
}

async function deliveryOf(
  db: D1Database,
  alertId: string,
  action: Delivery['action'],
): Promise<Delivery | null> {
  return (await deliveriesOf(db, alertId)).find(delivery => delivery.action === action) ?? null
}
