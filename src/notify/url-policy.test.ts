import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeUrl } from './url-policy.ts'

const OWN = 'https://margay.example.com'
const production = { environment: 'production', publicUrl: OWN } as const
const local = { environment: 'local', publicUrl: 'http://localhost:8787' } as const

describe('a URL that alerts may be sent to', () => {
  it.each([
    ['https://hooks.example.com/in', 'https://hooks.example.com/in'],
    ['https://hooks.example.com', 'https://hooks.example.com/'],
    ['https://HOOKS.Example.COM/In?A=b#c', 'https://hooks.example.com/In?A=b#c'],
    ['HTTPS://hooks.example.com:443/in', 'https://hooks.example.com/in'],
    ['https://hooks.example.com./in', 'https://hooks.example.com/in'],
    ['https://xn--bcher-kva.example/in', 'https://xn--bcher-kva.example/in'],
    ['https://1and1.example.com/', 'https://1and1.example.com/'],
    ['https://example.com/?@[::1]', 'https://example.com/?@[::1]'],
    ['https://localhost.example.com/', 'https://localhost.example.com/'],
    ['https://notmargay.example.com/', 'https://notmargay.example.com/'],
  ])('%s', (text, url) => {
    expect(judgeUrl(text, production)).toMatchObject({ ok: true, url })
  })
})

describe('a URL that alerts may not be sent to', () => {
  it.each<[reason: string, texts: readonly string[]]>([
    [
      'https URL',
      ['', 'nonsense', 'http://hooks.example.com/', 'ftp://hooks.example.com/', 'file:///etc/passwd'],
    ],
    [
      'https URL',
      ['javascript:alert(1)', 'data:,x', '//hooks.example.com/', 'https:hooks.example.com', 'https:///x'],
    ],
    [
      'port 443',
      ['https://hooks.example.com:8443/', 'https://hooks.example.com:80/', 'https://hooks.example.com:0/'],
    ],
    [
      'user',
      [
        'https://user:password@hooks.example.com/',
        'https://hooks.example.com@192.0.2.1/',
        'https://@a.example/',
      ],
    ],
    [
      'IP address',
      ['https://192.0.2.1/', 'https://127.0.0.1/', 'https://10.0.0.1:443/', 'https://1.1.1.1./'],
    ],
    [
      'IP address',
      ['https://2130706433/', 'https://0x7f000001/', 'https://0177.0.0.1/', 'https://127.1/', 'https://0/'],
    ],
    ['IP address', ['https://[::1]/', 'https://[2001:db8::1]/', 'https://[::ffff:127.0.0.1]/']],
    [
      'plain ASCII',
      ['https://①②⑦.0.0.1/', 'https://ｌｏｃａｌｈｏｓｔ/', 'https://bücher.example/', 'https://a。example/'],
    ],
    [
      'plain ASCII',
      ['https://hooks.example.com\\@evil.example/', 'https://evil\t.example/', ' https://a.example/'],
    ],
    [
      'plain ASCII',
      [
        'https://a.example/\u0000',
        'https://a.example/\n',
        'https://a.exa\u00admple/',
        'https://a.example/ x',
      ],
    ],
    [
      'name of a host',
      ['https://%6c%6f%63alhost/', 'https://a..example/', 'https://.example.com/', 'https://a_b.example/'],
    ],
    [
      'name of a host',
      ['https://a.example:x/', 'https://a.example:/', 'https://a.example:123456/', 'https://a.0x/'],
    ],
    [
      'without a dot',
      ['https://localhost/', 'https://LOCALHOST./', 'https://intranet/', 'https://metadata/'],
    ],
    [
      'is not public',
      ['https://a.localhost/', 'https://printer.local/', 'https://vault.internal/', 'https://a.local./'],
    ],
    [
      'is not public',
      ['https://metadata.google.internal/', 'https://nas.home.arpa/', 'https://1.0.0.127.in-addr.arpa/'],
    ],
    [
      'back to Margay',
      [`${OWN}/api/v1/osquery/log`, 'https://MARGAY.example.com./', 'https://a.margay.example.com/'],
    ],
    ['longer than', [`https://hooks.example.com/${'x'.repeat(2_048)}`]],
  ])('must … %s', (reason, texts) => {
    for (const text of texts) {
      expect(judgeUrl(text, production), text).toEqual({ ok: false, reason: expect.stringContaining(reason) })
    }
  })

  it('is not quoted, for it may be a secret', () => {
    for (const text of [
      'http://hush.example.com/hush',
      'https://hush:hush@example.com/',
      'https://hush.local/hush',
    ]) {
      expect(JSON.stringify(judgeUrl(text, production))).not.toContain('hush')
    }
  })
})

