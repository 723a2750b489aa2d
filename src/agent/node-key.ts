import { Buffer } from 'node:buffer'
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
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

/** Proven keys remembered by an isolate, about 3 MB. Cleared at the cap. */
const MAX_PROVEN_KEYS = 16_384

const signingKeys = new WeakMap<NodeKeySecret, KeyObject>()

/**
 * Makes a node key for a host, signed with the first live secret.
 * @throws Error when no secret is configured: the caller answers that as a fault of ours
 */
export function mintNodeKey(world: Pick<World, 'now' | 'randomBytes' | 'settings'>, hostId: HostId): string {
  const [secret] = world.settings.nodeKeySecrets
  if (secret === undefined) throw new Error('no node key secret is configured')
  const third = Buffer.alloc(ISSUED_BYTES + RANDOM_BYTES)
  third.writeUIntBE(world.now(), 0, ISSUED_BYTES)
  third.set(world.randomBytes(RANDOM_BYTES), ISSUED_BYTES)
  const signed = `${secret.id}.${hostId}.${third.toString('base64url')}`
  return `${signed}.${macOf(secret, signed).toString('base64url')}`
}

/** A MAC costs as much as all the rest of accepting a post, and a host shows the same key every few seconds. */
const provenKeys = new WeakMap<Settings['nodeKeySecrets'], Map<string, VerifiedKey>>()

/**
 * Checks a presented key against all live secrets, in constant time and without I/O. Whatever is presented: never
 * throws. Says nothing about revocation.
 */
export function verifyNodeKey(settings: Pick<Settings, 'nodeKeySecrets'>, presented: string): VerifiedKey {
  let proven = provenKeys.get(settings.nodeKeySecrets)
  if (proven === undefined) {
    proven = new Map()
    provenKeys.set(settings.nodeKeySecrets, proven)
  }
  const known = proven.get(presented)
  if (known !== undefined) return known
  const verified = proveNodeKey(settings, presented)
  if (!verified.ok) return verified
  if (proven.size >= MAX_PROVEN_KEYS) proven.clear()
  proven.set(presented, verified)
  return verified
}

/** Synchronous, by node:crypto: each promise of WebCrypto costs another turn of the event loop, dearer than the MAC. */
function proveNodeKey(settings: Pick<Settings, 'nodeKeySecrets'>, presented: string): VerifiedKey {
  const parts = presented.length > MAX_KEY_CHARACTERS ? null : NODE_KEY.exec(presented)
  if (parts === null) return { ok: false }
  const [, secretId = '', hostId = '', third = '', mac = ''] = parts
  const secret = settings.nodeKeySecrets.find(({ id }) => id === secretId)
  if (secret === undefined) return { ok: false }
  const genuine = macOf(secret, `${secretId}.${hostId}.${third}`)
  if (!timingSafeEqual(genuine, Buffer.from(mac, 'base64url'))) return { ok: false }
  const issuedAt = Buffer.from(third, 'base64url').readUIntBE(0, ISSUED_BYTES)
  // The MAC proves that this text is a host id that Margay gave out.
  return { ok: true, hostId: hostId as HostId, issuedAt }
}

function macOf(secret: NodeKeySecret, signed: string): Buffer {
  return createHmac('sha256', signingKeyOf(secret)).update(PURPOSE).update(signed).digest()
}

function signingKeyOf(secret: NodeKeySecret): KeyObject {
  const known = signingKeys.get(secret)
  if (known !== undefined) return known
  const key = createSecretKey(secret.secret, 'utf8')
  signingKeys.set(secret, key)
  return key
}
