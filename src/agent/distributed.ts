import type { World } from '../env.ts'
import type { After } from './after.ts'
import { authenticate, unauthenticated } from './authenticate.ts'
import { noteContact } from './contact.ts'
import { nodeKeyIn } from './node-key-in-body.ts'
import { refused, stored, tryLater } from './reply.ts'
import { readSmallBody } from './small-body.ts'

/** A read is `{"node_key":"…"}`; a write holds the rows of all pending queries. */
const MAX_DISTRIBUTED_BYTES = 8 * 1024 * 1024

/**
 * Both distributed routes. Nothing is asked over them yet, so a read is answered with no queries (`{}` is as good as
 * `{"queries":{}}`), and a write, which then belongs to another server's questions, is taken and dropped. Either is a
 * sign of life.
 */
export async function distributed(world: World, request: Request, after: After): Promise<Response> {
  const body = await readSmallBody(world, request, MAX_DISTRIBUTED_BYTES)
  if (!body.ok) return body.reason === 'read_timeout' ? tryLater(body.reason) : refused(body.reason)
  const sender = await authenticate(world, request, nodeKeyIn(body.text))
  if (sender.kind !== 'host') return unauthenticated(sender)
  noteContact(world, after, sender.hostId, 'distributed')
  return stored()
}
