import type { Flag } from '../detect/event.ts'

/** One bit for each flag that ingest sets, so that sets of them are shared instead of made for each event. */
export const FLAG_BIT = {
  time_disagrees: 1,
  time_received: 2,
  text_repaired: 4,
  duplicate_in_post: 8,
  host_disagrees: 16,
} as const satisfies Partial<Record<Flag, number>>

/** In the order of their bits. */
const FLAGS: readonly Flag[] = [
  'time_disagrees',
  'time_received',
  'text_repaired',
  'duplicate_in_post',
  'host_disagrees',
]

const SETS: readonly (readonly Flag[])[] = Array.from({ length: 2 ** FLAGS.length }, (_, bits) =>
  Object.freeze(FLAGS.filter((_flag, i) => (bits & (1 << i)) !== 0)),
)

const NO_FLAGS: readonly Flag[] = Object.freeze([])

/** The flags of these bits. Frozen and shared. */
export function flagsOf(bits: number): readonly Flag[] {
  return SETS[bits] ?? NO_FLAGS
}
