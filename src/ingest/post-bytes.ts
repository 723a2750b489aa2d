import { getSpool, type SpooledBytes } from '../store/spool.ts'
import type { IngestMessage } from './message.ts'
import { sealedPost } from './sealed-post.ts'

/** What a message brings or points to: null when that is gone. @throws what R2 throws */
export async function bytesOf(bucket: R2Bucket, post: IngestMessage): Promise<SpooledBytes | null> {
  return post.kind === 'inline' ? { gzip: post.gzip, end: null } : await getSpool(bucket, post.key)
}

/** A whole post as it may be kept for people to look at. One that comes from the spool is sealed already. */
export async function sealedBytes({ gzip, end }: SpooledBytes): Promise<Uint8Array> {
  return end === null ? await sealedPost(gzip) : gzip
}
