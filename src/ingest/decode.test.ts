import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gzipBomb } from '../../test/bomb.ts'
import { type DecodedRecord, decodeBody, decodePost, decodeScanned } from './decode.ts'
import {
  MAX_CHUNK_BYTES,
  MAX_CHUNK_RECORDS,
  MAX_INFLATED_BYTES,
  MAX_RECORD_BYTES,
  MAX_RECORDS_PER_POST,
} from './limits.ts'
import type { Rejection } from './rejection.ts'

interface Decoded {
  readonly records: readonly DecodedRecord[]
  readonly rejections: readonly Rejection[]
}

const LINE = { name: 'q', columns: { a: '1' }, action: 'added' }
/** Lines that hardly compress, the same each time: how many of them damage spares depends on every bit. */
const DENSE_LINES = Array.from({ length: 400 }, (_, n) => ({
  ...LINE,
  columns: { a: createHash('sha256').update(String(n)).digest('hex').slice(0, 36) },
}))
const encoder = new TextEncoder()

async function decode(gzip: Uint8Array): Promise<Decoded> {
  const records: DecodedRecord[] = []
  const rejections: Rejection[] = []
  for await (const chunk of decodePost(gzip)) {
    records.push(...chunk.records)
    rejections.push(...chunk.rejections)
  }
  return { records, rejections }
}

function decodeText(body: string | Uint8Array): Decoded {
  const chunks = [...decodeBody(typeof body === 'string' ? encoder.encode(body) : body)]
  return {
    records: chunks.flatMap(chunk => chunk.records),
    rejections: chunks.flatMap(chunk => chunk.rejections),
  }
}

const valuesOf = ({ records }: Decoded): unknown[] => records.map(record => record.value)
const reasonsOf = ({ rejections }: Decoded): string[] => rejections.map(rejection => rejection.reason)
const envelope = (data: string): string => `{"node_key":"k","log_type":"result","data":${data}}`
const repeat = (count: number): string => Array.from({ length: count }, (_, i) => lineText(i)).join()
const lineText = (i: number): string => JSON.stringify({ ...LINE, columns: { a: String(i) } })

describe('the envelope', () => {
  it('reads its members in any order, with members it does not know', () => {
    const bodies = [
      `{"data":[${lineText(1)}],"log_type":"result","node_key":"k"}`,
      `{"node_key":"k","data":[${lineText(1)}],"log_type":"unknown","more":{"data":[1]}}`,
    ]
    for (const body of bodies) expect(decodeText(body).records).toHaveLength(1)
  })

  it('takes data as one object, and as a string that holds the array or one object', () => {
    const forms = [lineText(1), JSON.stringify(`[${lineText(1)}]`), JSON.stringify(lineText(1))]
    for (const data of forms) expect(valuesOf(decodeText(envelope(data)))).toEqual([JSON.parse(lineText(1))])
  })

  it('takes entries that are strings holding a record', () => {
    const data = `[${JSON.stringify(lineText(1))},${lineText(2)},"text"]`
    expect(valuesOf(decodeText(envelope(data)))).toEqual([
      JSON.parse(lineText(1)),
      JSON.parse(lineText(2)),
      'text',
    ])
  })

  it('takes a body that is the array itself, and a byte order mark before it', () => {
    expect(decodeText(`\uFEFF[${lineText(1)},${lineText(2)}]`).records).toHaveLength(2)
  })

  it('finds nothing to reject in an empty list, however it is written', () => {
    for (const data of ['[]', '""', ' [ ] ']) {
      expect(decodeText(envelope(data))).toEqual({ records: [], rejections: [] })
    }
  })

  it('names the reason when data is null, missing or no list', () => {
    for (const body of [envelope('null'), envelope('5'), envelope('true'), '{"node_key":"k"}', '{}', '5']) {
      const decoded = decodeText(body)
      expect(decoded.records).toEqual([])
      expect(decoded.rejections, body).toHaveLength(1)
    }
  })

  it('takes the last of doubled keys within a record', () => {
    expect(valuesOf(decodeText(envelope('[{"a":1,"a":2}]')))).toEqual([{ a: 2 }])
  })
})

