import type { World } from '../env.ts'
import { addToCounters, minuteOf } from '../store/counters.ts'
import { faultText, within } from '../store/within.ts'
import { AFTER_LIMIT_MS, type After } from './after.ts'
import type { Reason } from './reply.ts'

/** While nothing can be stored every post is refused: it costs D1 one write in this time for each isolate. */
const TOLD_EVERY_MS = 10_000

/** Why a post is not taken although the host did nothing wrong. */
type OurReason = Extract<Reason, 'busy' | 'internal_error' | 'not_configured' | 'storage_unavailable'>

const OUR_REASONS: ReadonlySet<string> = new Set<OurReason>([
  'busy',
  'internal_error',
  'not_configured',
  'storage_unavailable',
])

interface Untold {
  readonly counts: Map<string, number>
  toldAt: number
}

/** What this isolate has still to tell; its configuration lives as long as the isolate. */
const untoldOf = new WeakMap<World['settings'], Untold>()

/**
 * Counts a post that was refused, behind the reply and at best effort: what was not told yet is lost with the isolate,
 * and so is what D1 doesn't take. Reasons that are the host's own are not counted.
 */
export function countRefusedPost(world: World, after: After, reason: Reason): void {
  if (!OUR_REASONS.has(reason)) return
  const untold = untoldOf.get(world.settings) ?? { counts: new Map(), toldAt: Number.NEGATIVE_INFINITY }
  untoldOf.set(world.settings, untold)
  untold.counts.set(reason, (untold.counts.get(reason) ?? 0) + 1)
  const now = world.now()
  if (now - untold.toldAt < TOLD_EVERY_MS) return
  untold.toldAt = now
  const minute = minuteOf(now)
  const additions = [...untold.counts].map(
    ([label, value]) => ({ minute, name: 'posts_refused', label, value }) as const,
  )
  untold.counts.clear()
  after(tell(world, additions))
}

async function tell(world: World, additions: Parameters<typeof addToCounters>[1]): Promise<void> {
  const outcome = await within(world, AFTER_LIMIT_MS, () => addToCounters(world.db, additions).run())
  if (outcome.kind !== 'done') world.log('refusals_not_counted', { fault: faultText(outcome) })
}
