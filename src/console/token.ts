import { createHash, timingSafeEqual } from 'node:crypto'

/** RFC 6750, 2.1; the scheme is case-insensitive (RFC 9110, 11.1). */
const BEARER = /^bearer +([\x21-\x7e]{1,512})$/i

/**
 * True when the header carries the token. Both are hashed first, so the comparison takes the same time whatever is
 * presented and whatever its length.
 * @param authorization  the Authorization header as received
 */
export function presentsToken(authorization: string | undefined, token: string): boolean {
  const presented = BEARER.exec(authorization ?? '')?.[1]
  return presented !== undefined && timingSafeEqual(sha256(presented), sha256(token))
}

function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
