import { withoutSecrets } from '../store/without-secrets.ts'
import { type InflateEnd, inflateParts, isGzip } from './inflate.ts'
import { MAX_SEALED_BYTES } from './limits.ts'
import { TopLevelKeyScan } from './top-level-key.ts'

/** Members of the envelope that must not lie in R2. */
const SECRET_NAMES = ['node_key', 'enroll_secret'] as const

/**
 * Longest stretch from the name of a secret to the end of its value that is blanked for certain where two parts meet.
 * Node keys and enroll secrets are far shorter.
 */
const SEAM_BYTES = 4_096

/** Room for the smallest posts, which gzip makes larger. */
const MIN_ROOM_BYTES = 1_024

/** A post as it may lie in R2. */
export interface SealedPost {
  readonly gzip: Uint8Array
  /**
   * How the post that was sealed ended. What it had beyond damage or caps can't be read by anyone and is left out, so
   * the sealed bytes are whole in any case.
   */
  readonly end: InflateEnd
}

/**
 * Compresses a post anew with node key and enroll secret blanked, which can't be done inside gzip. Holds the post only
 * compressed.
 *
 * Of a JSON object only members at its top level are blanked: what stands in the records is the host's word, and must be
 * the same events however the post came. In anything else the secrets are blanked wherever their names stand. Of a post
 * that can't be inflated at all the bytes are kept.
 */
export async function sealPost(gzip: Uint8Array): Promise<SealedPost> {
  const scan = new TopLevelKeyScan(SECRET_NAMES, 'blank')
  const envelope = await compressed(blankedEnvelope(gzip, scan), gzip.byteLength)
  if (scan.state === 'complete') return envelope
  const text = await compressed(blankedText(gzip), gzip.byteLength)
  return text.inflatedBytes === 0 ? { gzip: withoutSecrets(gzip), end: text.end } : text
}

/** The bytes of `sealPost` alone. */
export async function sealedPost(gzip: Uint8Array): Promise<Uint8Array> {
  return (await sealPost(gzip)).gzip
}

/** Gives up as soon as it shows that this is no JSON object. */
async function* blankedEnvelope(
  gzip: Uint8Array,
  scan: TopLevelKeyScan,
): AsyncGenerator<Uint8Array, InflateEnd> {
  const parts = inflateParts(gzip)
  // Parts of what is no gzip are the caller's own bytes.
  const shared = !isGzip(gzip)
  try {
    for (;;) {
      const { done, value } = await parts.next()
      if (done) return value
      const part = shared ? value.slice() : value
      scan.push(part)
      if (scan.state === 'broken') return 'broken'
      yield part
    }
  } finally {
    await parts.return('complete')
  }
}

/** Blanks each part together with the end of the one before, so that a secret on the seam is seen whole. */
async function* blankedText(gzip: Uint8Array): AsyncGenerator<Uint8Array, InflateEnd> {
  const parts = inflateParts(gzip)
  let seam = new Uint8Array(0)
  try {
    for (;;) {
      const { done, value } = await parts.next()
      if (done) {
        yield seam
        return value
      }
      const both = new Uint8Array(seam.byteLength + value.byteLength)
      both.set(seam)
      both.set(value, seam.byteLength)
      const blanked = withoutSecrets(both)
      const ready = Math.max(0, blanked.byteLength - SEAM_BYTES)
      yield blanked.subarray(0, ready)
      seam = blanked.slice(ready)
    }
  } finally {
    await parts.return('complete')
  }
}

/**
 * Compresses parts as they come, up to `MAX_SEALED_BYTES`.
 * @param likelyBytes  what comes out, about: room is made for it at once, since growing needs both old and new
 */
async function compressed(
  parts: AsyncGenerator<Uint8Array, InflateEnd>,
  likelyBytes: number,
): Promise<SealedPost & { readonly inflatedBytes: number }> {
  const { readable, writable } = new CompressionStream('gzip')
  const writer = writable.getWriter()
  const sealed = new GrowingBytes(likelyBytes + likelyBytes / 16 + MIN_ROOM_BYTES)
  const reading = sealed.addAll(readable)
  let inflatedBytes = 0
  let end: InflateEnd | null = null
  while (end === null) {
    const { done, value } = await parts.next()
    if (done) end = value
    else {
      inflatedBytes += value.byteLength
      await writer.write(value)
      if (sealed.length > MAX_SEALED_BYTES) end = 'too_large'
    }
  }
  await parts.return('complete')
  await writer.close()
  await reading
  return { gzip: sealed.bytes(), end, inflatedBytes }
}

class GrowingBytes {
  length = 0
  #room: Uint8Array

  constructor(bytes: number) {
    this.#room = new Uint8Array(bytes)
  }

  async addAll(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const piece of stream) {
      const length = this.length + piece.byteLength
      if (length > this.#room.byteLength) {
        const larger = new Uint8Array(2 * length)
        larger.set(this.bytes())
        this.#room = larger
      }
      this.#room.set(piece, this.length)
      this.length = length
    }
  }

  /** A view of what was added. */
  bytes(): Uint8Array {
    return this.#room.subarray(0, this.length)
  }
}
