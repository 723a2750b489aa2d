import { createHash, timingSafeEqual } from 'node:crypto'
import type { EnrollSecret } from '../env.ts'

/**
 * The live secret that was presented, or null. All secrets are compared, as digests of equal length, so the time tells
 * neither which one was close nor how many there are before it.
 */
export function matchingSecret(secrets: readonly EnrollSecret[], presented: string): EnrollSecret | null {
  const digest = sha256(presented)
  let matching: EnrollSecret | null = null
  for (const secret of secrets) {
    if (timingSafeEqual(sha256(secret.secret), digest)) matching ??= secret
  }
  return matching
}

function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
