import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMessage } from './read-message.ts'

const INLINE = { v: 1, kind: 'inline', postId: 'p', hostId: 'h', receivedAt: 1, gzip: new Uint8Array([1]) }
const { gzip: _, ...POST } = INLINE
const SPOOLED = { ...POST, kind: 'spooled', key: 'spool/1-p' }

describe('readMessage', () => {
  it('takes what the log route sends', () => {
    expect(readMessage(INLINE)).toEqual({ ok: true, message: INLINE })
    expect(readMessage(SPOOLED)).toEqual({ ok: true, message: SPOOLED })
  })

  it('leaves aside what newer code of the same version adds', () => {
    expect(readMessage({ ...INLINE, shard: 3 })).toEqual({ ok: true, message: INLINE })
  })

  it.each([
    ['a newer version', { ...INLINE, v: 2 }, 'version 2 is not known here'],
    ['no version', { ...INLINE, v: undefined }, 'version undefined is not known here'],
    ['an empty host', { ...INLINE, hostId: '' }, 'hostId is missing or not a text'],
    ['a host of another type', { ...INLINE, hostId: 7 }, 'hostId is missing or not a text'],
    ['no post id', { ...INLINE, postId: null }, 'postId is missing or not a text'],
    ['a time that Date can not take', { ...INLINE, receivedAt: 9e15 }, 'receivedAt is missing or not a time'],
    ['bytes of another type', { ...INLINE, gzip: [1] }, 'neither an inline nor a spooled post'],
    ['no key', { ...SPOOLED, key: undefined }, 'neither an inline nor a spooled post'],
    ['a key outside of the spool', { ...SPOOLED, key: 'lake/x' }, 'neither an inline nor a spooled post'],
    ['another kind', { ...INLINE, kind: 'carried' }, 'neither an inline nor a spooled post'],
    ['a list', [], 'version undefined is not known here'],
    ['nothing', undefined, 'not an object'],
  ])('refuses %s and says why', (_what, body, detail) => {
    expect(readMessage(body)).toEqual({ ok: false, detail })
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withTypedArray: true, withNullPrototype: true }), body => {
        expect(typeof readMessage(body).ok).toBe('boolean')
      }),
      { numRuns: 200 },
    )
  })
})
