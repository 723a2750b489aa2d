import { MAX_DAMAGE_BYTES, MAX_RECORD_BYTES, MAX_RECORD_VALUES, MAX_REJECTION_BYTES } from './limits.ts'

/**
 * Finds the records of a post in its bytes without parsing them, so that a post of any size needs the memory of one
 * record, and a broken record costs nobody else. Knows strings, escapes and depth; leaves the rest of JSON's grammar to
 * whoever parses what it finds. A loop, not a recursion: depth costs nothing.
 */

/** A stretch of the body that the scanner cut out. */
export interface Cut {
  /**
   * - `element`: one entry of the `data` array
   * - `data`: the whole value of `data` when it is not an array
   * - `too_large`: an entry over the caps, only its first bytes
   * - `damaged`: where no entry is to be expected, or the body ends within one
   */
  readonly kind: 'element' | 'data' | 'too_large' | 'damaged'
  readonly bytes: Uint8Array
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** No member name longer than this is looked at; `data` is what is looked for. */
const MAX_KEY_BYTES = 64

type State = 'start' | 'member' | 'key' | 'colon' | 'value' | 'list' | 'done' | 'damaged'
type Holding = 'none' | 'key' | 'element' | 'data' | 'skipped' | 'damaged'

/** Feed it with `push`, then `end`; take what it found after each with `take`. */
export class RecordScanner {
  /** Whether a `data` member was met. A bare array counts as one. */
  sawData = false
  /** Whether the body was whole: known after `end`. */
  complete = false

  #state: State = 'start'
  #bare = false
  #isData = false
  #holding: Holding = 'none'
  #held: Uint8Array[] = []
  #heldBytes = 0
  #overflowed = false
  #depth = 0
  #inString = false
  #escaped = false
  #values = 0
  #cuts: Cut[] = []

