import { constants, gunzipSync } from 'node:zlib'
import { type InflateEnd, inflateParts } from '../ingest/inflate.ts'

/** Gzip inflates to 1,032 times as much at the very most (RFC 1951: 258 bytes in two bits). */
const MAX_EXPANSION = 1100

/** Inflates as long as `onText` says true, holding one part at a time; gives up where the consumer would. */
export async function inflateWhile(
  gzip: Uint8Array,
  onText: (part: Uint8Array) => boolean,
): Promise<InflateEnd | 'stopped'> {
  const parts = inflateParts(gzip)
  for (;;) {
    const { done, value } = await parts.next()
    if (done) return value
    if (onText(value)) continue
    await parts.return('complete')
    return 'stopped'
  }
}

/** The text at the beginning of a gzip body, at most `maxBytes`; what can be had of one that is broken. */
export async function inflatedStart(gzip: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const text = new Uint8Array(maxBytes)
  let length = 0
  await inflateWhile(gzip, part => {
    const fitting = part.subarray(0, maxBytes - length)
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
