import { losesDigits, quoteNumbers } from './exact-numbers.ts'
import { type InflateEnd, inflateParts, inflateSmall, partsOf } from './inflate.ts'
import {
  MAX_BYTES_BETWEEN_RECORDS,
  MAX_CHUNK_BYTES,
  MAX_CHUNK_RECORDS,
  MAX_RECORDS_PER_POST,
  MAX_REJECTION_BYTES,
} from './limits.ts'
import { type ParsedRecord, parseRecord } from './record-text.ts'
import type { Rejection, RejectReason } from './rejection.ts'
import { salvage } from './salvage.ts'
import { type Cut, RecordScanner } from './scan.ts'

/** One entry of a post's `data`, as sent. */
export interface DecodedRecord {
  readonly value: unknown
  /** Index within `data`. */
  readonly position: number
  /** Invalid UTF-8 was replaced, or NUL or a raw control character removed. */
  readonly repaired: boolean
}

/** A bounded part of a post: at most `MAX_CHUNK_RECORDS` records and about `MAX_CHUNK_BYTES` of text. */
export interface DecodedChunk {
  readonly records: readonly DecodedRecord[]
  readonly rejections: readonly Rejection[]
}

/** Records looked at for numbers: an agent sends all its rows with numbers or none. */
const SAMPLED_RECORDS = 8

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * Turns a post into records. Never throws on any input: what can't be used comes out as a rejection, everything else
 * as records, in the order sent.
 *
 * A small, whole post takes one `JSON.parse`. A large or damaged one is read by the scanner record by record, so that
 * memory stays bounded and a broken record costs only itself.
 *
 * @param gzip  the body as accepted by the log route; plain JSON is taken too
 * @param sealedEnd  how the post ended when it was sealed, which its bytes don't tell any more; null when it is as it came
 */
export async function* decodePost(
  gzip: Uint8Array,
  sealedEnd: InflateEnd | null = null,
): AsyncGenerator<DecodedChunk> {
  const cutShort = sealedEnd === 'complete' ? null : sealedEnd
  const small = cutShort === null ? inflateSmall(gzip) : null
  if (small !== null) {
    yield* decodeBody(small)
    return
  }
  const collector = new ChunkCollector()
  const parts = inflateParts(gzip, sealedEnd === null)
  try {
    for (;;) {
      const { done, value } = await parts.next()
      if (done) {
        yield* collector.end(value === 'complete' ? cutShort : value)
        return
      }
      yield* collector.push(value)
      if (collector.isFull || collector.isStalled) {
        yield* collector.end('too_large')
        return
      }
    }
  } finally {
    await parts.return('complete')
  }
}

/** Decodes a body that lies in memory; what `decodePost` does once the bytes are inflated. For files and tests. */
export function* decodeBody(body: Uint8Array): Generator<DecodedChunk> {
  const whole = body.byteLength <= MAX_CHUNK_BYTES ? parseWhole(body) : null
  if (whole === null) yield* decodeScanned(partsOf(body))
  else if (typeof whole === 'string') yield { records: [], rejections: [rejectData(whole, body)] }
  else yield* chunksOf(whole)
}

/** Decodes a body by the scanner, however it is divided into parts. */
export function* decodeScanned(parts: Iterable<Uint8Array>): Generator<DecodedChunk> {
  const collector = new ChunkCollector()
  for (const part of parts) {
    yield* collector.push(part)
    if (collector.isFull) break
  }
  yield* collector.end(null)
}

/**
 * The entries of a post by one `JSON.parse`, or why it has none; null when the post takes the scanner: not JSON, text to
 * repair, data within a string, numbers to be kept digit by digit.
 */
