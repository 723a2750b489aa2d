import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { putQuarantineUnindexed, type QuarantineItem } from '../store/quarantine.ts'
import { faultText, within } from '../store/within.ts'
import { Budget } from './budget.ts'
import { inflatedStart } from './inflate.ts'
import type { OverCapPost, WholePost } from './intake.ts'
import { stored, tryLater } from './reply.ts'

/** R2 writes take some 100 ms; beyond this the host had better send again. */
const KEEP_LIMIT_MS = 5_000

/** Of a post that nobody vouches for, this much is kept: enough to see what it is. */
const UNATTRIBUTED_HEAD_BYTES = 64 * 1024
/** A minute's posts that are kept without knowing whose they are, for each isolate: strangers must not fill the bucket. */
const UNATTRIBUTED_PER_MINUTE = 20
const MINUTE_MS = 60_000

/** What this isolate has kept for nobody; its configuration lives as long as the isolate. */
const unattributedBudgets = new WeakMap<World['settings'], Budget>()

type Sized<Post> = Post & { readonly byteCount: number }

/** Keeps the beginning of a host's post above the caps and lets the host go on: it would send the same for ever. */
export async function keepOverCap(world: World, hostId: HostId, post: Sized<OverCapPost>): Promise<Response> {
  return await keep(world, {
    hostId,
    reason: 'over_cap',
    detail: `the post had ${post.byteCount} bytes or more; only its beginning is kept`,
    position: null,
    bytes: post.head,
    byteCount: post.byteCount,
    at: world.now(),
  })
}

/** Keeps a little of a post that is no JSON object and has no node key, within a budget. */
export async function keepUnattributed(
  world: World,
  post: Sized<OverCapPost | WholePost>,
): Promise<Response> {
  if (!unattributedBudget(world).spend(world.now())) return tryLater('too_many_unreadable_posts', 429)
  return await keep(world, {
    hostId: null,
    reason: post.kind === 'over_cap' ? 'over_cap' : 'not_json',
    detail: 'no node key in header or body',
    position: null,
    bytes: await unattributedHead(post),
    byteCount: post.byteCount,
    at: world.now(),
  })
}

async function unattributedHead(post: OverCapPost | WholePost): Promise<Uint8Array> {
  if (post.kind === 'over_cap') return post.head.slice(0, UNATTRIBUTED_HEAD_BYTES)
  const text = await inflatedStart(post.gzip, UNATTRIBUTED_HEAD_BYTES)
  return text.length > 0 ? text : post.gzip.slice(0, UNATTRIBUTED_HEAD_BYTES)
}

async function keep(world: World, item: QuarantineItem): Promise<Response> {
  const outcome = await within(world, KEEP_LIMIT_MS, () => putQuarantineUnindexed(world, item))
  const fields = { host: item.hostId, reason: item.reason, bytes: item.byteCount ?? item.bytes.length }
  if (outcome.kind === 'done') {
    world.log('post_quarantined', fields)
    return stored()
  }
  world.log('quarantine_failed', { ...fields, fault: faultText(outcome) })
  return tryLater('storage_unavailable')
}

function unattributedBudget(world: World): Budget {
  const known = unattributedBudgets.get(world.settings)
  if (known !== undefined) return known
  const budget = new Budget(UNATTRIBUTED_PER_MINUTE, MINUTE_MS)
  unattributedBudgets.set(world.settings, budget)
  return budget
}
