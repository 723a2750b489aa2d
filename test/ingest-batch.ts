import { gzipSync } from 'node:zlib'
import type { HostId } from '../src/detect/event.ts'
import type { IngestMessage, InlinePost } from '../src/ingest/message.ts'
import { TEST_NOW } from './world.ts'

/** What a consumer did with a message, as the queue sees it: the first word counts, none at all acknowledges. */
type MessageFate =
  | { readonly kind: 'untouched' }
  | { readonly kind: 'acked' }
  | { readonly kind: 'retried'; readonly delaySeconds: number | undefined }

/** A message as a queue hands it over, that remembers what became of it. */
export interface QueuedMessage<Body> extends Message<Body> {
  fate(): MessageFate
}

let messages = 0

/** @param body  whatever lies in the queue, also what no code of ours would put there */
export function queued<Body>(body: Body): QueuedMessage<Body> {
  let fate: MessageFate = { kind: 'untouched' }
  const settle = (settled: MessageFate) => {
    if (fate.kind === 'untouched') fate = settled
  }
  messages += 1
  return {
    id: `message-${messages}`,
    timestamp: new Date(TEST_NOW),
    body,
    attempts: 1,
    ack: () => settle({ kind: 'acked' }),
    retry: options => settle({ kind: 'retried', delaySeconds: options?.delaySeconds }),
    fate: () => fate,
  }
}

/** The gzip of a post to the log route. */
export function gzipPost(records: readonly unknown[], logType = 'result'): Uint8Array {
  return gzipText(
    JSON.stringify({ node_key: 'node-key-that-must-not-be-kept', log_type: logType, data: records }),
  )
}

export function gzipText(text: string): Uint8Array {
  return new Uint8Array(gzipSync(text))
}

let posts = 0

/** A message with the post inside. */
export function inlinePost(
  gzip: Uint8Array,
  { host = 'host-1', receivedAt = TEST_NOW }: { host?: string; receivedAt?: number } = {},
): InlinePost {
  posts += 1
  const hostId = host as HostId // any text is a host id below the agent routes
  return { v: 1, kind: 'inline', postId: `post-${posts}`, hostId, receivedAt, gzip }
}

/** A batch as a consumer takes it. */
export function batchOf<Body = IngestMessage>(
  ...members: readonly QueuedMessage<unknown>[]
): { messages: readonly QueuedMessage<Body>[] } {
  return { messages: members as readonly QueuedMessage<Body>[] } // also what is no Body: that is what some tests are about
}
