import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuMs } from '../../../test/cpu-time.ts'
import { glob } from './glob.ts'

/** The definition, one step at a time; far too slow for hostile texts. */
function meets(pattern: string, text: string): boolean {
  const folders = /^\*\*+\//.exec(pattern)?.[0]
  if (folders !== undefined) {
    const rest = pattern.slice(folders.length)
    const starts = [0, ...Array.from(text.matchAll(/\//g), ({ index }) => index + 1)]
    return starts.some(start => inPart(rest, text.slice(start), true))
  }
  return inPart(pattern, text, true)
}

function inPart(pattern: string, text: string, beginsPart: boolean): boolean {
  if (pattern === '') return text === ''
  if (beginsPart && /^\*\*+\//.test(pattern)) return meets(pattern, text)
  const stars = /^\*+/.exec(pattern)?.[0].length ?? 0
  const [first = ''] = text
  if (stars > 0) {
    if (inPart(pattern.slice(stars), text, false)) return true
    return text !== '' && (stars > 1 || first !== '/') && inPart(pattern, text.slice(1), false)
  }
  const isMet = text !== '' && (pattern.startsWith('?') ? first !== '/' : pattern.startsWith(first))
  return isMet && inPart(pattern.slice(1), text.slice(1), first === '/' && pattern.startsWith('/'))
}

describe('glob', () => {
  it.each([
    ['/home/*/.ssh/authorized_keys*', '/home/ada/.ssh/authorized_keys2', true],
    ['/home/*/.ssh/authorized_keys*', '/home/ada/x/.ssh/authorized_keys', false],
    ['/home/*/.ssh/authorized_keys*', '/home/ada/.ssh/authorized_keys/x', false],
    ['/etc/cron*/*', '/etc/cron.d/job', true],
    ['/etc/cron*/*', '/etc/cron.d/', true],
    ['/opt/**/bin/?sh', '/opt/bin/zsh', true],
    ['/opt/**/bin/?sh', '/opt/a/b/bin/zsh', true],
    ['/opt/**/bin/?sh', '/opt/xbin/zsh', false],
    ['/opt/**/bin/?sh', '/opt/bin/bash', false],
    ['/opt/**', '/opt/a/b', true],
    ['/opt/**', '/opt', false],
    ['**/id_rsa', 'id_rsa', true],
    ['**/id_rsa', '/a/b/id_rsa', true],
    ['**/id_rsa', '/a/my_id_rsa', false],
    ['a**z', 'a/b/z', true],
    ['?', '/', false],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a', 'a', true],
    ['a', 'A', false],
    ['a', 'ab', false],
    ['[a]{b}.c\\', '[a]{b}.c\\', true],
    ['[a]', 'a', false],
    ['a.c', 'abc', false],
  ])('%s meets %s: %s', (pattern, text, is) => {
    expect(glob(pattern)(text)).toBe(is)
  })

  it('reads Windows paths when told', () => {
    const exe = glob('C:\\Users\\*\\*.exe', { separator: '\\', ignoreCase: true })
    expect(exe('c:\\users\\ada\\A.EXE')).toBe(true)
    expect(exe('c:\\users\\ada\\x\\a.exe')).toBe(false)
    expect(exe('c:\\users\\a/b\\a.exe')).toBe(true)
  })

  it('does what its definition says', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '**', '**/', '?'), maxLength: 6 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 })
    fc.assert(
      fc.property(pattern, text, (one, other) => {
        expect(glob(one)(other)).toBe(meets(one, other))
      }),
      { numRuns: 2000 },
    )
  })

  it('meets itself where it has no wildcard', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), text => {
        const plain = text.replace(/[*?]/g, '')
        expect(glob(plain)(plain)).toBe(true)
      }),
    )
  })

  it('refuses a pattern that nobody would write', () => {
    expect(() => glob('a'.repeat(257))).toThrow('more than 256 characters')
  })

  it.each([
    '**/**/**/*a*a*a*a*b',
    '*a*a*a*a*a*a*a*b',
    '**a**a**a**a**a**b',
    '/**/a/**/a/**/a/**/b',
    '?'.repeat(50),
  ])('%s is done with 10,000 hostile characters in no time', pattern => {
    const is = glob(pattern)
    for (const piece of ['a', '/', '/a', 'aa/', '*']) {
      const hostile = piece.repeat(10_000 / piece.length)
      const ms = cpuMs(() => {
        is(hostile)
      })
      expect(ms, piece).toBeLessThan(5)
    }
  })
})
