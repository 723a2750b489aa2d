import { gzipSync } from 'node:zlib'
import { benchPost } from '../../test/bench/posts.ts'

/** Cloudflare's list prices, in USD for a million. */
const PRICE = {
  /** Workers: pricing page. */
  request: 0.3,
  cpuMs: 0.02,
  /** Queues: one operation for each started 64 KB written, read and deleted. */
  queueOperation: 0.4,
  /** R2: class A. */
  put: 4.5,
} as const

const QUEUE_OPERATION_BYTES = 64 * 1024
/** Bytes of a message beside the post. */
const MESSAGE_ENVELOPE_BYTES = 250
/** Posts of one consumer batch, which becomes one lake segment while all its lines are of one kind: wrangler.toml. */
const POSTS_IN_BATCH = 100
/** Rows that make a post of about 10 KB. */
const ROWS_IN_POST = 22

export interface PostCost {
  readonly bytes: number
  readonly gzipBytes: number
  /** USD for a million posts at list prices, hot rows of D1 apart. */
  readonly usdPerMillion: number
}

/** What a million posts of 10 KB cost. @param cpuMs  CPU of accepting and consuming one post */
export function postCost(cpuMs: number): PostCost {
  const { text } = benchPost(1, ROWS_IN_POST)
  const gzipBytes = gzipSync(text, { level: 9 }).length
  const operations = 3 * Math.ceil((gzipBytes + MESSAGE_ENVELOPE_BYTES) / QUEUE_OPERATION_BYTES)
  const usdPerMillion =
    PRICE.request * (1 + 1 / POSTS_IN_BATCH) +
    PRICE.queueOperation * operations +
    PRICE.put / POSTS_IN_BATCH +
    PRICE.cpuMs * cpuMs
  return { bytes: text.length, gzipBytes, usdPerMillion }
}
