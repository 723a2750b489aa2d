import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuMs } from '../../../test/cpu-time.ts'
import {
  compareVersions,
  effectiveVersion,
  inRange,
  isAtLeast,
  isBelow,
  type VersionScheme,
} from './versions.ts'

/** Each list goes from old to new; every pair of it is compared both ways. */
const ascending: readonly (readonly [VersionScheme, readonly string[]])[] = [
  ['dotted', ['5.6.0', '5.6.1', '5.6.2', '5.6.10', '5.10', '6']],
  ['dotted', ['1.0-alpha', '1.0-alpha.1', '1.0-beta.2', '1.0-beta.11', '1.0-rc.1', '1.0']],
  ['dotted', ['3.13.0a1', '3.13.0b2', '3.13.0rc1', '3.13.0', 'v3.13.1']],
  ['dotted', ['1.1.1', '1.1.1a', '1.1.1w', '1.1.2']],
  ['dotted', ['9.2', '9.2p1', '9.2p2', '9.8p1', '9.10p1']],
  ['dotted', ['1.8.0', '1.8.0_392', '1.8.0_400', '1.8.1']],
  ['dotted', ['10.0.19041.1 (WinBuild.160101.0800)', '10.0.19041.3803', '10.0.22000']],
  ['dotted', ['1.9007199254740992', '1.9007199254740993', '1.99999999999999999999999999']],
  [
    'deb',
    ['1.0~~', '1.0~~a', '1.0~', '1.0~rc1', '1.0~rc1-1', '1.0', '1.0-1~bpo12+1', '1.0-1', '1.0-1ubuntu1'],
  ],
  ['deb', ['5.4.5', '5.6.1', '5.6.1+really5.4.5', '5.6.10', '1:1.0', '2:0.1']],
  ['deb', ['9.2p1-2+deb12u2', '9.2p1-2+deb12u10', '9.8p1-1']],
  ['deb', ['1.2a', '1.2z', '1.2+', '1.2.']],
  ['rpm', ['1.0~rc1', '1.0', '1.0^git1', '1.0.a', '1.0.1', '1.1', '1:0.1']],
  ['rpm', ['1.a', '1.z', '1.0', '1.0a', '1.0b', '1.0.1']],
  ['rpm', ['8.7p1-34.el9', '8.7p1-38.el9_4.1', '8.7p1-38.el9_4.4', '9.0-1']],
]

const equal: readonly (readonly [VersionScheme, string, string])[] = [
  ['dotted', '1.2', '1.2.0.0'],
  ['dotted', '01.2', '1.02'],
  ['dotted', '1.0+build.5', 'v1.0'],
  ['dotted', '1.0a2', '1.0-alpha.2'],
  ['deb', '1.0', '0:1.0-0'],
  ['deb', '1.00-01', '1.0-1'],
  ['rpm', '1.0', '0:1.0-5.el9'],
  ['rpm', '1.0', '1_0'],
  ['rpm', '1.010', '1.10'],
]

describe('compareVersions', () => {
  it.each(ascending)('%s: %j', (scheme, versions) => {
    for (const [at, older] of versions.entries()) {
      expect(compareVersions(older, older, scheme)).toBe(0)
      for (const newer of versions.slice(at + 1)) {
        expect([older, newer, compareVersions(older, newer, scheme)]).toEqual([older, newer, -1])
        expect([newer, older, compareVersions(newer, older, scheme)]).toEqual([newer, older, 1])
      }
    }
  })

  it.each(equal)('%s: %s is %s', (scheme, a, b) => {
    expect(compareVersions(a, b, scheme)).toBe(0)
    expect(compareVersions(b, a, scheme)).toBe(0)
  })

  it.each<[VersionScheme, string]>([
    ['dotted', ''],
    ['dotted', 'unknown'],
    ['dotted', '1.'],
    ['dotted', '1..2'],
    ['dotted', '.1'],
    ['dotted', '1.2 '],
    ['dotted', '24.0.7-ce'],
    ['dotted', '1.2.3-1'],
    ['dotted', '5.15.0-91-generic'],
    ['dotted', '1,0,0,1'],
    ['dotted', '23C71'],
    ['dotted', '-1'],
    ['deb', ''],
    ['deb', '1.0-'],
    ['deb', 'a1'],
    ['deb', '1.0 1'],
    ['deb', '1:2:3'],
    ['deb', 'x:1'],
    ['deb', '1_0'],
    ['rpm', ''],
    ['rpm', '1-2-3'],
    ['rpm', '(none)'],
    ['rpm', 'beta'],
    ['rpm', '1.0-'],
  ])('%s: %j is no version that can be placed', (scheme, text) => {
    expect(compareVersions(text, '1.0', scheme)).toBeNull()
    expect(compareVersions('1.0', text, scheme)).toBeNull()
  })

  it.each([
    ['1.0-dev', '1.0-rc1'],
    ['1.0p1', '1.0b'],
  ])('says nothing of %s against %s', (a, b) => {
    expect(compareVersions(a, b)).toBeNull()
  })

  it.each<VersionScheme>(['deb', 'rpm', 'dotted'])('orders any %s versions without contradiction', scheme => {
    const text = fc.string({
      unit: fc.constantFrom('0', '1', '10', 'a', 'rc', '.', '~', '+', '-', '^', ':'),
      maxLength: 8,
    })
    const version = text.map(tail => `1${tail}`)
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const ab = compareVersions(a, b, scheme)
        const ba = compareVersions(b, a, scheme)
        expect(ab === null ? null : ab + (ba ?? 9)).toBe(ab === null ? null : 0)
        const bc = compareVersions(b, c, scheme)
        const ac = compareVersions(a, c, scheme)
        // A bare RPM version equals all its releases, which are not equal to each other.
        const isStrict = scheme !== 'rpm' || ![a, b, c].some(one => one.includes('-'))
        if (isStrict && ab === -1 && bc === -1 && ac !== null) expect(ac).toBe(-1)
      }),
      { numRuns: 500 },
    )
  })

  it('agrees with numbers on dotted numbers', () => {
    const numbers = fc.array(fc.nat(30), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const at = a.findIndex((part, index) => part !== b[index])
        const order = at === -1 ? 0 : Math.sign((a[at] ?? 0) - (b[at] ?? 0))
        for (const scheme of ['dotted', 'deb', 'rpm'] as const) {
          expect(compareVersions(a.join('.'), b.join('.'), scheme)).toBe(order)
        }
      }),
    )
  })
})

