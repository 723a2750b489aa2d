import { TopLevelKeyScan } from '../ingest/top-level-key.ts'
import { inflatedSlice, inflateWhile } from './inflate.ts'

const latin1 = new TextDecoder('latin1')

/** What a body says about its node key. */
export type KeySearch =
  | { readonly kind: 'found'; readonly key: string }
  /** A readable JSON object in which no `node_key` with a text stands at the top level. */
  | { readonly kind: 'missing' }
  /** Not a JSON object, or one that breaks off. */
  | { readonly kind: 'unreadable' }

/** osqueryd writes compressed posts with the key first, so this much decides for them and the rest is never inflated. */
const HEAD_BYTES = 512
/** Text is kept up to here in the hope that its end names the key, before every byte is looked at. */
const DEFERRED_MAX_BYTES = 1024 * 1024
/** Room for the last member: name, key and closing brace. */
const TAIL_BYTES = 1024

/**
 * `,"node_key":"…"}` at the very end of valid JSON is at the top level: the last brace closes the whole, the quote before
 * it ends a string, the value has no escapes and follows a colon, so its opening quote is a real one, and so on backwards.
 * In text that isn't valid JSON it may be anything; then the key still has to prove itself.
 */
const TAIL = /,\s*"node_key"\s*:\s*"([^"\\]*)"\s*\}\s*$/

/** `{"node_key":"…"` at the beginning of JSON is at the top level; the value has no escapes, so it ends where it seems to. */
const HEAD = /^\s*\{\s*"node_key"\s*:\s*"([^"\\]*)"/
/** Room for the first member: name and key. */
const HEAD_MEMBER_BYTES = 256

/** Finds the node key in the text of a post that comes in pieces. Feed it until `decided`, then ask for `result`. */
export class NodeKeyFinder {
  readonly #scan = new TopLevelKeyScan(['node_key'])
  #headLeft = HEAD_BYTES
  /** Null when deferring has been given up. */
  #deferred: Uint8Array[] | null = []
  #deferredBytes = 0

  /** True when more text can't change the result. */
  get decided(): boolean {
    return this.#scan.state === 'found' || this.#scan.state === 'broken'
  }

  /** Takes the next piece; keeps a reference to it, at most 1 MiB in all. */
  push(bytes: Uint8Array): void {
    const head = bytes.subarray(0, this.#headLeft)
    this.#headLeft -= head.length
    this.#scan.push(head)
    const rest = bytes.subarray(head.length)
    if (this.decided || rest.length === 0) return
    if (this.#deferred === null) {
      this.#scan.push(rest)
      return
    }
    this.#deferred.push(rest)
    this.#deferredBytes += rest.length
    if (this.#deferredBytes > DEFERRED_MAX_BYTES) this.#scanDeferred()
  }

  /** @param whole  false when the text was given up before its end: then "missing" can't be told from "unreadable" */
  result(whole = true): KeySearch {
    if (!this.decided && whole) {
      const key = this.#keyAtTheEnd()
      if (key !== undefined) return { kind: 'found', key }
      this.#scanDeferred()
    }
    if (this.#scan.state === 'found') return { kind: 'found', key: this.#scan.value }
    return { kind: this.#scan.state === 'complete' && whole ? 'missing' : 'unreadable' }
  }

  #scanDeferred(): void {
    for (const piece of this.#deferred ?? []) this.#scan.push(piece)
    this.#deferred = null
  }

  #keyAtTheEnd(): string | undefined {
    let tail = ''
    for (const piece of (this.#deferred ?? []).toReversed()) {
      tail = latin1.decode(piece.subarray(-TAIL_BYTES)) + tail
      if (tail.length >= TAIL_BYTES) break
    }
    return TAIL.exec(tail)?.[1]
  }
}

/** Finds the node key in a whole text. */
export function nodeKeyIn(text: Uint8Array): KeySearch {
  const finder = new NodeKeyFinder()
  finder.push(text)
  return finder.result()
}

/**
 * Finds the node key in a gzip body. Inflates only the first half kilobyte when that decides; else streams through the
 * text, holding no more than 1 MiB of it, and gives up where the consumer would.
 */
export async function nodeKeyInGzip(gzip: Uint8Array): Promise<KeySearch> {
  const start = inflatedSlice(gzip.subarray(0, HEAD_BYTES))
  const first = HEAD.exec(latin1.decode(start.subarray(0, HEAD_MEMBER_BYTES)))
  if (first?.[1] !== undefined) return { kind: 'found', key: first[1] }
  const head = new NodeKeyFinder()
  head.push(start)
  if (head.decided) return head.result()
  const finder = new NodeKeyFinder()
  const end = await inflateWhile(gzip, text => {
    finder.push(text)
    return !finder.decided
  })
  return finder.result(end === 'complete')
}
