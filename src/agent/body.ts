import type { World } from '../env.ts'

/** osqueryd gives up after 16 s, which include its connection and our work after reading. */
const LOG_READ_DEADLINE_MS = 12_000

/** A body that says it is no larger is read at once, which takes half the time; HTTP doesn't let it be larger then. */
const READ_AT_ONCE_MAX_BYTES = 256 * 1024

/** How the reading of a body ended. `stopped`: by the caller. `slow`: at the deadline. `broken`: the connection failed. */
export type ReadEnd = 'ended' | 'stopped' | 'slow' | 'broken'

/** The whole body of a request that says it is small, as most are, or how the reading failed; null when it may be large. */
export async function readAtOnce(
  world: Pick<World, 'sleep'>,
  request: Request,
): Promise<Uint8Array | 'slow' | 'broken' | null> {
  if (!isSmall(request.headers)) return null
  return await Promise.race([piece(readAll(request)), deadline(world)])
}

/**
 * Hands the body on piece by piece, as it comes off the wire, so that only what the caller keeps is ever held. The
 * deadline is for the whole body: a drip of bytes doesn't renew it.
 *
 * @param onChunk  false stops the reading; may wait
 */
export async function readBody(
  world: Pick<World, 'sleep'>,
  request: Request,
  onChunk: (chunk: Uint8Array) => boolean | Promise<boolean>,
): Promise<ReadEnd> {
  if (request.body === null) return 'ended'
  const late = deadline(world)
  const reader = request.body.getReader()
  for (;;) {
    const next = await Promise.race([piece(readNext(reader)), late])
    if (next === 'broken' || next === 'ended') return next
    if (next === 'slow') return given(reader, 'slow')
    if (!(await onChunk(next))) return given(reader, 'stopped')
  }
}

async function deadline(world: Pick<World, 'sleep'>): Promise<'slow'> {
  await world.sleep(LOG_READ_DEADLINE_MS)
  return 'slow'
}

function isSmall(headers: Headers): boolean {
  const length = headers.get('content-length') ?? ''
  return /^\d{1,9}$/.test(length) && Number(length) <= READ_AT_ONCE_MAX_BYTES
}

async function readAll(request: Request): Promise<Uint8Array> {
  return new Uint8Array(await request.arrayBuffer())
}

async function readNext(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | 'ended'> {
  const { done, value } = await reader.read()
  return done ? 'ended' : value
}

async function piece<T>(reading: Promise<T>): Promise<T | 'broken'> {
  try {
    return await reading
  } catch {
    // The client went away, or sent less than it announced: nobody is there to tell.
    return 'broken'
  }
}

/** Lets go of the rest of the body. */
function given(reader: ReadableStreamDefaultReader<Uint8Array>, end: ReadEnd): ReadEnd {
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
  const [first] = pieces
  if (pieces.length === 1 && first !== undefined && first.length === first.buffer.byteLength) return first
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
