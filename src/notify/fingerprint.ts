import type { FoundTarget } from './target.ts'

/** Tells apart what is hashed here from the same text hashed elsewhere. */
const PURPOSE = 'margay target 1'
const FINGERPRINT_CHARACTERS = 32

/** What a destination is configured as, as a hash: another key, URL or secret gives another. */
export async function fingerprintOf(
  target: FoundTarget | { readonly ok: false; readonly reason: string },
): Promise<string> {
  return await hashOf(target.ok ? [target.type, target.url, ...target.secrets] : [target.reason])
}

/** Keys and secrets have 128 random bits and more, so that their hash tells nobody what they are. */
async function hashOf(parts: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([PURPOSE, ...parts]))
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  const hex = Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('')
  return hex.slice(0, FINGERPRINT_CHARACTERS)
}