describe('effectiveVersion', () => {
  it.each([
    ['5.6.1+really5.4.5', '5.4.5'],
    ['5.6.1+really5.4.5-1', '5.4.5'],
    ['1:2.0+really1.9+really1.8-1ubuntu2', '1.8'],
    ['1:9.2p1-2+deb12u2', '9.2p1'],
    ['2.4.57+dfsg1-2', '2.4.57'],
    ['2.4.57+ds-2', '2.4.57'],
    ['8.7p1-38.el9_4.4', '8.7p1'],
    ['3.0.7', '3.0.7'],
    ['', null],
    ['unknown', null],
    ['1.0+reallyold-1', null],
  ])('%s is %s', (text, version) => {
    expect(effectiveVersion(text)).toBe(version)
  })
})

describe('bounds', () => {
  it('are certain, or null', () => {
    expect(isAtLeast('5.6.10', '5.6.1')).toBe(true)
    expect(isAtLeast('5.6.1', '5.6.1')).toBe(true)
    expect(isAtLeast('5.6.0', '5.6.1')).toBe(false)
    expect(isAtLeast('new', '5.6.1')).toBeNull()
    expect(isAtLeast(null, '5.6.1')).toBeNull()
    expect(isBelow('9.2p1', '9.8')).toBe(true)
    expect(isBelow('1:1.0', '9.8', 'deb')).toBe(false)
    expect(isBelow('', '9.8')).toBeNull()
    expect(isBelow(null, '9.8')).toBeNull()
  })

  it.each([
    ['5.5.9', false],
    ['5.6.0', true],
    ['5.6.1', true],
    ['5.6.2', false],
    ['5.6.10', false],
    ['', null],
    [null, null],
  ])('%s within 5.6.0 to 5.6.1: %s', (version, is) => {
    expect(inRange(version, { from: '5.6.0', to: '5.6.1' })).toBe(is)
  })

  it('leave their own side open', () => {
    expect(inRange('1', { below: '2' })).toBe(true)
    expect(inRange('2', { below: '2' })).toBe(false)
    expect(inRange('9', { from: '2' })).toBe(true)
    expect(inRange(effectiveVersion('5.6.1-1'), { from: '5.6.0', to: '5.6.1' })).toBe(true)
    expect(inRange(effectiveVersion('5.6.1+really5.4.5-1'), { from: '5.6.0', to: '5.6.1' })).toBe(false)
  })
})

it.each(['1', '1.', '.', 'a', '-', '~', '+really1', '1:', '0', 'rc', '^', ' (', '\u202e'])(
  'is done with 10,000 characters of %j in no time',
  piece => {
    const times = [10_000, 250].map(length => {
      const hostile = `1${piece.repeat(length / piece.length)}`
      const ms = cpuMs(() => {
        for (const scheme of ['deb', 'rpm', 'dotted'] as const)
          compareVersions(hostile, `${hostile}!`, scheme)
        effectiveVersion(hostile)
      })
      return ms
    })
    expect(Math.max(...times)).toBeLessThan(5)
  },
)
