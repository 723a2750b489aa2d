import { Buffer } from 'node:buffer'
import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { sealPost } from '../ingest/sealed-post.ts'
import { putSpool } from '../store/spool.ts'
import { faultText, within } from '../store/within.ts'
import type { After } from './after.ts'
import { authenticate, unauthenticated } from './authenticate.ts'
import { HeldBytes } from './held-bytes.ts'
import { keepOverCap, keepUnattributed } from './keep.ts'
import { countRefusedPost } from './posts-refused.ts'
import { receivePost } from './received-post.ts'
import { type Reason, stored, tryLater } from './reply.ts'

/** Queues.send() resolves in some 10 ms; one that hung for 57 s has been reported. Then R2 takes the post. */
const QUEUE_LIMIT_MS = 3_000
/** With the read deadline of 12 s the host, which gives up at 16 s, still hears of most slow writes. */
const SPOOL_LIMIT_MS = 5_000
const POST_ID_BYTES = 16

/** An authenticated post, compressed. */
interface AcceptedPost {
  readonly postId: string
  readonly hostId: HostId
  readonly receivedAt: number
}

/**
 * The log route. Answers `{}` only when the queue or R2 has the bytes; what is in them is the consumer's matter, so a
 * post that can't be read is accepted too, and kept in quarantine later. Never touches D1, but to count, behind the reply,
 * what it had to refuse.
 */
export async function acceptLog(world: World, request: Request, after: After): Promise<Response> {
  const refuse = (reason: Reason) => {
    countRefusedPost(world, after, reason)
    return tryLater(reason)
  }
  const held = new HeldBytes()
  try {
    const post = await receivePost(world, request, held)
    // Not counted: nobody has proven a key yet, and a stranger's slow bodies must not pass for a fault of ours.
    if (post.kind === 'not_received') return tryLater(post.reason)
    const sender = await authenticate(world, request, post.key)
    if (sender.kind === 'unattributable') return await keepUnattributed(world, post)
    if (sender.kind === 'not_configured') return refuse(sender.kind)
    if (sender.kind !== 'host') return unauthenticated(sender)
    if (post.kind === 'over_cap') return await keepOverCap(world, sender.hostId, post)
    const accepted = await accept(world, sender.hostId, post.gzip, held)
    return accepted.ok ? stored() : refuse(accepted.reason)
  } catch (error) {
    countRefusedPost(world, after, 'internal_error')
    throw error
  } finally {
    held.release()
  }
}

async function accept(world: World, hostId: HostId, gzip: Uint8Array, held: HeldBytes): Promise<Accepted> {
  const postId = Buffer.from(world.randomBytes(POST_ID_BYTES)).toString('hex')
  const post = { postId, hostId, receivedAt: world.now() }
  if (gzip.length > world.settings.inlineMaxBytes) {
    const spooled = await spool(world, post, gzip, held)
    if (!spooled.ok) return spooled
    // The post is safe: if its pointer is lost the sweeper makes a new one.
    await enqueue(world, { v: 1, kind: 'spooled', ...post, key: spooled.key })
    return spooled
  }
  if (await enqueue(world, { v: 1, kind: 'inline', ...post, gzip })) return { ok: true }
  return await spool(world, post, gzip, held)
}

/** @returns true when the queue has it */
async function enqueue(world: World, message: Parameters<World['ingest']['send']>[0]): Promise<boolean> {
  const outcome = await within(world, QUEUE_LIMIT_MS, () => world.ingest.send(message, { contentType: 'v8' }))
  if (outcome.kind === 'done') return true
  world.log('ingest_queue_refused', { kind: message.kind, fault: faultText(outcome) })
  return false
}

type Spooled = { readonly ok: true; readonly key: string } | NotStored

type Accepted = { readonly ok: true } | NotStored

/** R2 doesn't have the bytes for certain, or there is no room to seal them. */
interface NotStored {
  readonly ok: false
  readonly reason: 'storage_unavailable' | 'busy'
}

/** Stores the post in R2 without its node key. The pointer tells whose it is. */
async function spool(world: World, post: AcceptedPost, gzip: Uint8Array, held: HeldBytes): Promise<Spooled> {
  // The sealed bytes are about as many again.
  if (!held.growTo(2 * gzip.length)) return { ok: false, reason: 'busy' }
  const sealed = await sealPost(gzip)
  const outcome = await within(world, SPOOL_LIMIT_MS, () =>
    putSpool(world.bucket, post, sealed.gzip, sealed.end),
  )
  if (outcome.kind === 'done') return { ok: true, key: outcome.value }
  world.log('spool_failed', { bytes: gzip.length, fault: faultText(outcome) })
  return { ok: false, reason: 'storage_unavailable' }
}
