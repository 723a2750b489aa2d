import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { Budget } from './budget.ts'
import { countEnrollments } from './count-enrollments.ts'

const WINDOW_MS = 10 * 60_000
/**
 * Enrollments of one host within the window before it has to wait. A host enrolls once and keeps its key; what enrolls
 * over and over is in a loop, or is many clones that call themselves one host.
 */
const ENROLLMENTS_PER_HOST = 10
/** Hosts remembered; the oldest is forgotten above it. */
const HOSTS_MAX = 10_000

const budgets = new WeakMap<World['settings'], Budget>()

/** This isolate's budget; its configuration lives as long as the isolate. */
function budgetOf(world: World): Budget {
  const known = budgets.get(world.settings)
  if (known !== undefined) return known
  const budget = new Budget(ENROLLMENTS_PER_HOST, WINDOW_MS, HOSTS_MAX)
  budgets.set(world.settings, budget)
  return budget
}

/** True when the host enrolled so often of late that it has to wait. */
export function hasEnrolledTooOften(world: World, hostId: HostId): boolean {
  return budgetOf(world).spent(world.now(), hostId) >= ENROLLMENTS_PER_HOST
}

/** Notes that a host was let in. Not that it tried: while D1 fails hosts try again and again. */
export function noteEnrollment(world: World, hostId: HostId): void {
  budgetOf(world).spend(world.now(), hostId)
}

/**
 * Notes that a host was told to wait. The 1st, 2nd, 4th, 8th time and so on are logged and counted, each of all since the
 * last: a loop costs a handful of writes. Never rejects.
 */
export async function noteThrottled(world: World, hostId: HostId, label: string): Promise<void> {
  const budget = budgetOf(world)
  budget.spend(world.now(), hostId)
  const times = budget.spent(world.now(), hostId) - ENROLLMENTS_PER_HOST
  if (!Number.isInteger(Math.log2(times))) return
  world.log('enroll_throttled', { host: hostId, label, times })
  await countEnrollments(world, 'enroll_throttled', hostId, Math.ceil(times / 2))
}
