/** Longest node key, in bytes of JSON text, that is read; ours have 106. A longer one is cut and so can't be genuine. */
const MAX_VALUE_BYTES = 512
/** Longest member name that is looked at: `node_key` with every letter escaped has 48 bytes. */
const MAX_NAME_BYTES = 64

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b
const CLOSE_BRACE = 0x7d
const CLOSE_BRACKET = 0x5d
const STAR = 0x2a

/** How far a scan has come. `complete`: a whole JSON object went by without the key. `broken`: it can't be one. */
export type ScanState = 'scanning' | 'found' | 'complete' | 'broken'

/** Where the scan stands in the text. */
interface Position {
  depth: number
  inString: boolean
  escaped: boolean
  /** At the top level: what the next string is. */
  role: 'name' | 'value'
  /** The last top-level name is the one looked for. */
  named: boolean
}

/**
 * Looks for top-level string members of a JSON object in a text that comes in pieces, in constant memory, without
 * parsing it: a post may be 64 MiB and nested 70,000 deep. Follows strings, escapes and depth, and doesn't otherwise
 * check the grammar. Two uses: find the first of them and stop, or go on to the end and blank each in place.
 */
export class TopLevelKeyScan {
  state: ScanState = 'scanning'
  /** The value, once `state` is `found`. */
  value = ''
  readonly #names: readonly string[]
  readonly #blanks: boolean
  readonly #at: Position = { depth: 0, inString: false, escaped: false, role: 'name', named: false }
  readonly #captured = new Uint8Array(MAX_VALUE_BYTES)
  /** Bytes captured of the string being read, or -1 while it is of no interest. */
  #length = -1

  /** @param use  `blank` writes over the values in the very bytes that are pushed, and is never `found` */
  constructor(names: readonly string[], use: 'find' | 'blank' = 'find') {
    this.#names = names
    this.#blanks = use === 'blank'
  }

  /** Reads on. Does nothing once the state is decided (`found` or `broken`). */
  push(bytes: Uint8Array): void {
    const at = this.#at
    for (let i = 0; i < bytes.length && (this.state === 'scanning' || this.state === 'complete'); i++) {
      if (at.inString && this.#length < 0) i = this.#skipString(bytes, i)
      else if (at.inString) this.#captureByte(bytes, i)
      else this.#structuralByte(bytes[i] ?? 0)
    }
  }

  /** Goes to the closing quote, or to the last byte; most of a post is read here. */
  #skipString(bytes: Uint8Array, from: number): number {
    const at = this.#at
    let { escaped } = at
    let i = from
    for (; i < bytes.length; i++) {
      const byte = bytes[i]
      if (escaped) escaped = false
      else if (byte === BACKSLASH) escaped = true
      else if (byte === QUOTE) {
        at.inString = false
        break
      }
    }
    at.escaped = escaped
    return i
  }

  #captureByte(bytes: Uint8Array, index: number): void {
    const at = this.#at
    const byte = bytes[index] ?? 0
    if (byte === QUOTE && !at.escaped) {
      at.inString = false
      this.#endOfCapture()
      return
    }
    at.escaped = byte === BACKSLASH && !at.escaped
    if (this.#length < MAX_VALUE_BYTES) this.#captured[this.#length++] = byte
    if (this.#blanks && at.role === 'value') bytes[index] = STAR
  }

  #endOfCapture(): void {
    const at = this.#at
    const length = this.#length
    this.#length = -1
    if (at.role === 'name') {
      at.named = length <= MAX_NAME_BYTES && this.#names.includes(this.#text(length))
    } else if (!this.#blanks) {
      this.value = this.#text(length)
      this.state = 'found'
    }
  }

  #text(length: number): string {
    const raw = new TextDecoder().decode(this.#captured.subarray(0, length))
    return raw.includes('\\') ? unescaped(raw) : raw
  }

  #structuralByte(byte: number): void {
    const at = this.#at
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return
    if (this.state === 'complete' || (at.depth === 0 && byte !== OPEN_BRACE)) {
      this.state = 'broken'
    } else if (byte === QUOTE) {
      at.inString = true
      at.escaped = false
      if (at.depth === 1 && (at.role === 'name' || at.named)) this.#length = 0
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      at.depth++
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (--at.depth === 0) this.state = 'complete'
    } else if (at.depth === 1) {
      if (byte === COLON) at.role = 'value'
      else if (byte === COMMA) {
        at.role = 'name'
        at.named = false
      }
    }
  }
}

function unescaped(raw: string): string {
  try {
    return String(JSON.parse(`"${raw}"`))
  } catch {
    // Not JSON after all: as it stands it equals neither the name nor a genuine key.
    return raw
  }
}