  /** What was found since the last call. */
  take(): Cut[] {
    const cuts = this.#cuts
    this.#cuts = []
    return cuts
  }

  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) at = this.#step(bytes, at)
  }

  /** The body is over: whatever is still held is damage. */
  end(): void {
    this.complete = this.#state === 'done' && this.#holding === 'none'
    if (this.#holding === 'element' || this.#holding === 'data' || this.#holding === 'damaged') {
      this.#finish(this.#overflowed && this.#holding !== 'damaged' ? 'too_large' : 'damaged')
    }
  }

  #step(bytes: Uint8Array, at: number): number {
    if (this.#holding !== 'none') return this.#continue(bytes, at)
    const byte = bytes[at] ?? 0
    if (isSpace(byte)) return at + 1
    switch (this.#state) {
      case 'start':
        return this.#begin(byte, at)
      case 'member':
        if (byte === COMMA) return at + 1
        if (byte === CLOSE_OBJECT) return this.#turn('done', at + 1)
        if (byte !== QUOTE) return this.#damage(at)
        this.#hold('key')
        this.#inString = true
        return this.#continue(bytes, at, at + 1)
      case 'colon':
        return byte === COLON ? this.#turn('value', at + 1) : this.#damage(at)
      case 'value':
        return this.#beginValue(bytes, byte, at)
      case 'list':
        if (byte === COMMA) return at + 1
        if (byte === CLOSE_ARRAY) return this.#turn(this.#bare ? 'done' : 'member', at + 1)
        if (byte === CLOSE_OBJECT) return this.#damage(at)
        this.#hold('element')
        return this.#continue(bytes, at)
      default:
        return this.#damage(at)
    }
  }

  #begin(byte: number, at: number): number {
    // A byte order mark; harmless.
    if (byte === 0xef || byte === 0xbb || byte === 0xbf) return at + 1
    if (byte === OPEN_OBJECT) return this.#turn('member', at + 1)
    if (byte !== OPEN_ARRAY) return this.#damage(at)
    this.#bare = true
    this.sawData = true
    return this.#turn('list', at + 1)
  }

  #beginValue(bytes: Uint8Array, byte: number, at: number): number {
    if (!this.#isData) {
      this.#hold('skipped')
      return this.#continue(bytes, at)
    }
    this.sawData = true
    if (byte === OPEN_ARRAY) return this.#turn('list', at + 1)
    this.#hold('data')
    return this.#continue(bytes, at)
  }

  #turn(state: State, at: number): number {
    this.#state = state
    return at
  }

  /** From here on nothing is where it should be: everything is held for salvage. */
  #damage(at: number): number {
    this.#state = 'damaged'
    this.#hold('damaged')
    return at
  }

  #hold(holding: Holding): void {
    this.#holding = holding
    this.#held = []
    this.#heldBytes = 0
    this.#overflowed = false
    this.#depth = 0
    this.#inString = false
    this.#escaped = false
    this.#values = 1
  }

  #continue(bytes: Uint8Array, from: number, at = from): number {
    if (this.#holding === 'damaged') return this.#holdDamage(bytes, from)
    if (this.#holding === 'key') return this.#continueKey(bytes, from, at)
    const end = this.#endOfValue(bytes, at)
    if (this.#holding !== 'skipped') this.#keep(bytes.subarray(from, end))
    if (end < bytes.length) this.#endValue()
    return end
  }

  /** Up to the comma or bracket that ends the value, which is left for the next step; or to the end of `bytes`. */
  #endOfValue(bytes: Uint8Array, from: number): number {
    let depth = this.#depth
    let inString = this.#inString
    let escaped = this.#escaped
    let values = this.#values
    let at = from
    for (; at < bytes.length; at++) {
      const byte = bytes[at]
      if (inString) {
        if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) inString = false
      } else if (byte === QUOTE) inString = true
      else if (byte === COMMA) {
        if (depth === 0) break
        values++
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        depth++
        values++
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        if (depth === 0) break
        depth--
      }
    }
    this.#depth = depth
    this.#inString = inString
    this.#escaped = escaped
    this.#values = values
    return at
  }

  #endValue(): void {
    const holding = this.#holding
    if (holding === 'skipped') this.#holding = 'none'
    else if (this.#overflowed || this.#values > MAX_RECORD_VALUES) this.#finish('too_large')
    else this.#finish(holding === 'data' ? 'data' : 'element')
    if (holding !== 'element') this.#state = 'member'
  }

  #continueKey(bytes: Uint8Array, from: number, first: number): number {
    let at = first
    for (; at < bytes.length && this.#inString; at++) {
      const byte = bytes[at]
      if (this.#escaped) this.#escaped = false
      else if (byte === BACKSLASH) this.#escaped = true
      else if (byte === QUOTE) this.#inString = false
    }
    this.#keep(bytes.subarray(from, at))
    if (!this.#inString) {
      this.#isData = !this.#overflowed && keyText(this.#joined()) === 'data'
      this.#holding = 'none'
      this.#state = 'colon'
    }
    return at
  }

  #holdDamage(bytes: Uint8Array, from: number): number {
    const end = Math.min(bytes.length, from + MAX_DAMAGE_BYTES - this.#heldBytes)
    this.#keep(bytes.subarray(from, end))
    if (this.#heldBytes >= MAX_DAMAGE_BYTES) {
      this.#finish('damaged')
      this.#hold('damaged')
    }
    return end
  }

  #keep(part: Uint8Array): void {
    if (this.#overflowed || part.length === 0) return
    const cap = this.#holding === 'key' ? MAX_KEY_BYTES : MAX_RECORD_BYTES
    this.#held.push(part)
    this.#heldBytes += part.length
    if (this.#heldBytes <= cap) return
    this.#overflowed = true
    const head = this.#joined().slice(0, MAX_REJECTION_BYTES)
    this.#held = [head]
    this.#heldBytes = head.length
  }

  #finish(kind: Cut['kind']): void {
    if (this.#heldBytes > 0) this.#cuts.push({ kind, bytes: this.#joined() })
    this.#holding = 'none'
    this.#held = []
    this.#heldBytes = 0
  }

  #joined(): Uint8Array {
    const [first] = this.#held
    if (first !== undefined && this.#held.length === 1) return first
    const whole = new Uint8Array(this.#heldBytes)
    let at = 0
    for (const part of this.#held) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }
}

/** JSON's white space (RFC 8259, 2). */
function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function keyText(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    // A name that is no JSON string is not `data`; parsing on shows whether the rest can be used.
    return null
  }
}
