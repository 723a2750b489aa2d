import { constants, deflateRawSync } from 'node:zlib'

const MIB = 1024 * 1024
/** Magic, deflate, no flags, no time, fastest, Unix (RFC 1952, 2.3). */
const GZIP_HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3)

/**
 * A gzip body of about a thousandth of its text: `head`, then `mebibytes` MiB of zeros (the digit, so that it can be
 * inside a JSON string). Has no end: a reader that gets there has read too far. Built from one piece, so it costs nothing.
 */
export function gzipBomb(head: string, mebibytes: number): Uint8Array<ArrayBuffer> {
  const start = piece(head)
  const zeros = piece('0'.repeat(MIB))
  const bomb = new Uint8Array(GZIP_HEADER.length + start.length + mebibytes * zeros.length)
  bomb.set(GZIP_HEADER)
  bomb.set(start, GZIP_HEADER.length)
  for (let i = 0; i < mebibytes; i++) bomb.set(zeros, GZIP_HEADER.length + start.length + i * zeros.length)
  return bomb
}

/** A full flush ends on a byte and forgets what came before, so such pieces can be strung together. */
function piece(text: string): Uint8Array {
  return deflateRawSync(text, { finishFlush: constants.Z_FULL_FLUSH })
}
