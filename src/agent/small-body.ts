import { gunzipSync } from 'node:zlib'
import type { World } from '../env.ts'
import { joined, looksGzipped, type ReadEnd, readAtOnce, readBody } from './body.ts'

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
  const body = (await readAtOnce(world, request)) ?? (await readUpTo(world, request, maxBytes))
  if (body === 'stopped') return { ok: false, reason: 'body_too_large' }
  if (body === 'slow') return { ok: false, reason: 'read_timeout' }
  if (body === 'broken') return { ok: false, reason: 'body_unreadable' }
  if (body.length > maxBytes) return { ok: false, reason: 'body_too_large' }
  return looksGzipped(body) ? inflated(body, maxBytes) : { ok: true, text: body }
}

async function readUpTo(
  world: Pick<World, 'sleep'>,
  request: Request,
  maxBytes: number,
): Promise<Uint8Array | Exclude<ReadEnd, 'ended'>> {
  const pieces: Uint8Array[] = []
  let length = 0
  const end = await readBody(world, request, chunk => {
    length += chunk.length
    pieces.push(chunk)
    return length <= maxBytes
  })
  return end === 'ended' ? joined(pieces) : end
}

function inflated(gzip: Uint8Array, maxBytes: number): SmallBody {
  try {
    return { ok: true, text: gunzipSync(gzip, { maxOutputLength: maxBytes }) }
  } catch (error) {
    // Node's own for maxOutputLength; workerd throws a RangeError as well.
    return { ok: false, reason: error instanceof RangeError ? 'body_too_large' : 'body_unreadable' }
  }
}
