import type { HostId, RowId } from '../detect/event.ts'
import { rowIdTime } from '../store/row-id-range.ts'

/**
 * The id of an event: `<time>-<host>-<content>`, the same whenever and by whatever way the same line arrives, so that a
 * line that comes twice is one event. Sortable by time; see `src/store/row-id-range.ts` for ranges.
 *
 * The content is 64 bits of a hash, not of a cryptographic one: ids are compared only within one host and second, where
 * a host could deceive nobody but itself, and it must cost little for each line. Values go in by the order of their
 * names, so that the order of keys in the line does not matter.
 */

/** State of a hash: two lanes of 32 bits. A typed array, since V8 keeps larger integers nowhere else without a box. */
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
 * Mixes one named value into the hash.
 *
 * @param seedA,seedB  what `seedsOf` gives for the name
 */
export function mixText(lanes: Lanes, text: string, seedA: number, seedB: number): void {
  const length = text.length
  const startA = Math.imul((lanes[0] ?? 0) ^ seedA ^ length, A1)
  const startB = Math.imul((lanes[1] ?? 0) ^ seedB ^ length, B1)
  let a = startA
  let b = startB
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
    mixWideText(lanes, text, startA, startB)
    return
  }
  lanes[0] = a
  lanes[1] = b
}

/** Characters beyond Latin-1 overlap in a word of four: they are mixed in one by one. */
function mixWideText(lanes: Lanes, text: string, startA: number, startB: number): void {
  let a = ~startA
  let b = ~startB
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, A1)
    a ^= a >>> 15
    b = Math.imul(b ^ code, B1)
    b ^= b >>> 13
  }
  lanes[0] = a
  lanes[1] = b
}

/** Spreads every bit over its lane: the last step. */
export function finish(lanes: Lanes): void {
  lanes[0] = spread(lanes[0] ?? 0, A2)
  lanes[1] = spread(lanes[1] ?? 0, B2)
}

function spread(lane: number, multiplier: number): number {
  let h = lane ^ (lane >>> 16)
  h = Math.imul(h, multiplier)
  h ^= h >>> 13
  h = Math.imul(h, A1)
  return h ^ (h >>> 16)
}

/** The two seeds by which values of this name are mixed in. */
export function seedsOf(name: string): readonly [a: number, b: number] {
  const lanes = newLanes()
  mixText(lanes, name, 0x2545f491, 0x6c8e9cf5)
  finish(lanes)
  return [lanes[0] ?? 0, lanes[1] ?? 0]
}

/** The first of the sixteen letters, a to p, that stand for four bits each. */
const LETTER_A = 0x61

/**
 * 64 bits as sixteen letters. In one call and by nothing but arithmetic: tables of ready-made pieces cost more, in joins
 * and in cache misses. Letters and not hexadecimal digits, since they stand in a row.
 */
function letters(lanes: Lanes): string {
  const a = lanes[0] ?? 0
  const b = lanes[1] ?? 0
  return String.fromCharCode(
    LETTER_A + (a >>> 28),
    LETTER_A + ((a >>> 24) & 15),
    LETTER_A + ((a >>> 20) & 15),
    LETTER_A + ((a >>> 16) & 15),
    LETTER_A + ((a >>> 12) & 15),
    LETTER_A + ((a >>> 8) & 15),
    LETTER_A + ((a >>> 4) & 15),
    LETTER_A + (a & 15),
    LETTER_A + (b >>> 28),
    LETTER_A + ((b >>> 24) & 15),
    LETTER_A + ((b >>> 20) & 15),
    LETTER_A + ((b >>> 16) & 15),
    LETTER_A + ((b >>> 12) & 15),
    LETTER_A + ((b >>> 8) & 15),
    LETTER_A + ((b >>> 4) & 15),
    LETTER_A + (b & 15),
  )
}

const HOST_SEEDS = seedsOf('p_host_id')

/** The beginning of the ids of this host's events of this millisecond. */
export function rowIdPrefix(time: number, hostPart: string): string {
  return `${rowIdTime(time)}-${hostPart}-`
}

/** The host's part of its events' ids: eight letters. */
export function hostPartOf(hostId: HostId): string {
  const lanes = newLanes()
  mixText(lanes, hostId, HOST_SEEDS[0], HOST_SEEDS[1])
  finish(lanes)
  return letters(lanes).slice(0, 8)
}

/**
 * @param prefix  by `rowIdPrefix`
 * @param content  the finished hash
 * @param earlier  identical lines that stood before in the same post: the second one ends in `.1`
 */
export function rowId(prefix: string, content: Lanes, earlier: number): RowId {
  const id = prefix + letters(content)
  return (earlier === 0 ? id : `${id}.${earlier}`) as RowId // the one place where row ids are made
}
