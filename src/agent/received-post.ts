import type { World } from '../env.ts'
import { joined, looksGzipped, readAtOnce, readBody } from './body.ts'
import type { HeldBytes } from './held-bytes.ts'
import { GzipIntake, type Intake, type OverCapPost, TextIntake, type WholePost } from './intake.ts'
import { nodeKeyInGzip } from './node-key-in-body.ts'

/**
 * Above the caps the rest is read and thrown away up to here, so that the host gets to read our answer: one that finds
 * its connection closed sends the same again for ever. Cloudflare takes no more than 100 MB on most plans.
 */
const MAX_DRAINED_BYTES = 100 * 1024 * 1024

/** One body to the log route, with the number of bytes it had on the wire as far as it was read. */
export type ReceivedPost = ((WholePost | OverCapPost) & { readonly byteCount: number }) | NotReceived

/** The fault may pass: the host keeps its lines. */
interface NotReceived {
  readonly kind: 'not_received'
  readonly reason: 'read_timeout' | 'body_unreadable' | 'busy'
}

/** Reads a post as gzip, compressing it on the way in when the host did not, and looks for its node key meanwhile. */
export async function receivePost(
  world: Pick<World, 'sleep'>,
  request: Request,
  held: HeldBytes,
): Promise<ReceivedPost> {
  const small = await readAtOnce(world, request)
  if (small === null) return await receiveInPieces(world, request, held)
  if (small === 'slow') return { kind: 'not_received', reason: 'read_timeout' }
  if (small === 'broken') return { kind: 'not_received', reason: 'body_unreadable' }
  const byteCount = small.length
  if (!held.growTo(byteCount)) return { kind: 'not_received', reason: 'busy' }
  if (looksGzipped(small)) return { kind: 'whole', gzip: small, key: await nodeKeyInGzip(small), byteCount }
  const intake = new TextIntake()
  await intake.add(small)
  return { ...(await intake.finish(true)), byteCount }
}

async function receiveInPieces(
  world: Pick<World, 'sleep'>,
  request: Request,
  held: HeldBytes,
): Promise<ReceivedPost> {
  let intake: Intake | null = null
  const unsniffed: Uint8Array[] = []
  let byteCount = 0
  let busy = false
  const end = await readBody(world, request, async chunk => {
    byteCount += chunk.length
    if (intake === null) {
      unsniffed.push(chunk)
      if (byteCount < 2) return true
      const start = joined(unsniffed)
      intake = intakeFor(start)
      await intake.add(start)
    } else {
      await intake.add(chunk)
    }
    if (intake.overCap) return byteCount <= MAX_DRAINED_BYTES
    busy = !held.growTo(intake.heldBytes)
    return !busy
  })
  if (busy) return { kind: 'not_received', reason: 'busy' }
  const taken: Intake = intake ?? intakeFor(joined(unsniffed))
  if (!taken.overCap && end === 'slow') return { kind: 'not_received', reason: 'read_timeout' }
  if (!taken.overCap && end === 'broken') return { kind: 'not_received', reason: 'body_unreadable' }
  return { ...(await taken.finish(end === 'ended')), byteCount }
}

function intakeFor(start: Uint8Array): Intake {
  return looksGzipped(start) ? new GzipIntake() : new TextIntake()
}
