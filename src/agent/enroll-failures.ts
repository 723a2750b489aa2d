import type { World } from '../env.ts'
import { Budget } from './budget.ts'
import { countEnrollments } from './count-enrollments.ts'

const WINDOW_MS = 10 * 60_000
/** Wrong secrets from one address before it is not listened to any more. */
const FAILURES_PER_ADDRESS = 10
/** Wrong secrets from everywhere, after which one wrong secret shuts out its address. */
const FAILURES_IN_ALL = 500
/** The label of failures that are no longer counted by address, because they come from everywhere. */
const OTHERS = 'others'
/** Addresses remembered; the oldest is forgotten above it. */
const ADDRESSES_MAX = 10_000

/** The brakes on guessing. Each isolate has its own: secrets are long, this keeps the noise down. */
export interface EnrollFailures {
  readonly byAddress: Budget
  readonly inAll: Budget
}

const failuresOf = new WeakMap<World['settings'], EnrollFailures>()

/** This isolate's failures; its configuration lives as long as the isolate. */
export function enrollFailures(world: World): EnrollFailures {
  const known = failuresOf.get(world.settings)
  if (known !== undefined) return known
  const failures = {
    byAddress: new Budget(FAILURES_PER_ADDRESS, WINDOW_MS, ADDRESSES_MAX),
    inAll: new Budget(FAILURES_IN_ALL, WINDOW_MS),
  }
  failuresOf.set(world.settings, failures)
  return failures
}

/** True when the address has used up its failures. Ten, or a single one while everybody is guessing. */
export function isShutOut({ byAddress, inAll }: EnrollFailures, now: number, address: string): boolean {
  const allowed = inAll.spent(now) < FAILURES_IN_ALL ? FAILURES_PER_ADDRESS : 1
  return byAddress.spent(now, address) >= allowed
}

/**
 * Notes a failure here, and the returned promise in D1 as well, at best effort: it never rejects. While everybody is
 * guessing D1 hears of all together, at each doubling.
 */
export async function noteFailure(world: World, failures: EnrollFailures, address: string): Promise<void> {
  const now = world.now()
  failures.byAddress.spend(now, address)
  failures.inAll.spend(now)
  const all = failures.inAll.spent(now)
  if (all <= FAILURES_IN_ALL) return await countEnrollments(world, 'enroll_failed', address, 1)
  // A row for each address would let anyone with many of them write to D1 as much as they like.
  if (isDoubled(all / FAILURES_IN_ALL)) await countEnrollments(world, 'enroll_failed', OTHERS, all / 2)
}

/**
 * Notes a try of an address that is shut out. D1 hears of the 20th, the 40th, the 80th and so on, each time of all since
 * the last: who goes on guessing is counted, and a flood of requests is a handful of writes. Never rejects.
 */
export async function noteShutOut(world: World, failures: EnrollFailures, address: string): Promise<void> {
  const now = world.now()
  failures.byAddress.spend(now, address)
  const tries = failures.byAddress.spent(now, address)
  if (isDoubled(tries / FAILURES_PER_ADDRESS))
    await countEnrollments(world, 'enroll_failed', address, tries / 2)
}

/** Once, twice, four times as much again and so on. */
function isDoubled(ratio: number): boolean {
  return ratio >= 2 && Number.isInteger(Math.log2(ratio))
}

/**
 * Who counts as one: the address Cloudflare saw, no header that a client can set. Of IPv6 the first 64 bits, for the
 * rest is the client's to choose.
 */
export function addressOf(request: Request): string {
  const address = request.headers.get('cf-connecting-ip') ?? 'unknown'
  return address.includes(':') ? `${firstFourGroups(address)}::/64` : address
}

function firstFourGroups(address: string): string {
  const [head = '', tail = ''] = address.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === '' ? [] : tail.split(':')
  const zeros = address.includes('::') ? Math.max(0, 8 - before.length - after.length) : 0
  return [...before, ...Array.from({ length: zeros }, () => '0'), ...after].slice(0, 4).join(':')
}
