import type { HostId } from '../detect/event.ts'

/**
 * What the log route puts on the INGEST queue: one accepted post, still compressed, with what only the route knows.
 * Messages outlive deploys, so the shape is versioned: a consumer takes its own version and the one before.
 */
export type IngestMessage = InlinePost | SpooledPost

interface AcceptedPost {
  readonly v: 1
  /** Random id of this acceptance; names the post in quarantine and in logs. Not an idempotency key. */
  readonly postId: string
  readonly hostId: HostId
  /** Milliseconds since the epoch, by the Worker's clock. */
  readonly receivedAt: number
}

/** The usual case: the gzip bytes travel in the message. */
export interface InlinePost extends AcceptedPost {
  readonly kind: 'inline'
  readonly gzip: Uint8Array
}

/** The bytes lie in R2 under `key`, because they were too large or the queue refused them. */
export interface SpooledPost extends AcceptedPost {
  readonly kind: 'spooled'
  readonly key: string
}
