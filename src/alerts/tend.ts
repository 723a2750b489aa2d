import type { Routing } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { wake } from '../notify/wake.ts'
import { isConflict } from '../store/assertion.ts'
import { assertStormVersions, type KnownStorm, selectQuietStorms, upsertStorms } from '../store/storms.ts'
import { repeatCriticals } from '../store/updates.ts'
import { stormOf } from './announce.ts'
import { resolveAlert } from './lifecycle.ts'
import { calmed, STORM_HOUR_MS } from './storm.ts'

/** Storms that one run ends at most, and criticals that it repeats; the next run goes on. */
const STORMS_MAX = 50
const REPEATS_MAX = 500

/**
 * What alerts need as time passes: storms end an hour after the last opening that was held back, and open criticals that
 * nobody acknowledged are told again every four hours. Run by cron each minute; twice changes nothing.
 * @throws what D1 throws; the next run does the rest
 */
export async function tendAlerts(world: World, routing: Routing): Promise<void> {
  const now = world.now()
  await endStorms(world, routing, now)
  const [repeats] = await world.db.batch<{ deliveryId: string }>(repeatCriticals(world.db, now, REPEATS_MAX))
  await wake(
    world,
    (repeats?.results ?? []).map(({ deliveryId }) => deliveryId),
  )
}

async function endStorms(world: World, routing: Routing, now: number): Promise<void> {
  const quiet = await selectQuietStorms(world.db, now - STORM_HOUR_MS, STORMS_MAX).all<KnownStorm>()
  for (const storm of quiet.results) await endStorm(world, routing, storm, now)
}

async function endStorm(
  { db, ...world }: World,
  { destinations }: Routing,
  storm: KnownStorm,
  now: number,
): Promise<void> {
  const { kind, ruleId, severity, version, alertId, heldCount } = storm
  const note = `${ruleId} opened nothing for an hour. In all ${heldCount} were not sent one by one.`
  const { statements, deliveryIds } = resolveAlert(db, destinations, { alertId, at: now, by: 'margay', note })
  try {
    await db.batch([
      assertStormVersions(db, JSON.stringify([[kind, ruleId, severity, version]])),
      upsertStorms(db, JSON.stringify([calmed(stormOf(storm))])),
      ...statements,
    ])
  } catch (error) {
    // It went on at this very moment.
    if (!isConflict(error)) throw error
    return
  }
  await wake(world, deliveryIds)
}
