import type { OsqueryEvent } from '../detect/event.ts'
import type { World } from '../env.ts'
import { minuteOf } from '../store/counters.ts'
import type { Channel, HostRecord } from '../store/hosts.ts'
import type { SpooledBytes } from '../store/spool.ts'
import type { Chunk, ChunkRejections } from './chunk.ts'
import { decodePost } from './decode.ts'
import type { Normalizer, PostNormalizer } from './detection.ts'
import type { IngestMessage } from './message.ts'
import { bytesOf, sealedBytes } from './post-bytes.ts'
import { isPulse, pulseOf } from './pulse.ts'
import { RejectedRecords } from './rejected-records.ts'

/**
 * Takes one post into chunks, event by event. Yields whenever the current chunk is full, for it to be committed; what
 * comes then goes to the chunk that `chunk` gives after that.
 *
 * @param host  the row of the post's host, or null when there is none
 * @throws what R2 throws when it can't give the spooled bytes
 */
export async function* takePost(
  world: Pick<World, 'bucket'>,
  normalizer: Normalizer,
  post: IngestMessage,
  host: HostRecord | null,
  chunk: () => Chunk,
): AsyncGenerator<void> {
  const bytes = await bytesOf(world.bucket, post)
  if (bytes === null) {
    // Its bytes go only after it was stored, so this pointer is a second one.
    chunk().missingPosts.push(minuteOf(post.receivedAt))
  } else if (host !== null && isRevoked(host, post.receivedAt)) {
    takeRejections(chunk(), post, bytes.gzip, await revokedPost(post, bytes), false)
  } else {
    const normalized = normalizer.post({
      hostId: post.hostId,
      receivedAt: post.receivedAt,
      names: host?.names ?? [],
    })
    yield* takeRecords(normalized, post, bytes, chunk)
  }
}

async function* takeRecords(
  normalized: PostNormalizer,
  post: IngestMessage,
  bytes: SpooledBytes,
  chunk: () => Chunk,
): AsyncGenerator<void> {
  const { hostId, receivedAt } = post
  const { gzip, end } = bytes
  const rejected = new RejectedRecords(post)
  const events: OsqueryEvent[] = []
  let counted = false
  for await (const { records, rejections } of decodePost(gzip, end)) {
    for (const rejection of rejections) rejected.add(rejection)
    for (const { value, position, repaired } of records) {
      const reason = normalized.add(value, repaired, events)
      if (reason !== null) rejected.addValue(reason, position, value)
      for (const event of events) {
        if (!counted) chunk().posts.push({ receivedAt, bytes: gzip.byteLength, first: event.p_row_id })
        counted = true
        chunk().addEvent(event)
        const channel = channelOf(event)
        chunk().touch(hostId, channel, receivedAt)
        if (channel === 'pulse') chunk().addPulse(hostId, receivedAt, pulseOf(event))
        if (chunk().isFull) yield
      }
      events.length = 0
    }
  }
  if (!counted) chunk().touch(hostId, 'result', receivedAt)
  const rejections = await rejected.end(bytes)
  if (rejections !== null) takeRejections(chunk(), post, gzip, rejections, counted)
}

/** @param counted  whether an event of the post stands for it already */
function takeRejections(
  chunk: Chunk,
  { receivedAt }: IngestMessage,
  gzip: Uint8Array,
  rejections: ChunkRejections,
  counted: boolean,
): void {
  chunk.addRejections(rejections)
  if (!counted) chunk.posts.push({ receivedAt, bytes: gzip.byteLength, first: rejections })
}

async function revokedPost(
  { hostId, receivedAt }: IngestMessage,
  bytes: SpooledBytes,
): Promise<ChunkRejections> {
  const item = {
    hostId,
    reason: 'host_revoked',
    detail: 'received after the host was revoked',
    position: null,
    bytes: await sealedBytes(bytes),
    byteCount: bytes.gzip.byteLength,
    at: receivedAt,
  }
  return { items: [item], counts: null }
}

/** Posts from before the revocation are the host's own word still, and so are those of a host that was let in again. */
function isRevoked({ revokedAt, lastEnrollAt }: HostRecord, receivedAt: number): boolean {
  return revokedAt !== null && receivedAt >= revokedAt && lastEnrollAt <= revokedAt
}

function channelOf(event: OsqueryEvent): Channel {
  if (event.p_log_type === 'Osquery.Status') return 'status'
  return isPulse(event) ? 'pulse' : 'result'
}
