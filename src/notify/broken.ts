import type { Destination } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { type Refusing, refusingDestinations, takeProbe } from '../store/broken-destinations.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type FoundTarget, targetOf } from './target.ts'

/** A broken destination is asked again by one delivery in this time: as often as the last rung of the ladder. */
export const PROBE_INTERVAL_MS = 15 * 60_000

/** The first time sooner, where it may have been about what was sent: others wait for nothing then. */
export const FIRST_DOUBT_PROBE_MS = 60_000

/**
 * Whether a destination is broken as it is configured now: it answered that no body will be accepted, and has taken
 * nothing since.
 */
async function isBroken(refusing: Refusing, target: FoundTarget): Promise<boolean> {
  if (refusing.isBroken === 0 || refusing.healedAt !== null) return false
  return refusing.fingerprint === (await fingerprintOf(target))
}

/** What is known of a destination if it is broken as it is configured now, else null. */
export async function brokenAs(refusing: Refusing | null, target: FoundTarget): Promise<Refusing | null> {
  return refusing !== null && (await isBroken(refusing, target)) ? refusing : null
}

/** Takes the turn to try a broken destination again. @returns whether it is ours */
export async function isProbe({ db, now }: Pick<World, 'db' | 'now'>, broken: Refusing): Promise<boolean> {
  const at = now()
  return (await takeProbe(db, broken, at, at + PROBE_INTERVAL_MS).first()) !== null
}

/** Why a delivery is parked without a request. */
export function brokenText({ destination, reason, since }: Refusing): string {
  return `${destination} is broken since ${new Date(since).toISOString()}: ${reason}. What waits is sent when it takes something again`
}

/** The destinations that are broken as they are configured now, by id. @throws what D1 throws */
export async function brokenDestinations(
  { db, settings }: Pick<World, 'db' | 'settings'>,
  destinations: readonly Destination[],
): Promise<ReadonlyMap<string, Refusing>> {
  const found = new Map<string, Refusing>()
  for (const refusing of await refusingDestinations(db)) {
    const target = targetOf(refusing.destination, destinations, settings)
    if (target.ok && (await isBroken(refusing, target))) found.set(refusing.destination, refusing)
  }
  return found
}
