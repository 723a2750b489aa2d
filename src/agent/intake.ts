import { MAX_INFLATED_BYTES } from '../ingest/limits.ts'
import { joined } from './body.ts'
import { inflatedStart } from './inflate.ts'
import { type KeySearch, NodeKeyFinder, nodeKeyInGzip } from './node-key-in-body.ts'

const MIB = 1024 * 1024

/**
 * Largest post as gzip, whoever compressed it. A usual one, 250 lines, has some 20 KiB; the largest text, 64 MiB, comes to
 * about 8 MiB. One at this cap that hardly compresses takes 60 to 70 MiB while it is sealed or read (npm run bench).
 */
const MAX_COMPRESSED_BYTES = 16 * MIB
/** What is kept of a post that can't be processed, as text. */
const QUARANTINE_HEAD_BYTES = MIB

/** A post that was read to its end and fits the caps. */
export interface WholePost {
  readonly kind: 'whole'
  readonly gzip: Uint8Array
  readonly key: KeySearch
}

/** A post above a cap: only its beginning is left. */
export interface OverCapPost {
  readonly kind: 'over_cap'
  readonly key: KeySearch
  /** Text, inflated if need be: at most `QUARANTINE_HEAD_BYTES`. */
  readonly head: Uint8Array
}

/** Takes in a body piece by piece. */
export interface Intake {
  /** What it holds by now. */
  readonly heldBytes: number
  /** True once a cap is passed: then pieces are looked at and thrown away. */
  readonly overCap: boolean
  add(piece: Uint8Array): Promise<void>
  /** @param ended  the body was read to its end */
  finish(ended: boolean): Promise<WholePost | OverCapPost>
}

/** A body that the host compressed: kept as it is. */
export class GzipIntake implements Intake {
  heldBytes = 0
  overCap = false
  #pieces: Uint8Array[] = []

  async add(piece: Uint8Array): Promise<void> {
    if (this.overCap) return
    this.#pieces.push(piece)
    this.heldBytes += piece.length
    if (this.heldBytes <= MAX_COMPRESSED_BYTES) return
    this.overCap = true
    this.#pieces = [joined(this.#pieces).slice(0, QUARANTINE_HEAD_BYTES)]
    this.heldBytes = QUARANTINE_HEAD_BYTES
  }

  async finish(): Promise<WholePost | OverCapPost> {
    const gzip = joined(this.#pieces)
    this.#pieces = []
    const key = await nodeKeyInGzip(gzip)
    if (!this.overCap) return { kind: 'whole', gzip, key }
    const text = await inflatedStart(gzip, QUARANTINE_HEAD_BYTES)
    return { kind: 'over_cap', key, head: text.length > 0 ? text : gzip }
  }
}

/** A body that the host did not compress: compressed as it comes, so that its text is never held whole. */
export class TextIntake implements Intake {
  overCap = false
  readonly #finder = new NodeKeyFinder()
  readonly #head: Uint8Array[] = []
  #textBytes = 0
  #gzipBytes = 0
  readonly #compressor = new CompressionStream('gzip')
  readonly #writer = this.#compressor.writable.getWriter()
  readonly #gzip = this.#collect()

  get heldBytes(): number {
    return Math.min(this.#textBytes, QUARANTINE_HEAD_BYTES) + this.#gzipBytes
  }

  async add(piece: Uint8Array): Promise<void> {
    if (this.#textBytes < QUARANTINE_HEAD_BYTES) {
      this.#head.push(piece.subarray(0, QUARANTINE_HEAD_BYTES - this.#textBytes))
    }
    this.#textBytes += piece.length
    if (!this.#finder.decided) this.#finder.push(piece)
    if (this.overCap) return
    if (this.#textBytes > MAX_INFLATED_BYTES || this.#gzipBytes > MAX_COMPRESSED_BYTES) {
      this.overCap = true
      await this.#writer.abort()
    } else {
      await this.#writer.write(piece)
    }
  }

  async finish(ended: boolean): Promise<WholePost | OverCapPost> {
    const key = this.#finder.result(ended)
    if (!this.overCap) {
      await this.#writer.close()
      const pieces = await this.#gzip
      if (this.#gzipBytes <= MAX_COMPRESSED_BYTES) return { kind: 'whole', gzip: joined(pieces), key }
    }
    return { kind: 'over_cap', key, head: joined(this.#head) }
  }

  /** Reads while the text is written: the compressor holds back its writer otherwise. */
  async #collect(): Promise<Uint8Array[]> {
    const pieces: Uint8Array[] = []
    const reader = this.#compressor.readable.getReader()
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return pieces
        pieces.push(value)
        this.#gzipBytes += value.length
      }
    } catch {
      // Given up because of a cap: nobody asks for the pieces any more.
      return []
    }
  }
}
