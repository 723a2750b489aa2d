import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { decodeBody, decodeScanned } from '../../src/ingest/decode.ts'
import type { RejectReason } from '../../src/ingest/rejection.ts'

/** One record of a file, or why a stretch of it is none. */
export type FileRecord =
  | { readonly kind: 'record'; readonly line: number; readonly value: unknown; readonly repaired: boolean }
  | {
      readonly kind: 'rejected'
      readonly line: number
      readonly reason: RejectReason
      readonly detail: string
    }

/** A file whose first line is not JSON may be one JSON text over many lines; up to this size that is found out. */
const WHOLE_FILE_MAX_BYTES = 64 * 1024 * 1024

const NEWLINE = 0x0a
const OPEN = Buffer.from('[')
const CLOSE = Buffer.from(']')
/** What a log line has and an envelope has not. */
const LINE_KEYS = ['name', 'columns', 'snapshot', 'diffResults', 'message'] as const

/**
 * Reads what osquery or its TLS plugin writes: a record a line (osqueryd.results.log), a TLS body a line, or one body,
 * array or record over many lines; gzipped or not. Each line goes through the pipeline's decoder by itself, so that a
 * broken one costs only itself. Memory is that of the longest line.
 *
 * @throws what the stream throws, and when gzip is damaged
 */
export async function* readRecords(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<FileRecord> {
  let line = 0
  /** Lines kept until it is known whether each stands for itself. They begin with the first. */
  let held: Buffer[] = []
  let heldBytes = 0
  let layout: 'unknown' | 'whole?' | 'lines' = 'unknown'
  for await (const text of splitLines(gunzipped(bytes))) {
    line += 1
    if (layout === 'lines') {
      yield* recordsOf(text, line)
      continue
    }
    held.push(text)
    heldBytes += text.length + 1
    if (layout === 'unknown' && !isBlank(text)) layout = isJson(text) ? 'lines' : 'whole?'
    if (heldBytes > WHOLE_FILE_MAX_BYTES) layout = 'lines'
    if (layout !== 'lines') continue
    for (const [index, one] of held.entries()) yield* recordsOf(one, index + 1)
    held = []
  }
  const whole = Buffer.concat(held.flatMap(one => [one, Buffer.of(NEWLINE)]))
  if (isJson(whole)) yield* recordsOf(whole, 1)
  else for (const [index, one] of held.entries()) yield* recordsOf(one, index + 1)
}

function* recordsOf(text: Buffer, line: number): Generator<FileRecord> {
  if (isBlank(text)) return
  for (const { records, rejections } of isEnvelope(text)
    ? decodeBody(text)
    : decodeScanned([OPEN, text, CLOSE])) {
    for (const { value, repaired } of records) yield { kind: 'record', line, value, repaired }
    for (const { reason, detail } of rejections) yield { kind: 'rejected', line, reason, detail }
  }
}

/** Whether this is a TLS body and not a log line, or an array of log lines. */
function isEnvelope(text: Buffer): boolean {
  const first = text.toString('latin1', 0, 64).trimStart().charAt(0)
  if (first === '[') return true
  if (!text.includes('"data"')) return false
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'data')) return false
  return !LINE_KEYS.some(key => Object.hasOwn(value, key))
}

function isJson(text: Buffer): boolean {
  return parsed(text) !== undefined
}

/** The JSON value, or undefined when it is none. */
function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    // Not JSON, which is an answer here: the decoder finds out what can be saved.
    return undefined
  }
}

function isBlank(text: Buffer): boolean {
  return text.length < 1024 && text.toString('latin1').trim() === ''
}

async function* splitLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = []
  for await (const chunk of bytes) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, end)])
      parts = []
      from = end + 1
    }
    if (from < chunk.length) parts.push(chunk.subarray(from))
  }
  if (parts.length > 0) yield Buffer.concat(parts)
}

/** Rotated logs are often gzipped; the magic bytes tell (RFC 1952, 2.3.1). */
async function* gunzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]()
  let head = new Uint8Array()
  let ended = false
  while (head.length < 2 && !ended) {
    const { done, value } = await chunks.next()
    if (done) ended = true
    else head = Buffer.concat([head, value])
  }
  const rest = async function* () {
    yield head
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
  }
  if (head[0] === 0x1f && head[1] === 0x8b) {
    const gunzip = createGunzip()
    Readable.from(rest())
      .on('error', error => gunzip.destroy(error))
      .pipe(gunzip)
    yield* gunzip
  } else yield* rest()
}
