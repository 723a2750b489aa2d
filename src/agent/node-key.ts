import type { HostId } from '../detect/event.ts'
import type { NodeKeySecret, Settings, World } from '../env.ts'

/**
 * Node keys: `<secret id>.<host id>.<issued + random>.<HMAC-SHA256>`.
 *
 * A key proves itself, so junk and forgeries are refused without a look-up and a database outage can't make a fleet
 * enroll anew. The third part is base64url of 6 bytes (ms since the epoch, big-endian) and 16 random ones.
 */

const RANDOM_BYTES = 16
const ISSUED_BYTES = 6
/** Separates these MACs from anything else that may ever be signed with the same secret. */
const PURPOSE = 'margay/node-key/1\n'
const MAX_KEY_CHARACTERS = 160
/** The last character of 32 bytes in base64url carries four bits, so only these sixteen are ever written. */
const NODE_KEY =
  /^([A-Za-z0-9]{1,8})\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{30})\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/

/** What a presented key proves: who it was given to, and when. */
export type VerifiedKey =
  | { readonly ok: true; readonly hostId: HostId; readonly issuedAt: number }
  | { readonly ok: false }

const encoder = new TextEncoder()
/** Resolved keys only: a promise made in one request must not be awaited in another. */
const cryptoKeys = new WeakMap<NodeKeySecret, CryptoKey>()

/**
 * Makes a node key for a host, signed with the first live secret.
 * @throws Error when no secret is configured: the caller answers that as a fault of ours
 */
export async function mintNodeKey(
  world: Pick<World, 'now' | 'randomBytes' | 'settings'>,
  hostId: HostId,
): Promise<string> {
  const [secret] = world.settings.nodeKeySecrets
  if (secret === undefined) throw new Error('no node key secret is configured')
  const third = new Uint8Array(ISSUED_BYTES + RANDOM_BYTES)
  new DataView(third.buffer).setUint32(0, Math.floor(world.now() / 0x10000))
  new DataView(third.buffer).setUint16(4, world.now() % 0x10000)
  third.set(world.randomBytes(RANDOM_BYTES), ISSUED_BYTES)
  const signed = `${secret.id}.${hostId}.${toBase64Url(third)}`
  const mac = await crypto.subtle.sign('HMAC', await cryptoKeyOf(secret), encoder.encode(PURPOSE + signed))
  return `${signed}.${toBase64Url(new Uint8Array(mac))}`
}

/**
 * Checks a presented key against all live secrets, in constant time and without I/O. Whatever is presented: never
 * throws. Says nothing about revocation.
 */
export async function verifyNodeKey(
  settings: Pick<Settings, 'nodeKeySecrets'>,
  presented: string,
): Promise<VerifiedKey> {
  const parts = presented.length > MAX_KEY_CHARACTERS ? null : NODE_KEY.exec(presented)
  if (parts === null) return { ok: false }
  const [, secretId = '', hostId = '', third = '', mac = ''] = parts
  const secret = settings.nodeKeySecrets.find(({ id }) => id === secretId)
  if (secret === undefined) return { ok: false }
  const signed = encoder.encode(`${PURPOSE}${secretId}.${hostId}.${third}`)
  const genuine = await crypto.subtle.verify('HMAC', await cryptoKeyOf(secret), fromBase64Url(mac), signed)
  if (!genuine) return { ok: false }
  const issued = new DataView(fromBase64Url(third).buffer)
  // The MAC proves that this text is a host id that Margay gave out.
  return { ok: true, hostId: hostId as HostId, issuedAt: issued.getUint32(0) * 0x10000 + issued.getUint16(4) }
}

async function cryptoKeyOf(secret: NodeKeySecret): Promise<CryptoKey> {
  const known = cryptoKeys.get(secret)
  if (known !== undefined) return known
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret.secret), algorithm, false, [
    'sign',
    'verify',
  ])
  cryptoKeys.set(secret, key)
  return key
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), character =>
    character.charCodeAt(0),
  )
}
