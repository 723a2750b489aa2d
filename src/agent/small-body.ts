import { gunzipSync } from 'node:zlib'
import type { World } from '../env.ts'
import { joined, looksGzipped, readBody } from './body.ts'

/** A body read whole and inflated, or why not. */
export type SmallBody =
  | { readonly ok: true; readonly text: Uint8Array }
  | { readonly ok: false; readonly reason: 'body_too_large' | 'body_unreadable' | 'read_timeout' }

/**
 * Reads a body that is small by nature: enrollment, config, distributed. Inflates it when it is gzip, whatever its
 * Content-Encoding says.
 * @param maxBytes  limit of the body both as it comes and inflated
 */
export async function readSmallBody(
  world: Pick<World, 'sleep'>,
  request: Request,
  maxBytes: number,
): Promise<SmallBody> {
  const pieces: Uint8Array[] = []
  let length = 0
  const end = await readBody(world, request, chunk => {
    length += chunk.length
    pieces.push(chunk)
    return length <= maxBytes
  })
  if (end === 'stopped') return { ok: false, reason: 'body_too_large' }
  if (end === 'slow') return { ok: false, reason: 'read_timeout' }
  if (end === 'broken') return { ok: false, reason: 'body_unreadable' }
  const bytes = joined(pieces)
  return looksGzipped(bytes) ? inflated(bytes, maxBytes) : { ok: true, text: bytes }
}

function inflated(gzip: Uint8Array, maxBytes: number): SmallBody {
  try {
    return { ok: true, text: gunzipSync(gzip, { maxOutputLength: maxBytes }) }
  } catch (error) {
    // Node's own for maxOutputLength; workerd throws a RangeError as well.
    return { ok: false, reason: error instanceof RangeError ? 'body_too_large' : 'body_unreadable' }
  }
}
