import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuMs } from '../../../test/cpu-time.ts'
import {
  addressClass,
  inNetworks,
  isLinkLocal,
  isLoopback,
  isMetadataService,
  isPrivate,
  isPublicAddress,
  isUnspecified,
} from './addresses.ts'

describe('addressClass', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['172.15.255.255', 'public'],
    ['172.32.0.0', 'public'],
    ['100.128.0.0', 'public'],
    ['2a00:1450::1', 'public'],
    ['192.0.2.7', 'public'],
    ['198.51.100.1', 'public'],
    ['203.0.113.255', 'public'],
    ['2001:db8::1', 'public'],
    ['3fff::1', 'public'],
    ['::ffff:192.0.2.7', 'public'],
    ['10.0.0.1', 'private'],
    ['172.16.0.0', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd00::1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:a00:1', 'private'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['2002:a00:1::', 'private'],
    ['127.0.0.1', 'loopback'],
    ['127.255.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['::FFFF:127.0.0.1', 'loopback'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1%en0', 'link-local'],
    ['224.0.0.251', 'multicast'],
    ['ff02::fb', 'multicast'],
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['::ffff:0.0.0.0', 'unspecified'],
    ['255.255.255.255', 'reserved'],
    ['240.0.0.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['100::1', 'reserved'],
  ])('%s is %s', (text, name) => {
    expect(addressClass(text)).toBe(name)
    expect(isPublicAddress(text)).toBe(name === 'public')
    expect(isPrivate(text)).toBe(name === 'private')
    expect(isLoopback(text)).toBe(name === 'loopback')
    expect(isLinkLocal(text)).toBe(name === 'link-local')
    expect(isUnspecified(text)).toBe(name === 'unspecified')
  })

  it.each([
    '',
    '*',
    '10.1',
    '010.0.0.1',
    '0x7f.0.0.1',
    '2130706433',
    '256.0.0.1',
    '1.2.3.4.5',
    '1.2.3.4 ',
    '10.0.0.0/8',
    ':::',
    'fe80::1::2',
    '[::1]',
    'localhost',
    'gw.example.com',
    '1.2.3.4:80',
  ])('%j is no address', text => {
    expect(addressClass(text)).toBeNull()
    expect(isPublicAddress(text)).toBe(false)
  })

  it('gives a mapped address the class of the address that it maps', () => {
    fc.assert(
      fc.property(fc.ipV4(), text => {
        expect(addressClass(`::ffff:${text}`)).toBe(addressClass(text))
      }),
    )
  })

  it('knows every IPv6 spelling, and never throws', () => {
    fc.assert(fc.property(fc.ipV6(), text => addressClass(text) !== null))
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdef.:%/'), maxLength: 40 }), text => {
        addressClass(text)
      }),
    )
  })
})

describe('inNetworks', () => {
  it.each([
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['11.0.0.0', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['2001:db8:0:1::5', true],
    ['2001:db9::', false],
    ['', false],
    ['ten', false],
  ])('%s: %s', (text, is) => {
    expect(inNetworks(text, ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'])).toBe(is)
  })

  it('agrees with arithmetic on IPv4', () => {
    const numberOf = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (text, network, length) => {
        const size = 2 ** (32 - length)
        const is = Math.floor(numberOf(text) / size) === Math.floor(numberOf(network) / size)
        expect(inNetworks(text, [`${network}/${length}`])).toBe(is)
      }),
    )
  })

  it.each(['', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1', '10/8', '::/129', 'office'])(
    'refuses %j as a network',
    cidr => {
      expect(() => inNetworks('10.0.0.1', [cidr])).toThrow('is no network')
    },
  )
})

it.each([
  ['169.254.169.254', true],
  ['::ffff:169.254.169.254', true],
  ['FD00:EC2::254', true],
  ['100.100.100.200', true],
  ['169.254.169.253', false],
  ['', false],
])('%s: metadata service %s', (text, is) => {
  expect(isMetadataService(text)).toBe(is)
})

it.each(['1', '.', ':', '1.', 'f:', '::', '0', '%', '/', '\u202e'])(
  'is done with 10,000 characters of %j in no time, and forgets them',
  piece => {
    const ms = cpuMs(index => {
      const hostile = `${index}${piece.repeat(10_000 / piece.length)}`
      expect(addressClass(hostile)).toBeNull()
      expect(inNetworks(hostile, ['10.0.0.0/8'])).toBe(false)
    })
    expect(ms).toBeLessThan(5)
  },
)