describe('damage', () => {
  it('keeps every whole record of a body that ends early, and one rejection for the rest', () => {
    const body = envelope(`[${repeat(20)}]`)
    const cut = decodeText(body.slice(0, body.lastIndexOf('columns')))
    expect(cut.records).toHaveLength(19)
    expect(reasonsOf(cut)).toEqual(['not_json'])
  })

  it('says so when a body ends between two records', () => {
    const body = envelope(`[${repeat(3)}]`)
    const cut = decodeText(body.slice(0, body.lastIndexOf('{"name"')))
    expect(cut.records).toHaveLength(2)
    expect(reasonsOf(cut)).toEqual(['not_json'])
  })

  const broken = {
    'an unescaped quote': '{"name":"q","columns":{"a":"say "hello" to"},"action":"added"}',
    'a missing closing bracket': '{"name":"q","columns":{"a":"1","action":"added"}',
    'a closing bracket too many': '{"name":"q","columns":{"a":"1"}},"action":"added"}',
    'a bracket of the wrong kind': '{"name":"q","columns":{"a":"1"],"action":"added"}',
    'a missing value': '{"name":"q","columns":{"a":},"action":"added"}',
    'a bare word': 'nonsense',
  }
  for (const [what, record] of Object.entries(broken)) {
    it(`keeps the neighbours of a record with ${what}`, () => {
      const decoded = decodeText(envelope(`[${lineText(1)},${record},${lineText(2)},${lineText(3)}]`))
      // An intact object within the broken record may come out of it as well.
      expect(valuesOf(decoded)).toEqual(expect.arrayContaining([1, 2, 3].map(i => JSON.parse(lineText(i)))))
      expect(new Set(reasonsOf(decoded))).toEqual(new Set(['not_json']))
      expect(decoded.rejections[0]?.bytes.length).toBeGreaterThan(0)
    })
  }

  it('never takes a row of a broken snapshot for a record', () => {
    const snapshot = '{"snapshot":[{"name":"a","pid":"1"},{"name":"b" "pid":"2"}],"name":"q"}'
    const decoded = decodeText(envelope(`[${snapshot},${lineText(1)}]`))
    expect(valuesOf(decoded)).toEqual([JSON.parse(lineText(1))])
  })

  it('keeps each position that a record had', () => {
    const decoded = decodeText(envelope(`[${lineText(0)},{"name":},${lineText(2)}]`))
    expect(decoded.records.map(record => record.position)).toEqual([0, 2])
    expect(decoded.rejections.map(rejection => rejection.position)).toEqual([1])
  })
})

describe('text', () => {
  it('replaces invalid UTF-8 and marks only the record that holds it', () => {
    const [head, tail] = envelope(`[${lineText(1)},{"name":"q","columns":{"a":"x!y"}}]`).split('!')
    const bytes = Uint8Array.of(...encoder.encode(head), 0xff, ...encoder.encode(tail))
    const decoded = decodeText(bytes)
    expect(decoded.records.map(record => record.repaired)).toEqual([false, true])
    expect(decoded.records[1]?.value).toMatchObject({ columns: { a: 'x\uFFFDy' } })
  })

  it('leaves a replacement character that was sent as one', () => {
    expect(decodeText(envelope('[{"name":"\uFFFD"}]')).records).toEqual([
      { value: { name: '\uFFFD' }, position: 0, repaired: false },
    ])
  })

  it('takes NUL out of values, but not the text that only looks like its escape', () => {
    const decoded = decodeText(envelope('[{"a":"x\\u0000y"},{"a":"x\\\\u0000y"}]'))
    expect(decoded.records).toEqual([
      { value: { a: 'xy' }, position: 0, repaired: true },
      { value: { a: 'x\\u0000y' }, position: 1, repaired: false },
    ])
  })

  it('mends raw control characters, which JSON forbids', () => {
    const decoded = decodeText(envelope('[{"a":"x\u0000y\nz"}]'))
    expect(decoded.records).toEqual([{ value: { a: 'xy z' }, position: 0, repaired: true }])
  })

  it('takes lone surrogates', () => {
    expect(valuesOf(decodeText(envelope('[{"a":"\\ud800"}]')))).toEqual([{ a: '\ud800' }])
  })

  it('reads JSON 70,000 levels deep without recursion', () => {
    const deep = `${'['.repeat(70_000)}${']'.repeat(70_000)}`
    const decoded = decodeText(envelope(`[{"name":"q","columns":{"a":${deep}}},${lineText(1)}]`))
    expect(decoded.records).toHaveLength(2)
    const whole = encoder.encode(envelope(`[{"a":${deep}},${lineText(1)}`))
    expect(decodeText(whole).records).toHaveLength(2)
  })
})

