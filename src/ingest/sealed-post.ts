import { withoutSecrets } from '../store/without-secrets.ts'
import { inflateParts } from './inflate.ts'

/**
 * Longest stretch from the name of a secret to the end of its value that is blanked for certain where two parts meet.
 * Node keys and enroll secrets are far shorter.
 */
const SEAM_BYTES = 4_096

/**
 * A whole post as it may lie in quarantine: compressed, with node keys and enroll secrets blanked, which can't be done
 * inside gzip. Holds the post only compressed. What can't be inflated, because the gzip is damaged or beyond the caps of
 * a post, is left out; a post of which nothing can be inflated is kept as it came.
 */
export async function sealedPost(gzip: Uint8Array): Promise<Uint8Array> {
  const { readable, writable } = new CompressionStream('gzip')
  const sealed = new Response(readable).bytes()
  const writer = writable.getWriter()
  let inflated = 0
  for await (const part of blankedParts(gzip)) {
    inflated += part.byteLength
    await writer.write(part)
  }
  await writer.close()
  return inflated === 0 ? gzip : await sealed
}

/** Blanks each part together with the end of the one before, so that a secret on the seam is seen whole. */
async function* blankedParts(gzip: Uint8Array): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let seam = new Uint8Array(0)
  for await (const part of inflateParts(gzip)) {
    const both = new Uint8Array(seam.byteLength + part.byteLength)
    both.set(seam)
    both.set(part, seam.byteLength)
    const blanked = withoutSecrets(both)
    const ready = Math.max(0, blanked.byteLength - SEAM_BYTES)
    yield blanked.slice(0, ready)
    seam = blanked.slice(ready)
  }
  yield seam
}
