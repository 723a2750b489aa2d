import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { gzipBomb } from '../../test/bomb.ts'
import { decodePost } from './decode.ts'

// What the runtimes do differently: inflating. All else of decoding is tested in Node.

const line = (i: number): object => ({
  name: 'q',
  columns: { a: crypto.randomUUID(), i: String(i) },
  action: 'added',
})
const body = (count: number): string =>
  JSON.stringify({ data: Array.from({ length: count }, (_, i) => line(i)) })

async function decode(gzip: Uint8Array): Promise<{ records: number; reasons: string[] }> {
  let records = 0
  const reasons: string[] = []
  for await (const chunk of decodePost(gzip)) {
    records += chunk.records.length
    reasons.push(...chunk.rejections.map(rejection => rejection.reason))
  }
  return { records, reasons }
}

describe('decodePost in workerd', () => {
  it('reads small and large posts', async () => {
    expect(await decode(gzipSync(body(100)))).toEqual({ records: 100, reasons: [] })
    expect(await decode(gzipSync(body(30_000)))).toEqual({ records: 30_000, reasons: [] })
  })

  it('reads several gzip members as one body', async () => {
    const text = body(100)
    const members = [gzipSync(text.slice(0, 99)), gzipSync(text.slice(99))]
    expect(await decode(Buffer.concat(members))).toEqual({ records: 100, reasons: [] })
  })

  it('keeps what was inflated before the gzip ends early or is damaged', async () => {
    const whole = gzipSync(body(400))
    const short = await decode(whole.subarray(0, whole.length - 2_000))
    expect(short.records).toBeGreaterThan(250)
    expect(short.reasons).toEqual(['not_json'])
    whole.fill(0xff, whole.length - 2_000, whole.length - 1_500)
    const damaged = await decode(whole)
    expect(damaged.records).toBeGreaterThan(200)
    expect(damaged.reasons.length).toBeGreaterThan(0)
  })

  it('stops inflating a bomb', async () => {
    const bomb = await decode(gzipBomb(`{"data":[${JSON.stringify(line(1))},"`, 256))
    expect(bomb.records).toBe(1)
    expect(bomb.reasons.at(-1)).toBe('too_large')
  })
})
