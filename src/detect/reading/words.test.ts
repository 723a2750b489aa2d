import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commandsOf, isParted, isProgram, mayRun } from './command.ts'
import { anyOf, programNamed } from './words.ts'

describe('anyOf', () => {
  it('finds a word anywhere, whatever characters it has', () => {
    const words = anyOf('/.aws/credentials', '-perm', 'stratum+tcp://')
    expect(words.test('cat /home/ada/.aws/credentials')).toBe(true)
    expect(words.test('xmrig -o stratum+tcp://pool.example.com')).toBe(true)
    expect(words.test('cat /home/ada/xaws/credentials')).toBe(false)
  })

  it('answers the same each time it is asked', () => {
    const words = anyOf('nmap')
    expect([words.test('nmap'), words.test('nmap'), words.test('ls')]).toEqual([true, true, false])
  })
})

describe('programNamed', () => {
  const names = programNamed('nc', '7z', 'python')

  it.each(['nc -l', '/bin/nc', 'a|nc', '-nc', 'nc.openbsd', 'python3.11 -c', '"7z" a', '$(nc)'])(
    'is in %s',
    line => {
      expect(names.test(line)).toBe(true)
    },
  )

  it.each(['rsync', 'ncdu', 'nc_x', 'pythonista', ''])('is not in %s', line => {
    expect(names.test(line)).toBe(false)
  })
})

describe('what is asked before a line is read', () => {
  /** Pieces out of which lines that hide a program are made. */
  const piece = fc.constantFrom(
    ...[
      'curl',
      'cu',
      'rl',
      'sh',
      ' ',
      "'",
      '"',
      '\\',
      '$',
      '\n',
      '`',
      '$(',
      ')',
      '|',
      '||',
      ';',
      '-c ',
      '/bin/',
    ],
    ...[
      '$IFS',
      "$'\\x63url'",
      'sh -c ',
      'env -S ',
      'eval ',
      '2>&1',
      '>',
      '{',
      'watch ',
      'find . -exec ',
      'x',
      '3',
    ],
  )
  const line = fc.array(piece, { maxLength: 14 }).map(pieces => pieces.join(''))

  it('never rules out a program that the line runs', () => {
    fc.assert(
      fc.property(line, text => {
        const runsIt = commandsOf(text).some(command => isProgram(command, 'curl'))
        if (!runsIt) return
        expect(mayRun(text, ['curl'])).toBe(true)
        expect(programNamed('curl').test(text) || isParted(text)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})