describe('numbers', () => {
  it('keeps every character of numbers where osquery is set to send numbers', () => {
    const row = '{"big":9223372036854775807,"real":2.0,"text":"x","none":null}'
    const record = `{"name":"q","unixTime":1767225661,"numerics":true,"columns":${row}}`
    expect(valuesOf(decodeText(envelope(`[${record}]`)))).toEqual([
      {
        name: 'q',
        unixTime: '1767225661',
        numerics: true,
        columns: { big: '9223372036854775807', real: '2.0', text: 'x', none: null },
      },
    ])
  })

  it('does so in snapshots and batches, and for a 64-bit epoch', () => {
    const rows = '[{"n":1.50},{"n":-0}]'
    const records = [
      `{"snapshot":${rows},"numerics":true}`,
      `{"diffResults":{"removed":${rows},"added":""},"numerics":true}`,
      '{"name":"q","epoch":9007199254740993,"columns":{}}',
    ]
    expect(valuesOf(decodeText(envelope(`[${records.join()}]`)))).toEqual([
      { snapshot: [{ n: '1.50' }, { n: '-0' }], numerics: true },
      { diffResults: { removed: [{ n: '1.50' }, { n: '-0' }], added: '' }, numerics: true },
      { name: 'q', epoch: '9007199254740993', columns: {} },
    ])
  })

  it('leaves numbers within nested values as JSON', () => {
    const record = '{"columns":{"a":{"n":1},"b":2.0},"numerics":true,"extra":{"n":1}}'
    expect(valuesOf(decodeText(envelope(`[${record}]`)))).toEqual([
      { columns: { a: { n: 1 }, b: '2.0' }, numerics: true, extra: { n: 1 } },
    ])
  })
})

describe('bounds', () => {
  it('yields chunks of bounded size', () => {
    const body = encoder.encode(envelope(`[${repeat(2_500)}]`))
    const chunks = [...decodeBody(body)]
    expect(chunks.flatMap(chunk => chunk.records)).toHaveLength(2_500)
    for (const chunk of chunks) expect(chunk.records.length).toBeLessThanOrEqual(MAX_CHUNK_RECORDS)
  })

  it('reads a post that is too large for one parse record by record', async () => {
    const long = JSON.stringify({ ...LINE, columns: { a: 'x'.repeat(100_000) } })
    const body = envelope(`[${Array.from({ length: 30 }, () => long).join()}]`)
    expect(body.length).toBeGreaterThan(MAX_CHUNK_BYTES)
    const decoded = await decode(gzipSync(body))
    expect(decoded.records).toHaveLength(30)
    expect(decoded.rejections).toEqual([])
  })

  it('rejects a record over the cap alone', async () => {
    const noise = Array.from({ length: MAX_RECORD_BYTES / 1024 }, (_, i) => String(i).padEnd(1024, 'x')).join(
      '',
    )
    const huge = `{"name":"q","columns":{"a":"${noise}"}}`
    const decoded = await decode(gzipSync(envelope(`[${lineText(1)},${huge},${lineText(2)}]`)))
    expect(valuesOf(decoded)).toEqual([JSON.parse(lineText(1)), JSON.parse(lineText(2))])
    expect(decoded.rejections).toMatchObject([{ reason: 'record_too_large', position: 1 }])
    expect(decoded.rejections[0]?.bytes.length).toBeLessThanOrEqual(1024 * 1024)
  })

  it('rejects a record of too many values alone', () => {
    const many = `{"columns":[${'{},'.repeat(500_000)}{}]}`
    const decoded = decodeText(envelope(`[${many},${lineText(1)}]`))
    expect(valuesOf(decoded)).toEqual([JSON.parse(lineText(1))])
    expect(reasonsOf(decoded)).toEqual(['record_too_large'])
  })

  it('stops inflating a bomb, keeping the records before it', async () => {
    const bomb = gzipBomb(`{"data":[${lineText(1)},"`, 512)
    const decoded = await decode(bomb)
    expect(valuesOf(decoded)).toEqual([JSON.parse(lineText(1))])
    expect(reasonsOf(decoded).at(-1)).toBe('too_large')
  })

  it('stops at the cap on records, large post or small', async () => {
    for (const count of [300_000, 400_000]) {
      const { records, rejections } = await decode(encoder.encode(envelope(`[${'{},'.repeat(count)}{}]`)))
      expect(records).toHaveLength(MAX_RECORDS_PER_POST)
      expect(rejections).toMatchObject([{ reason: 'too_large', position: null }])
    }
  })

  it('reads large posts up to the cap on inflated bytes', async () => {
    const line = JSON.stringify({ ...LINE, columns: { a: 'y'.repeat(900_000) } })
    const count = Math.ceil(MAX_INFLATED_BYTES / line.length) + 2
    const decoded = await decode(
      encoder.encode(envelope(`[${Array.from({ length: count }, () => line).join()}]`)),
    )
    expect(decoded.records.length).toBeGreaterThan(count - 5)
    expect(reasonsOf(decoded)).toEqual(['too_large'])
  })
})

