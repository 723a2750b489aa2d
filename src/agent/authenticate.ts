import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { revokedAt } from '../store/revocations.ts'
import { verifyNodeKey } from './node-key.ts'
import type { KeySearch } from './node-key-in-body.ts'
import { keyInvalid, refused, tryLater } from './reply.ts'

/** Whose request it is, or why nobody's. */
export type Authentication =
  | { readonly kind: 'host'; readonly hostId: HostId; readonly issuedAt: number }
  /** Proven bad: the host must enroll anew. */
  | { readonly kind: 'key_invalid' }
  /** There is no key, and what came is no JSON object in which one could be missing. */
  | { readonly kind: 'unattributable' }
  /** Nobody's key can be checked: a fault of ours. */
  | { readonly kind: 'not_configured' }

/**
 * Authenticates a request by the node key in its `Authorization: NodeKey …` header (osquery since 5.23) or its body; if
 * both are there they must be equal. An empty key in the body is what osqueryd sends after a failed enrollment: no key.
 */
export async function authenticate(world: World, request: Request, body: KeySearch): Promise<Authentication> {
  if (world.settings.nodeKeySecrets.length === 0) return { kind: 'not_configured' }
  const inHeader = nodeKeyInHeader(request.headers)
  const inBody = body.kind === 'found' && body.key !== '' ? body.key : null
  const presented = inHeader ?? inBody
  if (presented === null) {
    return { kind: body.kind === 'unreadable' ? 'unattributable' : 'key_invalid' }
  }
  if (inBody !== null && inBody !== presented) return { kind: 'key_invalid' }
  const key = verifyNodeKey(world.settings, presented)
  if (!key.ok) return { kind: 'key_invalid' }
  const revoked = await revokedAt(world, key.hostId)
  if (revoked !== null && key.issuedAt <= revoked) return { kind: 'key_invalid' }
  return { kind: 'host', hostId: key.hostId, issuedAt: key.issuedAt }
}

/** The reply to a request that is nobody's, on routes that keep nothing of it. */
export function unauthenticated(result: Exclude<Authentication, { kind: 'host' }>): Response {
  if (result.kind === 'key_invalid') return keyInvalid()
  return result.kind === 'not_configured' ? tryLater('not_configured') : refused('body_unreadable')
}

function nodeKeyInHeader(headers: Headers): string | null {
  const [, key = ''] = /^NodeKey\s+(\S+)\s*$/i.exec(headers.get('authorization') ?? '') ?? []
  return key === '' ? null : key
}
