import type { HostId, RowId } from '../detect/event.ts'
import { rowIdTime } from '../store/row-id-range.ts'

/**
 * The id of an event: `<time>-<host>-<content>`, the same whenever and by whatever way the same line arrives, so that a
 * line that comes twice is one event. Sortable by time; see `src/store/row-id-range.ts` for ranges.
 *
 * The content is 64 bits of a hash, not of a cryptographic one: ids are compared only within one host and second, where
 * a host could deceive nobody but itself, and it must cost little for each line. Every value is hashed with its name
 * and the results are added, so the order of keys does not matter and nothing needs sorting.
 */

/** Sum of the hashes of all parts of one event, as two times 32 bits. */
export type Lanes = Int32Array

export function newLanes(): Lanes {
  return new Int32Array(2)
}

/** Odd multipliers with well-spread bits, one pair for each lane (from xxHash32 and MurmurHash3). */
const A1 = 0x9e3779b1 | 0
const A2 = 0x85ebca77 | 0
const B1 = 0xc2b2ae3d | 0
const B2 = 0x27d4eb2f | 0

/**
 * Adds one named value to the sum.
 *
 * @param seedA,seedB  what `seedsOf` gives for the name
 */
export function addText(lanes: Lanes, text: string, seedA: number, seedB: number): void {
  const length = text.length
  let a = seedA ^ Math.imul(length, A2)
  let b = seedB ^ Math.imul(length, B2)
  let wide = 0
  let i = 0
  // Four characters a step: four bytes of nearly all text are one word.
  for (const last = length - 3; i < last; i += 4) {
    const c0 = text.charCodeAt(i)
    const c1 = text.charCodeAt(i + 1)
    const c2 = text.charCodeAt(i + 2)
    const c3 = text.charCodeAt(i + 3)
    wide |= c0 | c1 | c2 | c3
    const word = c0 | (c1 << 8) | (c2 << 16) | (c3 << 24)
    a = Math.imul(a ^ word, A1)
    a ^= a >>> 15
    b = Math.imul(b ^ word, B1)
    b ^= b >>> 13
  }
  for (; i < length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, A1)
    a ^= a >>> 15
    b = Math.imul(b ^ code, B1)
    b ^= b >>> 13
  }
  if (wide > 0xff) {
    addWideText(lanes, text, seedA, seedB)
    return
  }
  lanes[0] = ((lanes[0] ?? 0) + finish(a, A2)) | 0
  lanes[1] = ((lanes[1] ?? 0) + finish(b, B2)) | 0
}

/** Characters beyond Latin-1 overlap in a word of four: they are hashed one by one. */
function addWideText(lanes: Lanes, text: string, seedA: number, seedB: number): void {
  let a = ~seedA ^ Math.imul(text.length, A2)
  let b = ~seedB ^ Math.imul(text.length, B2)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, A1)
    a ^= a >>> 15
    b = Math.imul(b ^ code, B1)
    b ^= b >>> 13
  }
  lanes[0] = ((lanes[0] ?? 0) + finish(a, A2)) | 0
  lanes[1] = ((lanes[1] ?? 0) + finish(b, B2)) | 0
}

/** Spreads every bit over the whole word, so that sums of many do not cancel out. */
function finish(hash: number, multiplier: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, multiplier)
  h ^= h >>> 13
  h = Math.imul(h, A1)
  return h ^ (h >>> 16)
}

/** The two seeds by which values of this name are hashed. */
export function seedsOf(name: string): readonly [a: number, b: number] {
  const lanes = newLanes()
  addText(lanes, name, 0x2545f491, 0x6c8e9cf5)
  return [lanes[0] ?? 0, lanes[1] ?? 0]
}

/** Three hexadecimal digits of every number below 4,096: three look-ups and two joins write 32 bits. */
const HEX3 = Array.from({ length: 4096 }, (_, i) => i.toString(16).padStart(3, '0'))
const HEX2 = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

/** 32 bits as eight hexadecimal digits. */
function hex8(word: number): string {
  return (HEX3[word >>> 20] ?? '') + (HEX3[(word >>> 8) & 0xfff] ?? '') + (HEX2[word & 0xff] ?? '')
}

const HOST_SEEDS = seedsOf('p_host_id')

/** The beginning of the ids of this host's events of this millisecond. */
export function rowIdPrefix(time: number, hostPart: string): string {
  return `${rowIdTime(time)}-${hostPart}-`
}

/** The host's part of its events' ids: eight digits. */
export function hostPartOf(hostId: HostId): string {
  const lanes = newLanes()
  addText(lanes, hostId, HOST_SEEDS[0], HOST_SEEDS[1])
  return hex8((lanes[0] ?? 0) ^ (lanes[1] ?? 0))
}

/**
 * @param prefix  by `rowIdPrefix`
 * @param earlier  identical lines that stood before in the same post: the second one ends in `.1`
 */
export function rowId(prefix: string, a: number, b: number, earlier: number): RowId {
  const id = prefix + (hex8(a) + hex8(b))
  return (earlier === 0 ? id : `${id}.${earlier}`) as RowId // the one place where row ids are made
}