function parseWhole(body: Uint8Array): readonly unknown[] | string | null {
  const text = decoder.decode(body)
  if (text.includes('\uFFFD') || text.includes('\\u0000')) return null
  let post: unknown
  try {
    post = JSON.parse(text)
  } catch {
    // Not JSON as a whole; the scanner finds what is.
    return null
  }
  const data = dataOf(post)
  if (typeof data === 'string' && data !== '') return null
  const entries = entriesOf(data)
  if (typeof entries === 'string') return entries
  for (let i = 0; i < entries.length && i < SAMPLED_RECORDS; i++) {
    if (losesDigits(unwrap(entries[i]))) return null
  }
  return entries
}

function* chunksOf(entries: readonly unknown[]): Generator<DecodedChunk> {
  const count = Math.min(entries.length, MAX_RECORDS_PER_POST)
  for (let from = 0; from < count; from += MAX_CHUNK_RECORDS) {
    const to = Math.min(count, from + MAX_CHUNK_RECORDS)
    const records: DecodedRecord[] = []
    for (let i = from; i < to; i++) {
      const entry = entries[i]
      const value = typeof entry === 'string' ? unwrap(entry) : entry
      records.push({ value, position: i, repaired: false })
    }
    yield { records, rejections: [] }
  }
  if (entries.length > count) yield { records: [], rejections: [TOO_MANY_RECORDS] }
}

const TOO_MANY_RECORDS: Rejection = {
  reason: 'too_large',
  detail: 'the post has more records than the cap; the rest was not read',
  position: null,
  bytes: new Uint8Array(),
}

/** Gathers what the scanner cuts out into chunks. */
class ChunkCollector {
  readonly #scanner = new RecordScanner()
  #records: DecodedRecord[] = []
  #rejections: Rejection[] = []
  #bytes = 0
  #position = 0
  #bytesSinceRecord = 0

