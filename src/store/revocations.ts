import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { faultText, within } from './within.ts'

/**
 * Which hosts are revoked, mirrored from D1 into one R2 object, `{ "<host id>": <ms since the epoch> }`. The log route
 * must not depend on D1, so it reads this.
 */
const MIRROR_KEY = 'state/revocations.json'

/** A revocation takes effect within this. */
const CACHE_MS = 60_000
/** A look-up that takes longer is given up; posts must not wait for it. */
const LOOK_UP_LIMIT_MS = 1_000
/** After a failed look-up the next one comes this much later, so that a hanging R2 doesn't slow down every post. */
const RETRY_MS = 5_000
/** Two writers at once: each try reads D1 anew, so a few suffice. */
const MIRROR_ATTEMPTS = 5

type Revocations = ReadonlyMap<string, number>

interface Known {
  revocations: Revocations
  lookUpAt: number
}

/** What this isolate knows; its configuration lives as long as the isolate. */
const knownBy = new WeakMap<World['settings'], Known>()

/**
 * When the host was revoked (ms since the epoch), or null. At most a minute old. When R2 fails or is slow the answer is
 * what was known last, in the end "not revoked": a fault of ours never locks out a host.
 */
export async function revokedAt(
  world: Pick<World, 'bucket' | 'now' | 'sleep' | 'settings' | 'log'>,
  hostId: HostId,
): Promise<number | null> {
  const known = knownBy.get(world.settings) ?? { revocations: new Map(), lookUpAt: Number.NEGATIVE_INFINITY }
  if (world.now() >= known.lookUpAt) {
    const first = !knownBy.has(world.settings)
    // Set before waiting: the other posts of this moment go by what is known already instead of asking too.
    if (!first) known.lookUpAt = world.now() + CACHE_MS
    const outcome = await within(world, LOOK_UP_LIMIT_MS, () => readMirror(world.bucket))
    knownBy.set(world.settings, known)
    if (outcome.kind === 'done') {
      known.revocations = outcome.value
      known.lookUpAt = world.now() + CACHE_MS
    } else {
      known.lookUpAt = world.now() + RETRY_MS
      world.log('revocations_unknown', { fault: faultText(outcome) })
    }
  }
  return known.revocations.get(hostId) ?? null
}

async function readMirror(bucket: R2Bucket): Promise<Revocations> {
  const object = await bucket.get(MIRROR_KEY)
  if (object === null) return new Map()
  const entries = Object.entries(await object.json<Record<string, unknown>>())
  return new Map(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
}

/**
 * Copies all revocations from D1 to R2. May run at any time and any number of times.
 * @throws what D1 or R2 throw, or an Error when others kept writing the mirror meanwhile
 */
export async function mirrorRevocations(world: Pick<World, 'db' | 'bucket'>): Promise<void> {
  for (let attempt = 0; attempt < MIRROR_ATTEMPTS; attempt++) {
    // The mirror is looked at before D1: whoever wrote it in between knew less or as much as D1 says now.
    const before = await world.bucket.head(MIRROR_KEY)
    const { results } = await world.db
      .prepare('SELECT host_id, revoked_at FROM hosts WHERE revoked_at IS NOT NULL ORDER BY host_id')
      .all<{ host_id: string; revoked_at: number }>()
    const json = JSON.stringify(Object.fromEntries(results.map(row => [row.host_id, row.revoked_at])))
    const onlyIf = before === null ? { etagDoesNotMatch: '*' } : { etagMatches: before.etag }
    if ((await world.bucket.put(MIRROR_KEY, json, { onlyIf })) !== null) return
  }
  throw new Error('the mirror of revocations was written by others all the time')
}
