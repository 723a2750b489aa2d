import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TEST_NOW, testSettings } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import { mintNodeKey, verifyNodeKey } from './node-key.ts'

const settings = testSettings()
const host = 'c0ffee0123456789c0ffee01' as HostId

let filler = 0
const world = {
  now: () => TEST_NOW,
  randomBytes: (length: number) => new Uint8Array(length).fill(++filler),
  settings,
}

describe('a node key', () => {
  it('says whom it was given to and when', async () => {
    const key = await mintNodeKey(world, host)
    expect(key).toMatch(/^k2\.c0ffee0123456789c0ffee01\.[\w-]{30}\.[\w-]{43}$/)
    expect(await verifyNodeKey(settings, key)).toEqual({ ok: true, hostId: host, issuedAt: TEST_NOW })
  })

  it('is a new one each time, by 128 random bits', async () => {
    expect(await mintNodeKey(world, host)).not.toBe(await mintNodeKey(world, host))
    const asked: number[] = []
    const randomBytes = (length: number) => {
      asked.push(length)
      return new Uint8Array(length)
    }
    const counting = { ...world, randomBytes }
    await mintNodeKey(counting, host)
    expect(asked.reduce((sum, n) => sum + n, 0) * 8).toBeGreaterThanOrEqual(128)
  })

  it('lives on while its secret does, though a newer one signs', async () => {
    const [newer, older] = settings.nodeKeySecrets
    const former = { ...world, settings: testSettings({ nodeKeySecrets: older ? [older] : [] }) }
    const key = await mintNodeKey(former, host)
    expect(key).toMatch(/^k1\./)
    expect(await verifyNodeKey(settings, key)).toMatchObject({ ok: true })
    const onlyNewer = testSettings({ nodeKeySecrets: newer ? [newer] : [] })
    expect(await verifyNodeKey(onlyNewer, key)).toEqual({ ok: false })
  })

  it('can not be made without a secret', async () => {
    await expect(
      mintNodeKey({ ...world, settings: testSettings({ nodeKeySecrets: [] }) }, host),
    ).rejects.toThrow()
  })
})

describe('a forgery', () => {
  it('is refused whichever character was changed', async () => {
    const key = await mintNodeKey(world, host)
    const change = fc.tuple(fc.nat(key.length - 1), fc.constantFrom(...'AaZz09_-.{}" \0é'))
    await fc.assert(
      fc.asyncProperty(change, async ([at, character]) => {
        fc.pre(key[at] !== character)
        const forged = key.slice(0, at) + character + key.slice(at + 1)
        expect(await verifyNodeKey(settings, forged)).toEqual({ ok: false })
      }),
    )
  })

  it('is refused whatever its form, without throwing', async () => {
    const odd = [
      '',
      '.',
      '...',
      'a.b.c.d',
      'undefined',
      '__proto__.x.y.z',
      'k2.x..',
      '.'.repeat(1e6),
      'k2.'.repeat(1e5),
    ]
    for (const text of odd) expect(await verifyNodeKey(settings, text)).toEqual({ ok: false })
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async text => {
        expect(await verifyNodeKey(settings, text)).toEqual({ ok: false })
      }),
    )
  })

  it('is refused when another host’s id stands in a genuine key', async () => {
    const key = await mintNodeKey(world, host)
    expect(await verifyNodeKey(settings, key.replace(host, 'deadbeef0123456789deadbe'))).toEqual({
      ok: false,
    })
  })

  it('is refused in the other spelling of its last character', async () => {
    // 32 bytes leave two spare bits at the end of base64url, which a lenient decoder ignores.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const key = await mintNodeKey(world, host)
    const twin = key.slice(0, -1) + alphabet[alphabet.indexOf(key.slice(-1)) + 1]
    expect(await verifyNodeKey(settings, twin)).toEqual({ ok: false })
  })
})
