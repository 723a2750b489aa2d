import { Buffer } from 'node:buffer'

/** Members of osquery's request bodies whose values are secrets. */
const SECRET_NAMES = ['"node_key"', '"enroll_secret"'].map(name => Buffer.from(name))

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const STAR = 0x2a

/** What a node key of ours looks like, wherever it stands: secret id, host id, time and random, MAC (src/agent/node-key.ts). */
const NODE_KEY = /(?<![\w-])[A-Za-z0-9]{1,8}\.[0-9a-f]{24}\.[\w-]{30}\.[\w-]{43}/g

/**
 * Copies bytes with the values of `"node_key"` and `"enroll_secret"` blanked out wherever they stand, and whatever looks
 * like a node key: what is kept for people to look at must not let them pose as a host. Works on any bytes, JSON or not;
 * sees nothing inside gzip.
 */
export function withoutSecrets(bytes: Uint8Array): Uint8Array {
  const blanked = bytes.slice()
  // A view of the same bytes: its search is native, and whole posts go through it.
  const text = Buffer.from(blanked.buffer, blanked.byteOffset, blanked.byteLength)
  for (const name of SECRET_NAMES) {
    for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + name.length)) {
      blankValue(blanked, at + name.length)
    }
  }
  // Latin-1 keeps places: one character a byte.
  for (const { index, 0: key } of text.toString('latin1').matchAll(NODE_KEY)) {
    blanked.fill(STAR, index, index + key.length)
  }
  return blanked
}

/** Blanks the JSON string that follows a colon, up to its closing quote or the end. */
function blankValue(bytes: Uint8Array, from: number): void {
  let at = skipSpace(bytes, from)
  if (bytes[at] !== COLON) return
  at = skipSpace(bytes, at + 1)
  if (bytes[at] !== QUOTE) return
  let escaped = false
  for (at++; at < bytes.length && (escaped || bytes[at] !== QUOTE); at++) {
    escaped = !escaped && bytes[at] === BACKSLASH
    bytes[at] = STAR
  }
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}
