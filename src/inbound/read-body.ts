import type { World } from '../env.ts'
import { within } from '../store/within.ts'

/** A body read whole, or why not. */
export type WholeBody =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: 'too_large' | 'unreadable' }

/**
 * Reads the body of a request within a time. Never holds more than the cap and one piece.
 * @param limitMs  for the whole body: a drip of bytes doesn't renew it
 */
export async function readWhole(
  world: Pick<World, 'sleep'>,
  request: Request,
  maxBytes: number,
  limitMs: number,
): Promise<WholeBody> {
  if (Number(request.headers.get('content-length')) > maxBytes) return { ok: false, reason: 'too_large' }
  const { body } = request
  if (body === null) return { ok: true, bytes: new Uint8Array() }
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader()
  const read = await within(world, limitMs, () => readUpTo(reader, maxBytes))
  if (read.kind === 'done' && read.value !== null) return { ok: true, bytes: read.value }
  // Not awaited: cancelling may take as long as the sender likes. A failure to cancel changes nothing.
  reader.cancel().catch(() => undefined)
  return { ok: false, reason: read.kind === 'done' ? 'too_large' : 'unreadable' }
}

/** All bytes, or null when there are more than the cap. */
async function readUpTo(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(pieces, length)
    length += value.byteLength
    if (length > maxBytes) return null
    pieces.push(value)
  }
}
