import { MAX_COUNTED_LINES } from './limits.ts'
import type { Lanes } from './row-id.ts'

/** Slots at first; an ordinary post of 250 lines fits without growing. */
const FIRST_SLOTS = 512
/**
 * Slots looked at before a line goes uncounted. Far more than chance brings at half load; hashes that were made to
 * collide must not turn counting into quadratic work.
 */
const MAX_PROBES = 256
/** Numbers in a slot: two lanes of the hash, and how often it was seen. */
const SLOT = 3

/**
 * Counts identical lines of one post by their hash: a plain open table of numbers, since a Map keyed by text would cost
 * more for each line than the whole row id.
 */
export class LineCounter {
  #slots = FIRST_SLOTS
  #table = new Int32Array(FIRST_SLOTS * SLOT)
  #used = 0

  /**
   * @returns how often this hash was added before; 0 once `MAX_COUNTED_LINES` different ones are known, so that repeats
   *   share a row id as a resent line does
   */
  add(hash: Lanes): number {
    const a = hash[0] ?? 0
    const b = hash[1] ?? 0
    const table = this.#table
    const mask = this.#slots - 1
    let slot = (a ^ b) & mask
    let seen = table[slot * SLOT + 2] ?? 0
    for (let probes = 0; seen !== 0; probes++) {
      const at = slot * SLOT
      if (table[at] === a && table[at + 1] === b) {
        table[at + 2] = seen + 1
        return seen
      }
      if (probes === MAX_PROBES) return 0
      slot = (slot + 1) & mask
      seen = table[slot * SLOT + 2] ?? 0
    }
    if (this.#used >= MAX_COUNTED_LINES) return 0
    const at = slot * SLOT
    table[at] = a
    table[at + 1] = b
    table[at + 2] = 1
    this.#used++
    if (this.#used * 2 > this.#slots) this.#grow()
    return 0
  }

  #grow(): void {
    const old = this.#table
    this.#slots *= 2
    this.#table = new Int32Array(this.#slots * SLOT)
    const mask = this.#slots - 1
    for (let from = 0; from < old.length; from += SLOT) {
      const seen = old[from + 2] ?? 0
      if (seen === 0) continue
      let slot = ((old[from] ?? 0) ^ (old[from + 1] ?? 0)) & mask
      while ((this.#table[slot * SLOT + 2] ?? 0) !== 0) slot = (slot + 1) & mask
      this.#table.set(old.subarray(from, from + SLOT), slot * SLOT)
    }
  }
}
