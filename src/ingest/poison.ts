import type { QuarantineItem } from '../store/quarantine.ts'
import { MAX_REJECTION_BYTES } from './limits.ts'
import { sealedPost } from './sealed-post.ts'

/** A message that can't be read as a post, as it goes to quarantine. Never throws. */
export async function poisonItem(
  message: Pick<Message, 'body' | 'timestamp'>,
  reason: string,
  detail: string,
): Promise<QuarantineItem> {
  // Whose it is can't be trusted. The queue's time is the same at every delivery.
  return {
    hostId: null,
    reason,
    detail,
    position: null,
    bytes: await bytesOf(message.body),
    at: message.timestamp.getTime(),
  }
}

async function bytesOf(body: unknown): Promise<Uint8Array> {
  if (typeof body === 'object' && body !== null && 'gzip' in body && body.gzip instanceof Uint8Array) {
    return await sealedPost(body.gzip)
  }
  return new TextEncoder().encode(textOf(body)).slice(0, MAX_REJECTION_BYTES)
}

function textOf(body: unknown): string {
  try {
    return JSON.stringify(body) ?? String(body)
  } catch {
    // Big integers, circles, depth: what structured clone can carry and JSON can't.
    return Object.prototype.toString.call(body)
  }
}