describe('this machine', () => {
  it.each(['http://localhost:9000/x', 'http://127.0.0.1:9000/x', 'https://localhost/x'])(
    'may be told in a local run only: %s',
    text => {
      expect(judgeUrl(text, local).ok).toBe(true)
      expect(judgeUrl(text, production).ok).toBe(false)
    },
  )

  it.each([
    'http://localhost.example.com/',
    'http://example.com/',
    'http://192.0.2.1/',
    'http://127.1/',
    'http://[::1]/',
    'http://user@localhost/',
    'http://a.localhost/',
    'ftp://localhost/',
  ])('is not %s, in a local run neither', text => {
    expect(judgeUrl(text, local).ok).toBe(false)
  })
})

describe('whatever is written', () => {
  const words =
    'a A example com localhost local internal margay 127 0 1 0x7f 0177 2130706433 xn-- xn--bcher-kva ß ① ｌ'
  const signs =
    '. .. 。 ． - _ %2e %00 %6c @ : :443 :80 / \\ ? # [ ] [::1] [::ffff:7f00:1] // https: \u00ad \u200d \u0000'
  const piece = fc.constantFrom(...words.split(' '), ...signs.split(' '), ' ', '\t', '\n')
  const scheme = fc.constantFrom(
    'https://',
    'https:/',
    'https:',
    'HTTPS://',
    'http://',
    '',
    'https:\\\\',
    ' https://',
  )
  const written = fc.oneof(
    fc.tuple(scheme, fc.array(piece, { maxLength: 8 })).map(([head, pieces]) => head + pieces.join('')),
    fc
      .tuple(scheme, fc.webAuthority({ withIPv4: true, withIPv6: true, withUserInfo: true, withPort: true }))
      .map(parts => parts.join('')),
    fc.tuple(scheme, fc.string({ unit: 'binary', maxLength: 20 })).map(parts => parts.join('')),
  )

  it('is judged by the host that the URL parser sees, and what passes is public, by https, on its port', () => {
    fc.assert(
      fc.property(written, text => {
        const verdict = judgeUrl(text, production)
        if (!verdict.ok) return
        const seen = new URL(text)
        expect(seen.hostname.replace(/\.$/, '')).toBe(verdict.host)
        const asked = new URL(verdict.url)
        expect(asked.href).toBe(verdict.url)
        expect([asked.protocol, asked.port, asked.username, asked.password]).toEqual(['https:', '', '', ''])
        expect(asked.hostname).toBe(verdict.host)
        expect(verdict.host).toMatch(
          /^(?!.*\.(local|localhost|internal)$)(?!(.*\.)?margay\.example\.com$)[a-z0-9-]+(\.[a-z0-9-]+)+$/,
        )
        expect(verdict.host).not.toMatch(/^[\d.]+$/)
      }),
      { numRuns: 3_000 },
    )
  })

  it('of a local run leads to this machine or to what is public', () => {
    fc.assert(
      fc.property(written, text => {
        const verdict = judgeUrl(text, local)
        if (!verdict.ok) return
        const { hostname, protocol } = new URL(verdict.url)
        expect(hostname).toBe(verdict.host)
        if (protocol === 'http:') expect(['localhost', '127.0.0.1']).toContain(hostname)
      }),
      { numRuns: 1_000 },
    )
  })
})
