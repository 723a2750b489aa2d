import { constants, createGunzip, gunzipSync } from 'node:zlib'

/** Bytes of gzip handed over at a time: bounds what is inflated ahead of the reader. */
const SLICE_BYTES = 16 * 1024
/** Gzip inflates to 1,032 times as much at the very most (RFC 1951: 258 bytes in two bits). */
const MAX_EXPANSION = 1100

/**
 * Inflates as long as `onText` says true. Holds one piece at a time, however much there is to come: node:zlib waits for
 * its reader, whereas DecompressionStream over bytes in memory inflates everything at once, a bomb too.
 */
export function inflateWhile(
  gzip: Uint8Array,
  onText: (piece: Uint8Array) => boolean,
): Promise<'ended' | 'stopped' | 'broken'> {
  return new Promise(resolve => {
    const gunzip = createGunzip()
    gunzip.on('data', (piece: Uint8Array) => {
      if (gunzip.destroyed || onText(piece)) return
      resolve('stopped')
      gunzip.destroy()
    })
    gunzip.on('end', () => resolve('ended'))
    gunzip.on('error', () => resolve('broken'))
    const feed = (from: number) => {
      if (gunzip.destroyed) return
      if (from >= gzip.length) gunzip.end()
      else gunzip.write(gzip.subarray(from, from + SLICE_BYTES), () => feed(from + SLICE_BYTES))
    }
    feed(0)
  })
}

/** The text at the beginning of a gzip body, at most `maxBytes`; what can be had of one that is broken. */
export async function inflatedStart(gzip: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const text = new Uint8Array(maxBytes)
  let length = 0
  await inflateWhile(gzip, piece => {
    const fitting = piece.subarray(0, maxBytes - length)
    text.set(fitting, length)
    length += fitting.length
    return length < maxBytes
  })
  return text.slice(0, length)
}

/** What the first bytes of a gzip body inflate to, at once and cheaply; nothing when they are no gzip. */
export function inflatedSlice(gzip: Uint8Array): Uint8Array {
  try {
    return gunzipSync(gzip, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: gzip.length * MAX_EXPANSION,
    })
  } catch {
    return new Uint8Array()
  }
}
