import { constants, createGunzip, gunzipSync } from 'node:zlib'
import { BOMB_FLOOR_BYTES, BOMB_RATIO, MAX_INFLATED_BYTES, SMALL_POST_BYTES } from './limits.ts'

/**
 * Compressed bytes handed to the inflater at once. Small, because what one piece inflates to (1,032 times as much at
 * most) is held before a reader can say stop, and because damage costs the output of the piece it lies in. Not smaller,
 * because each piece leaves garbage: at 1 KiB a large post takes a third more memory.
 */
const PIECE_BYTES = 4 * 1024

/** Bytes a part is made of at most. */
const PART_BYTES = 64 * 1024

/** How an inflation ended. */
export type InflateEnd = 'complete' | 'too_large' | 'broken'

/**
 * Inflates a post that is known or hoped to be small, at once. A body that ends early yields what there is.
 *
 * @returns the bytes, or null when they are more than `SMALL_POST_BYTES` or the gzip is damaged: then use `inflateParts`
 */
export function inflateSmall(gzip: Uint8Array): Uint8Array | null {
  if (!isGzip(gzip)) return gzip.byteLength <= SMALL_POST_BYTES ? gzip : null
  if (declaredSize(gzip) > SMALL_POST_BYTES) return null
  try {
    return gunzipSync(gzip, { maxOutputLength: SMALL_POST_BYTES, finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    // Too large or damaged: the two runtimes name neither alike, and the answer is the same.
    return null
  }
}

/**
 * Inflates a post of any size part by part, never ahead of the reader by more than one piece's output, and returns how
 * it ended. Several gzip members after one another are one body. Bytes that are not gzip are the body itself.
 *
 * node:zlib and not DecompressionStream, which in workerd inflates a whole bomb in native memory however slowly it is
 * read, and throws away good output when it meets the damage behind it.
 *
 * @param guarded  false for what was inflated within the caps before: a bomb was cut off then
 */
export async function* inflateParts(
  gzip: Uint8Array,
  guarded = true,
): AsyncGenerator<Uint8Array, InflateEnd> {
  if (!isGzip(gzip)) {
    yield* partsOf(gzip.subarray(0, MAX_INFLATED_BYTES))
    return gzip.byteLength > MAX_INFLATED_BYTES ? 'too_large' : 'complete'
  }
  const inflater = createInflater(gzip)
  let inflated = 0
  try {
    for (;;) {
      const part = await inflater.next()
      if (part === null) return inflater.failed() ? 'broken' : 'complete'
      const credible = guarded ? Math.max(BOMB_FLOOR_BYTES, inflater.fedBytes() * BOMB_RATIO) : Infinity
      const room = Math.min(MAX_INFLATED_BYTES, credible) - inflated
      if (part.byteLength > room) {
        yield part.subarray(0, room)
        return 'too_large'
      }
      inflated += part.byteLength
      yield part
    }
  } finally {
    inflater.stop()
  }
}

/** Bytes that lie in memory, part by part: who reads them may need memory for each. */
export function* partsOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += PART_BYTES) yield bytes.subarray(at, at + PART_BYTES)
}

/**
 * Pulls from a gunzip stream by hand: async iteration would drop buffered parts as soon as an error shows. The next piece
 * goes in only when nothing is left to read, so that damage never costs what came out before its own piece.
 */
function createInflater(gzip: Uint8Array) {
  const gunzip = createGunzip({ chunkSize: PART_BYTES, finishFlush: constants.Z_SYNC_FLUSH })
  let offset = 0
  let writing = false
  let closed = false
  let ended = false
  let failed = false
  let wake: (() => void) | null = null
  const stir = (): void => {
    wake?.()
    wake = null
  }
  const feed = (): void => {
    if (writing || closed) return
    if (offset >= gzip.byteLength) {
      closed = true
      gunzip.end()
      return
    }
    writing = true
    const piece = gzip.subarray(offset, offset + PIECE_BYTES)
    offset += PIECE_BYTES
    gunzip.write(piece, () => {
      writing = false
      stir()
    })
  }
  gunzip.on('readable', stir)
  gunzip.on('end', () => {
    ended = true
    stir()
  })
  gunzip.on('error', () => {
    failed = true
    stir()
  })
  return {
    /** The next part, or null at the end or after damage. */
    async next(): Promise<Uint8Array | null> {
      for (;;) {
        const part: Uint8Array | null = gunzip.read()
        if (part !== null) return part
        if (ended || failed) return null
        const stirred = new Promise<void>(resolve => {
          wake = resolve
        })
        feed()
        await stirred
      }
    },
    failed: () => failed,
    /** Compressed bytes that made the parts so far. */
    fedBytes: () => Math.min(offset, gzip.byteLength),
    stop(): void {
      gunzip.destroy()
    },
  }
}

/** Whether it begins with gzip's magic (RFC 1952, 2.3.1). osquery 1.7 compressed without saying so in a header. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** ISIZE, the last four bytes (RFC 1952, 2.3.1): what the sender claims; only a hint. */
function declaredSize(gzip: Uint8Array): number {
  if (gzip.byteLength < 18) return 0
  return new DataView(gzip.buffer, gzip.byteOffset, gzip.byteLength).getUint32(gzip.byteLength - 4, true)
}
