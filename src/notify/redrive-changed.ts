import type { Destination, Routing } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { isConflict } from '../store/assertion.ts'
import { insertAudit } from '../store/audit.ts'
import { readGuardedState, type StateRow, writeGuardedState } from '../store/guarded-state.ts'
import { insertTimelineOfRedrives, redriveParked } from '../store/mass-redrive.ts'
import { fingerprintOf } from './fingerprint.ts'
import { targetOf } from './target.ts'
import { wake } from './wake.ts'

/** Most deliveries that one run redrives of each destination; the rest at the next run, a minute later. */
const REDRIVE_MAX = 500

/** How a destination was configured when it was last looked at, and what of its parked deliveries is to be redriven. */
interface TargetRecord {
  readonly fingerprint: string
  /** Those parked before this moment (ms since the epoch) are to be redriven; null when none are. */
  readonly parkedBefore: number | null
}

/**
 * Makes parked deliveries due again when the configuration of their destination has changed since: another key, URL or
 * secret. Of each destination the hash of that is kept. What fails again is parked again, and stays so until the next
 * change. What is no longer true is closed when its turn comes, as ever.
 * @throws what D1 throws
 */
export async function redriveChanged(world: World, { destinations }: Routing): Promise<void> {
  for (const destination of destinations) await redriveOne(world, destination, destinations)
}

async function redriveOne(
  world: World,
  destination: Destination,
  destinations: readonly Destination[],
): Promise<void> {
  const { id } = destination
  const name = `target:${id}`
  const target = targetOf(id, destinations, world.settings)
  const fingerprint = await fingerprintOf(target)
  const row = await readGuardedState(world.db, name)
  const known = recordIn(row)
  const isChanged = known?.fingerprint !== fingerprint
  // What is seen for the first time has not changed; what can't be sent to is not tried.
  const changedAt = isChanged && known !== null && target.ok ? world.now() : null
  const parkedBefore = changedAt ?? (isChanged ? null : known.parkedBefore)
  if (!isChanged && parkedBefore === null) return
  try {
    await commit(world, id, name, row, { fingerprint, parkedBefore }, changedAt !== null)
  } catch (error) {
    // Another run was quicker.
    if (!isConflict(error)) throw error
  }
}

async function commit(
  world: World,
  id: string,
  name: string,
  row: StateRow | null,
  { fingerprint, parkedBefore }: TargetRecord,
  isNews: boolean,
): Promise<void> {
  const { db } = world
  const version = row?.version ?? 0
  const write = (record: TargetRecord) => writeGuardedState(db, name, JSON.stringify(record), version)
  if (parkedBefore === null) {
    await db.batch(write({ fingerprint, parkedBefore }))
    return
  }
  const now = world.now()
  const parked = { from: 0, before: parkedBefore }
  const detail = `The configuration of ${id} changed: what was parked is sent again.`
  const audited = { who: 'margay', what: 'redrive_destination', subject: id, detail } as const
  const results = await db.batch<{ deliveryId: string; createdAt: number }>([
    ...write({ fingerprint, parkedBefore }),
    insertTimelineOfRedrives(db, id, parked, REDRIVE_MAX, now, detail),
    redriveParked(db, id, parked, REDRIVE_MAX, now),
    ...(isNews ? [insertAudit(world, audited)] : []),
  ])
  const redriven = (results[3]?.results ?? []).toSorted((a, b) => a.createdAt - b.createdAt)
  if (redriven.length > 0) world.log('deliveries_redriven', { destination: id, deliveries: redriven.length })
  await wake(
    world,
    redriven.map(({ deliveryId }) => deliveryId),
  )
  if (redriven.length < REDRIVE_MAX) await finish(world, name, fingerprint, version + 1)
}

async function finish(world: World, name: string, fingerprint: string, version: number): Promise<void> {
  const done: TargetRecord = { fingerprint, parkedBefore: null }
  await world.db.batch(writeGuardedState(world.db, name, JSON.stringify(done), version))
}

/** Only this file writes it; what another version wrote otherwise reads as never seen. */
function recordIn(row: StateRow | null): TargetRecord | null {
  const value: unknown = row === null ? null : JSON.parse(row.value)
  if (typeof value !== 'object' || value === null) return null
  if (!('fingerprint' in value) || typeof value.fingerprint !== 'string') return null
  const parkedBefore = 'parkedBefore' in value ? value.parkedBefore : null
  return {
    fingerprint: value.fingerprint,
    parkedBefore: typeof parkedBefore === 'number' ? parkedBefore : null,
  }
}
