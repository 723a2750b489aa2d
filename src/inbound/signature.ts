import { createHmac, timingSafeEqual } from 'node:crypto'

/** One signature of the list: `v1=` and HMAC-SHA256 in hex. Other versions may stand beside it. */
const V1 = /^v1=([0-9a-f]{64})$/i

/** While a secret rotates there are two; more are not looked at. */
const SIGNATURES_MAX = 10

/**
 * True when one of the signatures is that of one of the secrets over these very bytes (PagerDuty webhooks v3,
 * "Verifying signatures"). Takes the same time whichever of them is the right one.
 * @param header  X-PagerDuty-Signature as received: `v1=<hex>[,v1=<hex>…]`
 */
export function isSigned(header: string | null, body: Uint8Array, secrets: readonly string[]): boolean {
  const presented = (header ?? '')
    .split(',', SIGNATURES_MAX)
    .map(part => V1.exec(part.trim())?.[1])
    .filter(hex => hex !== undefined)
    .map(hex => Buffer.from(hex, 'hex'))
  let matches = false
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(body).digest()
    for (const signature of presented) matches = timingSafeEqual(signature, expected) || matches
  }
  return matches
}
