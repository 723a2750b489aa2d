import type { Routing } from '../detect/routing.ts'
import type { World } from '../env.ts'
import {
  forgetRefusing,
  type Refusing,
  redriveOneToProbe,
  refusingDestinations,
  takeProbe,
} from '../store/broken-destinations.ts'
import { insertTimelineOfRedrives, redriveParked } from '../store/mass-redrive.ts'
import { PROBE_INTERVAL_MS } from './broken.ts'
import { fingerprintOf } from './fingerprint.ts'
import { GIVE_UP_AFTER_MS } from './ladder.ts'
import { targetOf } from './target.ts'
import { wake } from './wake.ts'

/** Most deliveries that one run redrives of each destination; the rest at the next run, a minute later. */
const REDRIVE_MAX = 500
/** A delivery that was read before the destination healed may be parked this much later. */
const STRAGGLER_MS = 60_000

/**
 * What becomes of destinations that refused, minute by minute. One that took something again gets what was parked since
 * it refused. One that did not is asked again every quarter of an hour, where there is doubt after a minute first: by a
 * delivery that is due then or, for 72 hours, by one of those that were parked, so that it heals also when nothing new is
 * to be told.
 * @throws what D1 throws; the next run does the rest
 */
export async function healDestinations(world: World, { destinations }: Routing): Promise<void> {
  for (const refusing of await refusingDestinations(world.db)) {
    const target = targetOf(refusing.destination, destinations, world.settings)
    // It is configured otherwise by now; see redrive-changed.ts.
    if ((await fingerprintOf(target)) !== refusing.fingerprint) await forgetRefusing(world.db, refusing).run()
    else if (refusing.healedAt !== null) await redriveSince(world, refusing, refusing.healedAt)
    else await probe(world, refusing)
  }
}

async function probe(world: World, refusing: Refusing): Promise<void> {
  const { db } = world
  const now = world.now()
  if (refusing.probeAt > now || now - refusing.since > GIVE_UP_AFTER_MS) return
  // What is broken gives the turn when the delivery leaves; what may not be takes no turns, so it is counted here.
  const counted = refusing.isBroken === 1 ? [] : [takeProbe(db, refusing, now, now + PROBE_INTERVAL_MS)]
  const [redriven] = await db.batch<{ deliveryId: string }>([
    redriveOneToProbe(db, refusing, now),
    ...counted,
  ])
  await wake(
    world,
    (redriven?.results ?? []).map(({ deliveryId }) => deliveryId),
  )
}

async function redriveSince(world: World, refusing: Refusing, healedAt: number): Promise<void> {
  const { db } = world
  const { destination, since, isBroken } = refusing
  const now = world.now()
  // What is not broken had nothing parked unasked, so of that each is sent once more and then waits for a person.
  const parked = { from: since, before: isBroken === 1 ? healedAt + STRAGGLER_MS : healedAt }
  const detail =
    isBroken === 1
      ? `${destination} takes alerts again: what was parked is sent.`
      : `${destination} took another alert: what it refused before is sent once more.`
  const [, redrivenRows] = await db.batch<{ deliveryId: string; createdAt: number }>([
    insertTimelineOfRedrives(db, destination, parked, REDRIVE_MAX, now, detail),
    redriveParked(db, destination, parked, REDRIVE_MAX, now),
  ])
  const redriven = (redrivenRows?.results ?? []).toSorted((a, b) => a.createdAt - b.createdAt)
  if (redriven.length > 0) world.log('deliveries_redriven', { destination, deliveries: redriven.length })
  await wake(
    world,
    redriven.map(({ deliveryId }) => deliveryId),
  )
  // While one of them may be on its way, being refused says no more of the destination than it did before.
  if (redriven.length === 0 && now >= parked.before) await forgetRefusing(db, refusing).run()
}
