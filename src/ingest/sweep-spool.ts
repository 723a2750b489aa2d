import type { World } from '../env.ts'
import { readProgress, writeProgress } from '../store/progress.ts'
import { listSpool, type SpooledPointer } from '../store/spool.ts'
import type { SpooledPost } from './message.ts'

/** A pointer is consumed within seconds; after this it was lost, or the consumer is late. */
const LOST_AFTER_MS = 60_000
/** Posts of a run: at one run a minute, 80 a second. Beyond it the next run goes on. */
const POSTS_PER_RUN = 5_000
/** Messages in one sendBatch (queues/platform/limits). */
const POSTS_PER_SEND = 100
/**
 * A post still there this long after the sweep came by is enqueued once more. Sooner would only lengthen the queue of a
 * consumer that is late anyway.
 */
const SWEEP_AGAIN_MS = 5 * 60_000

/** Where the sweep stands: it goes over the spool from the oldest post on. */
interface Sweep {
  /** Key of the last post that was enqueued, or null at the beginning. */
  readonly after: string | null
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

const PROGRESS = 'sweep-spool'
const NEVER: Sweep = { after: null, startedAt: 0 }

/**
 * Enqueues anew the pointers of spooled posts that nobody consumed, oldest first: the queue refused or lost them.
 * Enqueuing one twice does no harm, since consuming it twice changes nothing. Run it each minute, under a lease.
 *
 * @returns how many were enqueued
 * @throws what R2, the queue or D1 throw; the next run goes on from there
 */
export async function sweepSpool(world: World): Promise<number> {
  const now = world.now()
  // Only this function writes it.
  const before = ((await readProgress(world.db, PROGRESS)) as Sweep | null) ?? NEVER
  const again = now - before.startedAt >= SWEEP_AGAIN_MS
  const start: Sweep = again ? { after: null, startedAt: now } : before
  let { after } = start
  let enqueued = 0
  try {
    while (enqueued < POSTS_PER_RUN) {
      const { posts, cursor } = await listSpool(world.bucket, POSTS_PER_SEND, after)
      const lost = posts.filter(post => post.receivedAt <= now - LOST_AFTER_MS)
      if (lost.length > 0) await world.ingest.sendBatch(lost.map(pointerMessage))
      enqueued += lost.length
      after = lost.at(-1)?.key ?? after
      if (cursor === null || lost.length < posts.length) break
      after = cursor
    }
  } finally {
    // An empty spool is the rule: it shall cost no row.
    if (enqueued > 0) await writeProgress(world.db, PROGRESS, before, { ...start, after })
  }
  if (enqueued > 0) world.log('spool_swept', { posts: enqueued })
  return enqueued
}

function pointerMessage(post: SpooledPointer): MessageSendRequest<SpooledPost> {
  return { body: { v: 1, kind: 'spooled', ...post }, contentType: 'v8' }
}
