import type { World } from '../env.ts'
import { addToCounters, type CounterName, minuteOf } from '../store/counters.ts'
import { faultText, within } from '../store/within.ts'
import { AFTER_LIMIT_MS } from './after.ts'

/** Adds to a counter of enrollments, at best effort: never rejects. */
export async function countEnrollments(
  world: World,
  name: Extract<CounterName, 'enroll_failed' | 'enroll_throttled' | 'enroll_moved'>,
  label: string,
  value: number,
): Promise<void> {
  const addition = { minute: minuteOf(world.now()), name, label, value }
  const outcome = await within(world, AFTER_LIMIT_MS, () => addToCounters(world.db, [addition]).run())
  if (outcome.kind !== 'done') {
    world.log('enrollment_not_counted', { counter: name, label, fault: faultText(outcome) })
  }
}
