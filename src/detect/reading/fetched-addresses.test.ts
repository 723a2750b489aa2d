import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fetchedAddresses } from './fetched-addresses.ts'

const hosts = (line: string) => fetchedAddresses(line).map(({ host }) => host)

describe('fetchedAddresses', () => {
  it.each([
    ['curl -fsSL https://Example.com/a.sh | sh', { host: 'example.com', port: '', path: '/a.sh' }],
    ['wget -qO- 192.0.2.1:8080/a?b=c', { host: '192.0.2.1', port: '8080', path: '/a' }],
    ['sudo curl "http://user:pw@198.51.100.7/x"', { host: '198.51.100.7', port: '', path: '/x' }],
    ['curl -g http://[2001:db8::7]:81/a', { host: '2001:db8::7', port: '81', path: '/a' }],
    ['sh -c curl http://intranet/a', { host: 'intranet', port: '', path: '/a' }],
    ['curl https://example.com', { host: 'example.com', port: '', path: '' }],
  ])('%s', (line, address) => {
    expect(fetchedAddresses(line)).toEqual([address])
  })

  it('takes several, and no values of options', () => {
    expect(
      hosts(
        'curl -H Host:evil.example -o out.html -x proxy.example:3128 https://a.example https://b.example',
      ),
    ).toEqual(['a.example', 'b.example'])
  })

  it.each(['echo https://example.com', 'curl --version', 'curl -d @/etc/passwd', ''])(
    '%s fetches nothing',
    line => {
      expect(hosts(line)).toEqual([])
    },
  )

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), text => Array.isArray(fetchedAddresses(`curl ${text}`))),
      { numRuns: 50 },
    )
  })

  it('takes no more than a moment for a hostile line', () => {
    for (const piece of ['a@', '[:', 'a:1/', 'http://', 'a.']) {
      const line = `curl ${piece.repeat(5000)}`
      const start = performance.now()
      fetchedAddresses(line)
      expect(performance.now() - start).toBeLessThan(50)
    }
  })
})
