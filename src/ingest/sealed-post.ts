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
  const sealed = await compressed(blankedEnvelope(gzip, scan))
  if (sealed.inflatedBytes === 0) return { gzip: withoutSecrets(gzip), end: sealed.end }
  return scan.state === 'complete' ? sealed : await compressed(blankedText(gzip))
}

/** The bytes of `sealPost` alone. */
export async function sealedPost(gzip: Uint8Array): Promise<Uint8Array> {
  return (await sealPost(gzip)).gzip
}

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

/** Compresses parts as they come, up to `MAX_SEALED_BYTES`. */
async function compressed(
  parts: AsyncGenerator<Uint8Array, InflateEnd>,
): Promise<SealedPost & { readonly inflatedBytes: number }> {
  const { readable, writable } = new CompressionStream('gzip')
  const writer = writable.getWriter()
  const pieces: Uint8Array[] = []
  let bytes = 0
  const reading = (async () => {
    for await (const piece of readable) {
      pieces.push(piece)
      bytes += piece.byteLength
    }
  })()
  let inflatedBytes = 0
  let end: InflateEnd | null = null
  while (end === null) {
    const { done, value } = await parts.next()
    if (done) end = value
    else {
      inflatedBytes += value.byteLength
      await writer.write(value)
      if (bytes > MAX_SEALED_BYTES) end = 'too_large'
    }
  }
  await parts.return('complete')
  await writer.close()
  await reading
  return { gzip: joined(pieces, bytes), end, inflatedBytes }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.byteLength
  }
  return whole
}
