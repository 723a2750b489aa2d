import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TEST_NOW, testSettings } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import { withoutSecrets } from '../store/without-secrets.ts'
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
  it('says whom it was given to and when', () => {
    const key = mintNodeKey(world, host)
    expect(key).toMatch(/^k2\.c0ffee0123456789c0ffee01\.[\w-]{30}\.[\w-]{43}$/)
    expect(verifyNodeKey(settings, key)).toEqual({ ok: true, hostId: host, issuedAt: TEST_NOW })
  })

  it('is known for what it is where bytes are kept for people', () => {
    const bytes = new TextEncoder().encode(`node_key=${mintNodeKey(world, host)}&x=y`)
    expect(new TextDecoder().decode(withoutSecrets(bytes))).toMatch(/^node_key=\*+&x=y$/)
  })

  it('is a new one each time, by 128 random bits', () => {
    expect(mintNodeKey(world, host)).not.toBe(mintNodeKey(world, host))
    const asked: number[] = []
    const randomBytes = (length: number) => {
      asked.push(length)
      return new Uint8Array(length)
    }
    const counting = { ...world, randomBytes }
    mintNodeKey(counting, host)
    expect(asked.reduce((sum, n) => sum + n, 0) * 8).toBeGreaterThanOrEqual(128)
  })

  it('lives on while its secret does, though a newer one signs', () => {
    const [newer, older] = settings.nodeKeySecrets
    const former = { ...world, settings: testSettings({ nodeKeySecrets: older ? [older] : [] }) }
    const key = mintNodeKey(former, host)
    expect(key).toMatch(/^k1\./)
    expect(verifyNodeKey(settings, key)).toMatchObject({ ok: true })
    const onlyNewer = testSettings({ nodeKeySecrets: newer ? [newer] : [] })
    expect(verifyNodeKey(onlyNewer, key)).toEqual({ ok: false })
  })

  it('can not be made without a secret', () => {
    expect(() => mintNodeKey({ ...world, settings: testSettings({ nodeKeySecrets: [] }) }, host)).toThrow()
  })
})

describe('a forgery', () => {
  it('is refused whichever character was changed', () => {
    const key = mintNodeKey(world, host)
    const change = fc.tuple(fc.nat(key.length - 1), fc.constantFrom(...'AaZz09_-.{}" \0é'))
    fc.assert(
      fc.property(change, ([at, character]) => {
        fc.pre(key[at] !== character)
        const forged = key.slice(0, at) + character + key.slice(at + 1)
        expect(verifyNodeKey(settings, forged)).toEqual({ ok: false })
      }),
    )
  })

  it('is refused whatever its form, without throwing', () => {
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
    for (const text of odd) expect(verifyNodeKey(settings, text)).toEqual({ ok: false })
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
        expect(verifyNodeKey(settings, text)).toEqual({ ok: false })
      }),
    )
  })

  it('is refused when another host’s id stands in a genuine key', () => {
    const key = mintNodeKey(world, host)
    expect(verifyNodeKey(settings, key.replace(host, 'deadbeef0123456789deadbe'))).toEqual({
      ok: false,
    })
  })

  it('is refused in the other spelling of its last character', () => {
    // 32 bytes leave two spare bits at the end of base64url, which a lenient decoder ignores.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const key = mintNodeKey(world, host)
    const twin = key.slice(0, -1) + alphabet[alphabet.indexOf(key.slice(-1)) + 1]
    expect(verifyNodeKey(settings, twin)).toEqual({ ok: false })
  })
})
