import type { World } from '../env.ts'
import { within } from '../store/within.ts'

/** What came of one POST. */
export type Reply =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly retryAfter: string | null
      /** As much of the answer as came in time and fits; it explains, it never decides alone. */
      readonly body: string
    }
  /** No status came. The request may have been received all the same. `reason` may quote anything: redact it. */
  | { readonly kind: 'unanswered'; readonly reason: string }

/** A destination that takes longer to begin its answer is in trouble; its neighbours in the batch wait behind it. */
const HEADERS_LIMIT_MS = 10_000
/** Longest time for the whole exchange: a body that drips must not hold a connection (an invocation has six). */
export const EXCHANGE_LIMIT_MS = 15_000
/** An error message is shorter; more would only be read to be thrown away. */
const REPLY_MAX_BYTES = 16_384

/**
 * Posts JSON to a destination, within 15 seconds in all. Never throws, never follows a redirect.
 * A status that has come counts even if the rest of the answer does not.
 */
export async function postJson(
  world: Pick<World, 'fetch' | 'sleep' | 'now'>,
  url: string,
  json: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const started = world.now()
  const abort = new AbortController()
  const begun = await within(world, HEADERS_LIMIT_MS, () =>
    world.fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'Margay' },
      body: json,
      redirect: 'manual',
      signal: abort.signal,
    }),
  )
  if (begun.kind !== 'done') {
    abort.abort()
    const seconds = HEADERS_LIMIT_MS / 1000
    return {
      kind: 'unanswered',
      reason: begun.kind === 'slow' ? `no answer within ${seconds} s` : messageOf(begun.error),
    }
  }
  const response = begun.value
  const chunks: Uint8Array[] = []
  const left = Math.max(0, started + EXCHANGE_LIMIT_MS - world.now())
  const body = await within(world, left, () => readInto(chunks, response))
  if (body.kind !== 'done') abort.abort()
  return {
    kind: 'answered',
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: textOf(chunks),
  }
}

async function readInto(chunks: Uint8Array[], response: Response): Promise<void> {
  if (response.body === null) return
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  let bytes = 0
  while (bytes < REPLY_MAX_BYTES) {
    const { done, value } = await reader.read()
    if (done) return
    chunks.push(value.subarray(0, REPLY_MAX_BYTES - bytes))
    bytes += value.byteLength
  }
  await reader.cancel()
}

function textOf(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder()
  return chunks.map(chunk => decoder.decode(chunk, { stream: true })).join('') + decoder.decode()
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'the connection failed'
}