  #reject(reason: RejectReason, detail: string, position: number | null, bytes: Uint8Array): void {
    this.#rejections.push({ reason, detail, position, bytes })
  }

  /** Whether the post has more records than are taken; what comes then is not looked at. */
  get isFull(): boolean {
    return this.#position > MAX_RECORDS_PER_POST
  }

  /** Whether nothing more is to be expected of the post. */
  get isStalled(): boolean {
    return this.#bytesSinceRecord > MAX_BYTES_BETWEEN_RECORDS
  }

  *push(part: Uint8Array): Generator<DecodedChunk> {
    this.#bytesSinceRecord += part.byteLength
    this.#scanner.push(part)
    yield* this.#drain()
  }

  *end(failure: 'too_large' | 'broken' | null): Generator<DecodedChunk> {
    if (this.isFull) {
      this.#rejections.push(TOO_MANY_RECORDS)
      yield this.#cut()
      return
    }
    const scanner = this.#scanner
    scanner.end()
    if (failure === null) yield* this.#drain()
    else yield* this.#endShort(failure)
    if (failure === null && !scanner.complete && this.#rejections.length === 0) {
      this.#reject('not_json', 'the post ends before its JSON does', null, new Uint8Array())
    }
    if (failure === null && scanner.complete && !scanner.sawData) {
      this.#reject('no_data', 'the post has no data member', null, new Uint8Array())
    }
    if (this.#records.length > 0 || this.#rejections.length > 0) yield this.#cut()
  }

  /** The body was cut off by us or by damage: what the scanner still held is the beginning of the rest. */
  *#endShort(failure: 'too_large' | 'broken'): Generator<DecodedChunk> {
    const cuts = this.#scanner.take()
    const rest = cuts.at(-1)?.kind === 'element' ? undefined : cuts.pop()
    for (const cut of cuts) yield* this.#add(cut)
    const bytes = (rest?.bytes ?? new Uint8Array()).slice(0, MAX_REJECTION_BYTES)
    if (failure === 'too_large') {
      this.#reject('too_large', 'the post inflates beyond the cap; the rest was not read', null, bytes)
    } else {
      this.#reject('broken_gzip', 'the gzip is damaged; the rest could not be read', null, bytes)
    }
  }

  *#drain(): Generator<DecodedChunk> {
    for (const cut of this.#scanner.take()) yield* this.#add(cut)
  }

  *#add(cut: Cut): Generator<DecodedChunk> {
    if (this.#position >= MAX_RECORDS_PER_POST) this.#position++
    else if (cut.kind === 'data') yield* this.#addData(cut.bytes)
    else if (cut.kind === 'too_large') {
      this.#reject(
        'record_too_large',
        'one record is over the size cap',
        this.#position++,
        cut.bytes.slice(0, MAX_REJECTION_BYTES),
      )
    } else {
      const parsed = cut.kind === 'element' ? parseRecord(cut.bytes) : null
      if (parsed !== null) this.#keep(parsed, cut.bytes.length)
      else this.#salvage(cut.bytes)
    }
    if (this.#records.length >= MAX_CHUNK_RECORDS || this.#bytes >= MAX_CHUNK_BYTES) yield this.#cut()
  }

  /** `data` that is not an array: one record, a string that holds the array, or nothing. */
  *#addData(bytes: Uint8Array): Generator<DecodedChunk> {
    const parsed = parseRecord(bytes)
    if (parsed === null) {
      this.#salvage(bytes)
      return
    }
    if (typeof parsed.value === 'string' && parsed.value !== '') {
      const inner = new RecordScanner()
      const text = parsed.value.trimStart()
      // Within the string stands the array, or a single record.
      inner.push(encoder.encode(text.startsWith('[') ? text : `[${text}]`))
      inner.end()
      for (const cut of inner.take()) yield* this.#add(cut)
      return
    }
    const entries = entriesOf(parsed.value)
    if (typeof entries === 'string') this.#rejections.push(rejectData(entries, bytes))
    else if (entries.length > 0) this.#keep(parsed, bytes.length)
  }

  #salvage(bytes: Uint8Array): void {
    for (const piece of salvage(bytes, parseRecord)) {
      if (piece.kind === 'record') this.#keep(piece, piece.text.length)
      else this.#reject('not_json', 'one record is not valid JSON', this.#position++, piece.bytes)
    }
  }

  #keep(parsed: ParsedRecord, byteCount: number): void {
    const { text, repaired } = parsed
    let value = unwrap(parsed.value)
    if (losesDigits(value)) value = unwrap(JSON.parse(quoteNumbers(text)), quoteNumbers)
    this.#records.push({ value, position: this.#position++, repaired })
    this.#bytesSinceRecord = 0
    this.#bytes += byteCount
  }

  #cut(): DecodedChunk {
    const chunk = { records: this.#records, rejections: this.#rejections }
    this.#records = []
    this.#rejections = []
    this.#bytes = 0
    return chunk
  }
}

/** An entry that is a JSON string holding a record, as osquery 1.5 could send, becomes that; all else stays as it is. */
function unwrap(entry: unknown, rewrite: (text: string) => string = text => text): unknown {
  if (typeof entry !== 'string' || !entry.trimStart().startsWith('{')) return entry
  try {
    return JSON.parse(rewrite(entry))
  } catch {
    // A string that only looks like it; the normalizer names what is wrong with it.
    return entry
  }
}

/** The `data` member of the envelope; a body that is an array is taken for the data itself. */
function dataOf(post: unknown): unknown {
  if (Array.isArray(post)) return post
  if (typeof post !== 'object' || post === null) return undefined
  return Object.hasOwn(post, 'data') ? (post as { data: unknown }).data : undefined // own, by the check before
}

/** The entries of `data`, or why it has none. */
function entriesOf(data: unknown): readonly unknown[] | string {
  if (Array.isArray(data)) return data
  // Old serializers write an empty array as an empty string.
  if (data === '') return []
  if (typeof data === 'string') return 'the data member is a string that holds no records'
  if (data === undefined) return 'the post has no data member'
  if (data === null) return 'the data member is null'
  if (typeof data === 'object') return [data]
  return `the data member is a ${typeof data}`
}

function rejectData(detail: string, bytes: Uint8Array): Rejection {
  return { reason: 'no_data', detail, position: null, bytes: bytes.slice(0, MAX_REJECTION_BYTES) }
}
