import type { HostId } from '../detect/event.ts'

/**
 * Posts that wait in R2 for the ingest consumer, because they are too large for a queue message or the queue refused
 * them. The object's metadata says everything that a pointer message says, so a lost pointer can be made anew.
 */
const PREFIX = 'spool/'
/** Enough for the year 5138; keeps keys in order of receipt. */
const TIME_DIGITS = 14

/** One spooled post, without its bytes. */
export interface SpooledPointer {
  readonly key: string
  readonly postId: string
  readonly hostId: HostId
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
}

/** How a post ended before it was sealed: whole, at damage, or at a cap. */
const ENDS = ['complete', 'broken', 'too_large'] as const
type PostEnd = (typeof ENDS)[number]

/** The bytes of a spooled post. */
export interface SpooledBytes {
  readonly gzip: Uint8Array
  /** How the post ended before it was sealed; null when nothing is known and the bytes have to tell. */
  readonly end: PostEnd | null
}

/** Whether a key can be that of a spooled post: no pointer may have anything else read or removed. */
export function isSpoolKey(key: string): boolean {
  return key.startsWith(PREFIX)
}

/**
 * Stores the gzip bytes of a post, which must hold no node key any more.
 * @returns its key
 * @throws what R2 throws
 */
export async function putSpool(
  bucket: R2Bucket,
  post: Omit<SpooledPointer, 'key'>,
  gzip: Uint8Array,
  end: PostEnd | null = null,
): Promise<string> {
  const { postId, hostId, receivedAt } = post
  const key = `${PREFIX}${String(receivedAt).padStart(TIME_DIGITS, '0')}-${postId}`
  await bucket.put(key, gzip, {
    httpMetadata: { contentType: 'application/gzip' },
    customMetadata: { postId, hostId, receivedAt: String(receivedAt), ...(end === null ? {} : { end }) },
  })
  return key
}

/** A spooled post, or null when it was processed before. @throws what R2 throws */
export async function getSpool(bucket: R2Bucket, key: string): Promise<SpooledBytes | null> {
  const object = await bucket.get(key)
  if (object === null) return null
  const said = object.customMetadata?.['end']
  return { gzip: await object.bytes(), end: ENDS.find(end => end === said) ?? null }
}

/** Removes posts whose events are stored. Unknown keys are no error. @param keys at most 1,000 */
export async function deleteSpool(bucket: R2Bucket, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await bucket.delete([...keys])
}

/** A page of spooled posts, oldest first. */
export interface SpoolPage {
  readonly posts: readonly SpooledPointer[]
  /** Hand it in as `after` for the next page; null at the end. A key, so it may be kept for as long as one likes. */
  readonly cursor: string | null
}

/**
 * Lists spooled posts, oldest first. An object that is none of ours is left out.
 * @param limit  at most 1,000; a page may hold fewer although more follow
 * @param after  the `cursor` of an earlier page or any post's key, to list what comes behind it
 */
export async function listSpool(
  bucket: R2Bucket,
  limit: number,
  after: string | null = null,
): Promise<SpoolPage> {
  const page = await bucket.list({
    prefix: PREFIX,
    limit,
    include: ['customMetadata'],
    ...(after === null ? {} : { startAfter: after }),
  })
  return {
    posts: page.objects.flatMap(object => pointerOf(object) ?? []),
    cursor: page.truncated ? (page.objects.at(-1)?.key ?? null) : null,
  }
}

function pointerOf(object: R2Object): SpooledPointer | null {
  const { postId, hostId, receivedAt } = object.customMetadata ?? {}
  if (postId === undefined || hostId === undefined || !/^\d{1,14}$/.test(receivedAt ?? '')) return null
  // Written by putSpool from a proven id.
  return { key: object.key, postId, hostId: hostId as HostId, receivedAt: Number(receivedAt) }
}
