import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gzipBomb } from '../../test/bomb.ts'
import { gzipText } from '../../test/ingest-batch.ts'
import { decodePost } from './decode.ts'
import { MAX_SEALED_BYTES } from './limits.ts'
import { sealedPost, sealPost } from './sealed-post.ts'

const MIB = 1024 * 1024

const opened = async (gzip: Uint8Array) => gunzipSync(await sealedPost(gzip)).toString()

describe('sealedPost', () => {
  it('keeps the post and blanks its secrets', async () => {
    const text = await opened(gzipText('{"node_key":"secret-1","enroll_secret": "secret-2","data":[1]}'))
    expect(text).toBe('{"node_key":"********","enroll_secret": "********","data":[1]}')
  })

  it('sees a key that lies across two inflated parts', async () => {
    const key = 'k'.repeat(300)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 65_000, max: 66_000 }), async before => {
        const text = `{"data":"${'x'.repeat(before)}","node_key":"${key}","more":"${'y'.repeat(200_000)}"}`
        expect(await opened(gzipText(text))).toBe(text.replace(key, '*'.repeat(300)))
      }),
      { numRuns: 20 },
    )
  })

  it('keeps what comes before damage', async () => {
    const whole = gzipText(
      `{"node_key":"secret","data":"${Array.from({ length: 9_000 }, (_, i) => i).join()}"}`,
    )
    const broken = whole.slice()
    broken.fill(0xff, Math.floor(whole.length / 2))
    const text = await opened(broken)
    expect(text.startsWith('{"node_key":"******","data":"0,1,2')).toBe(true)
  })

  it('takes a post that was never compressed', async () => {
    expect(await opened(new TextEncoder().encode('{"node_key":"abc"}'))).toBe('{"node_key":"***"}')
  })

  it('keeps as it came what yields nothing', async () => {
    const junk = new Uint8Array([0x1f, 0x8b, 1, 2, 3])
    expect(await sealedPost(junk)).toEqual(junk)
    expect(await sealedPost(new Uint8Array())).toEqual(new Uint8Array())
  })

  it('is the same each time, so that what is kept twice is one object', async () => {
    const gzip = gzipText('{"data":[1,2,3]}')
    expect(await sealedPost(gzip)).toEqual(await sealedPost(gzip))
  })

  it('leaves alone what stands in the records: it is the host’s word', async () => {
    const text =
      '{"data":[{"columns":{"node_key":"a column","enroll_secret":"another"}}],"node_key":"secret"}'
    expect(await opened(gzipText(text))).toBe(text.replace('secret"}', '******"}'))
  })

  it('blanks every spelling, every repetition and every length of the key', async () => {
    const escaped = String.raw`{"node\u005fkey":"a\"b","node_key":"${'k'.repeat(70_000)}","data":[],"node_key":"c"}`
    expect(await opened(gzipText(escaped))).toBe(
      String.raw`{"node\u005fkey":"****","node_key":"${'*'.repeat(70_000)}","data":[],"node_key":"*"}`,
    )
  })

  it('blanks by name alone in what is no JSON object, where depth means nothing', async () => {
    for (const text of [
      '{"data":[{"name":"unquoted" text"}],"node_key":"secret"}',
      '[{"node_key":"secret"}]',
      'x{"node_key":"secret"}',
      '{"data":[1],"node_key":"secret"} "node_key":"secret"',
      '{"data":[{"cut',
    ]) {
      expect(await opened(gzipText(text))).toBe(text.replaceAll('secret', '******'))
    }
  })

  it('tells how the post ended, since the sealed bytes are always whole', async () => {
    const whole = gzipText(`{"node_key":"secret","data":[${Array.from({ length: 9_000 }, (_, i) => i)}]}`)
    const broken = whole.slice()
    broken.fill(0xff, Math.floor(whole.length / 2))
    expect((await sealPost(whole)).end).toBe('complete')
    expect((await sealPost(broken)).end).toBe('broken')
    expect((await sealPost(gzipBomb('{"node_key":"secret","data":["', 100))).end).toBe('too_large')
  })

  it('never grows beyond its cap, even of text that compresses in one way only', async () => {
    const { gzip, end } = await sealPost(farRepeats(MAX_SEALED_BYTES + 2 * MIB))
    expect(end).toBe('too_large')
    expect(gzip.byteLength).toBeLessThan(MAX_SEALED_BYTES + MIB)
  })

  it('is read as the post itself would be, whatever it holds and wherever it is damaged', async () => {
    const record = fc.record({ name: fc.string(), columns: fc.dictionary(fc.string(), fc.string()) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { maxLength: 20 }),
        fc.constantFrom('whole', 'damaged', 'cut'),
        fc.nat(),
        async (data, fate, where) => {
          const gzip = gzipText(JSON.stringify({ node_key: 'the-node-key', data }))
          const at = where % gzip.length
          if (fate === 'damaged') gzip.fill(0x5a, at, at + 8)
          const post = fate === 'cut' ? gzip.subarray(0, at) : gzip
          const sealed = await sealPost(post)
          expect(await read(sealed.gzip, sealed.end)).toEqual(await read(post, null))
        },
      ),
      { numRuns: 150 },
    )
  })
})

async function read(gzip: Uint8Array, end: Parameters<typeof decodePost>[1]) {
  const chunks = await Array.fromAsync(decodePost(gzip, end))
  return {
    records: chunks.flatMap(({ records }) => records),
    reasons: chunks.flatMap(({ rejections }) => rejections.map(({ reason }) => reason)),
  }
}

/** Random bytes that come again at a distance that deflate reaches, and zlib's own compressor, 262 bytes short of it, not. */
function farRepeats(length: number): Uint8Array {
  let state = 1
  const period = Uint8Array.from({ length: 32_600 }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223
    return state >>> 24
  })
  const bits = [1, 1, 0] // the last block, by the fixed codes (RFC 1951, 3.2.6)
  const repeat = [...fromTheTop(0xc5, 8), ...fromTheTop(29, 5), ...fromTheBottom(32_600 - 24_577, 13)]
  for (let at = period.length; at < length; at += 258) for (const bit of repeat) bits.push(bit)
  const packed = new Uint8Array(Math.ceil(bits.length / 8))
  for (const [i, bit] of bits.entries()) packed[i >> 3] = (packed[i >> 3] ?? 0) | (bit << (i & 7))
  const size = Uint8Array.of(period.length & 0xff, period.length >> 8)
  const head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3, 0, ...size, ...size.map(byte => ~byte)]
  return Uint8Array.from([...head, ...period, ...packed])
}

const fromTheBottom = (value: number, count: number) =>
  Array.from({ length: count }, (_, i) => (value >> i) & 1)
const fromTheTop = (value: number, count: number) => fromTheBottom(value, count).toReversed()