describe('gzip', () => {
  it('takes plain JSON, and several members as one body', async () => {
    const body = envelope(`[${repeat(10)}]`)
    expect((await decode(encoder.encode(body))).records).toHaveLength(10)
    const members = [gzipSync(body.slice(0, 50)), gzipSync(body.slice(50))]
    expect((await decode(Buffer.concat(members))).records).toHaveLength(10)
  })

  it('keeps what was inflated before the gzip ends early', async () => {
    const whole = gzipSync(envelope(JSON.stringify(DENSE_LINES)))
    const decoded = await decode(whole.subarray(0, whole.length - 2_000))
    expect(decoded.records.length).toBeGreaterThan(250)
    expect(reasonsOf(decoded)).toEqual(['not_json'])
  })

  it('keeps what was inflated before the gzip is damaged', async () => {
    const whole = gzipSync(envelope(JSON.stringify(DENSE_LINES)))
    whole.fill(0xff, whole.length - 2_000, whole.length - 1_500)
    const decoded = await decode(whole)
    expect(decoded.records.length).toBeGreaterThan(200)
    expect(decoded.rejections.length).toBeGreaterThan(0)
  })

  it('rejects gzip without any content', async () => {
    expect(reasonsOf(await decode(Uint8Array.of(0x1f, 0x8b, 8, 0)))).toHaveLength(1)
    expect(reasonsOf(await decode(new Uint8Array()))).toHaveLength(1)
  })
})

describe('any input', () => {
  const record = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 })

  it('comes out of the scanner as out of JSON.parse, however the bytes are divided', () => {
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 50 }),
        fc.constantFrom(0, 1),
        (records, sizes, spaces) => {
          const sent = records.map(({ numerics, logNumericsAsNumbers, ...rest }) => rest)
          const body = encoder.encode(JSON.stringify({ log_type: 'result', data: sent, z: 1 }, null, spaces))
          const chunks = [...decodeScanned(divide(body, sizes))]
          expect(chunks.flatMap(chunk => chunk.rejections)).toEqual([])
          const found = chunks.flatMap(chunk => chunk.records.map(({ value }) => JSON.stringify(value)))
          // JSON.parse keeps NUL, the scanner takes it out, and numbers of rows become text.
          const expected = sent.map(value => JSON.stringify(value))
          for (const [i, text] of found.entries()) {
            if (!/\\u0000|\uFFFD|columns|snapshot|diffResults|epoch|counter/.test(expected[i] ?? '')) {
              expect(text).toBe(expected[i])
            }
          }
          expect(found).toHaveLength(expected.length)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('never throws, and never loses bytes without a word', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.json().map(text => encoder.encode(text)),
        ),
        async bytes => {
          const { records, rejections } = await decode(bytes)
          expect(records.length + rejections.length).toBeGreaterThanOrEqual(0)
          const gzipped = await decode(gzipSync(bytes))
          expect(gzipped.records.length).toBe(records.length)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('keeps all whole records before any cut', () => {
    const body = encoder.encode(envelope(`[${repeat(6)}]`))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: body.length - 1 }), cut => {
        const { records, rejections } = decodeText(body.subarray(0, cut))
        const text = new TextDecoder().decode(body.subarray(0, cut))
        const whole = text.split('"action":"added"}').length - 1
        expect(records).toHaveLength(whole)
        expect(rejections.length).toBeGreaterThan(0)
      }),
      { numRuns: 100 },
    )
  })
})

function* divide(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}
