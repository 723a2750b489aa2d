import type { World } from '../../src/env.ts'
import type { IngestMessage } from '../../src/ingest/message.ts'
import { heldQueue } from '../held-queue.ts'
import { worldFor } from '../world.ts'

const NOW = 1_767_400_000_000

/** A world in which nothing is kept: what is measured is our own work. */
export function quietWorld(): World {
  const held = heldQueue<IngestMessage>().queue
  const metrics = { backlogCount: 0, backlogBytes: 0 }
  const forgetful = { ...held, send: async () => ({ metadata: { metrics } }) }
  // Accepting touches neither D1 nor, for a small post, the spool; the revocation list is looked up in this empty bucket.
  const bucket = { get: async () => null, put: async () => null } as unknown as R2Bucket
  const bindings = {
    DB: {} as D1Database,
    BUCKET: bucket,
    INGEST: forgetful,
    ALERTS: heldQueue<never>().queue,
  }
  return worldFor(bindings, { now: () => NOW, log: () => {} })
}
