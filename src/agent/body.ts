import type { World } from '../env.ts'

/** osqueryd gives up after 16 s, which include its connection and our work after reading. */
export const LOG_READ_DEADLINE_MS = 12_000

/** How the reading of a body ended. `stopped`: by the caller. `slow`: at the deadline. `broken`: the connection failed. */
export type ReadEnd = 'ended' | 'stopped' | 'slow' | 'broken'

/**
 * Hands the body on piece by piece, as it comes off the wire, so that only what the caller keeps is ever held. The
 * deadline is for the whole body: a drip of bytes doesn't renew it.
 *
 * @param onChunk  false stops the reading; may wait
 */
export async function readBody(
  world: Pick<World, 'sleep'>,
  body: ReadableStream<Uint8Array> | null,
  onChunk: (chunk: Uint8Array) => boolean | Promise<boolean>,
): Promise<ReadEnd> {
  if (body === null) return 'ended'
  const reader = body.getReader()
  const deadline = world.sleep(LOG_READ_DEADLINE_MS).then((): 'slow' => 'slow')
  try {
    for (;;) {
      const next = await Promise.race([reader.read(), deadline])
      if (next === 'slow') return await given(reader, 'slow')
      if (next.done) return 'ended'
      if (!(await onChunk(next.value))) return await given(reader, 'stopped')
    }
  } catch {
    // The client went away, or sent less than it announced: nobody is there to tell.
    return 'broken'
  }
}

/** Lets go of the rest of the body. */
async function given(reader: ReadableStreamDefaultReader<Uint8Array>, end: ReadEnd): Promise<ReadEnd> {
  // Not awaited: cancelling may take as long as the client likes. A failure to cancel changes nothing.
  reader.cancel().catch(() => undefined)
  return end
}

/** A gzip body begins so (RFC 1952, 2.3.1). osquery 1.7 compressed without saying so in Content-Encoding. */
export function looksGzipped(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** Joins pieces into one array that owns exactly its bytes: a queue message would carry the rest of a larger buffer too. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
