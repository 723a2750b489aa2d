import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gzipText } from '../../test/ingest-batch.ts'
import { sealedPost } from './sealed-post.ts'

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
})
