import type { World } from '../env.ts'
import { selectExpiredLeases, selectOverdue } from '../store/delivery-attempts.ts'
import { wake } from './wake.ts'

/** A wake-up takes a second or two; after this it counts as lost. */
const OVERDUE_MS = 60_000

/** Most deliveries that one run wakes of each sort; the oldest first, the rest at the next run, a minute later. */
const SWEEP_MAX = 1_000

/**
 * Wakes deliveries whose wake-up was lost: pending ones that were due a minute ago and whose turn it is, and those whose
 * consumer died while it held the lease. Safe to repeat and to overlap: a doubled wake-up changes nothing.
 * @returns how many were woken
 * @throws what D1 throws when it can't be read
 */
export async function sweepDeliveries(world: World): Promise<number> {
  const { db } = world
  const now = world.now()
  const results = await db.batch<{ deliveryId: string }>([
    selectOverdue(db, now - OVERDUE_MS, SWEEP_MAX),
    selectExpiredLeases(db, now, SWEEP_MAX),
  ])
  const deliveryIds = results.flatMap(({ results: rows }) => rows.map(({ deliveryId }) => deliveryId))
  if (deliveryIds.length > 0) world.log('deliveries_swept', { deliveries: deliveryIds.length })
  await wake(world, deliveryIds)
  return deliveryIds.length
}
