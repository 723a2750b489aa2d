import type { Sequence } from '../../src/detect/sequence.ts'

/** Pairs of matches that mean more than each of them. */
export const sequences: readonly Sequence[] = []
