import { QUARANTINE_RECORDS_MAX, type QuarantineItem } from '../store/quarantine.ts'
import type { SpooledBytes } from '../store/spool.ts'
import type { ChunkRejections } from './chunk.ts'
import { MAX_REJECTION_BYTES } from './limits.ts'
import type { IngestMessage } from './message.ts'
import { sealedBytes } from './post-bytes.ts'
import type { Rejection, RejectReason } from './rejection.ts'

/** Bytes of rejected records of one post held in memory. */
const HELD_MAX_BYTES = 4 * 1024 * 1024

const encoder = new TextEncoder()

/** Why the normalizer refuses a record, in a sentence. */
const DETAILS: Partial<Record<RejectReason, string>> = {
  record_too_large: 'one record has more rows than the cap',
  not_an_object: 'one record is not a JSON object',
  not_a_log_line: 'one record has nothing of an osquery log line in it',
}

/**
 * Gathers what one post has for quarantine. A few bad records are kept each by itself; when they are too many or too
 * large, the whole post is kept in their place, so that none is lost and memory stays bounded.
 */
export class RejectedRecords {
  readonly #post: Pick<IngestMessage, 'hostId' | 'receivedAt'>
  readonly #counts = new Map<string, number>()
  #items: QuarantineItem[] = []
  #heldBytes = 0
  #whole = false

  constructor(post: Pick<IngestMessage, 'hostId' | 'receivedAt'>) {
    this.#post = post
  }

  add({ reason, detail, position, bytes }: Rejection): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
    this.#heldBytes += bytes.byteLength
    this.#whole ||= this.#items.length >= QUARANTINE_RECORDS_MAX || this.#heldBytes > HELD_MAX_BYTES
    if (this.#whole) this.#items = []
    else {
      const { hostId, receivedAt } = this.#post
      this.#items.push({ hostId, reason, detail, position, bytes, at: receivedAt })
    }
  }

  /** Adds a record that was valid JSON. */
  addValue(reason: RejectReason, position: number, value: unknown): void {
    const bytes = jsonBytes(value)
    this.#whole ||= bytes === null
    this.add({ reason, detail: DETAILS[reason] ?? reason, position, bytes: bytes ?? new Uint8Array() })
  }

  /** @param post  its bytes @returns null when nothing was rejected */
  async end(post: SpooledBytes): Promise<ChunkRejections | null> {
    if (!this.#whole) return this.#items.length === 0 ? null : { items: this.#items, counts: null }
    const records = [...this.#counts.values()].reduce((sum, count) => sum + count)
    const item = {
      hostId: this.#post.hostId,
      reason: 'many_rejected',
      detail: `${records} records were rejected; the whole post is kept (gzip)`,
      position: null,
      bytes: await sealedBytes(post),
      byteCount: post.gzip.byteLength,
      at: this.#post.receivedAt,
    }
    return { items: [item], counts: this.#counts }
  }
}

/** A record as JSON again, cut at the cap; null when it is nested deeper than it can be written. */
function jsonBytes(value: unknown): Uint8Array | null {
  try {
    return encoder.encode(JSON.stringify(value).slice(0, MAX_REJECTION_BYTES))
  } catch (error) {
    // JSON.parse does not recurse, JSON.stringify does: tens of thousands of brackets exhaust its stack.
    if (error instanceof RangeError) return null
    throw error
  }
}
