import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuMs } from '../../../test/cpu-time.ts'
import {
  hasShortName,
  isUnderWindows,
  isWindowsProfile,
  isWindowsTemp,
  isWorldWritableWindowsPlace,
  meantWindowsPath,
  windowsBaseName,
  windowsExtension,
} from './windows-paths.ts'

describe('meantWindowsPath', () => {
  it.each([
    ['', ''],
    ['C:\\', 'c:\\'],
    ['C:', 'c:'],
    ['C:\\Windows\\System32\\cmd.exe', 'c:\\windows\\system32\\cmd.exe'],
    ['"C:\\Program Files\\a.exe"', 'c:\\program files\\a.exe'],
    ['C:/Users//Ada/./x/../a.exe', 'c:\\users\\ada\\a.exe'],
    ['C:\\..\\..\\a', 'c:\\a'],
    ['C:\\a.exe. . ', 'c:\\a.exe'],
    ['C:\\a.txt:evil.exe', 'c:\\a.txt'],
    ['C:\\a.txt:evil.exe:$DATA', 'c:\\a.txt'],
    ['\\\\?\\C:\\a', 'c:\\a'],
    ['\\\\.\\C:\\a', 'c:\\a'],
    ['\\??\\C:\\a', 'c:\\a'],
    ['\\\\?\\UNC\\server\\share\\a', '\\\\server\\share\\a'],
    ['\\\\server\\share\\a', '\\\\server\\share\\a'],
    ['\\Device\\HarddiskVolume3\\Windows\\a.exe', '?:\\windows\\a.exe'],
    ['\\\\?\\GLOBALROOT\\Device\\HarddiskVolume12\\a', '?:\\a'],
    ['\\\\?\\Volume{12345678-1234-1234-1234-123456789abc}\\a', '?:\\a'],
    ['\\SystemRoot\\System32\\drivers\\a.sys', '?:\\windows\\system32\\drivers\\a.sys'],
    ['%SystemRoot%\\System32\\a.exe', '%systemroot%\\system32\\a.exe'],
    ['C:a.exe', 'c:a.exe'],
    ['\\a', '\\a'],
    ['a.exe', 'a.exe'],
    ['C:\\PROGRA~1\\a.exe', 'c:\\progra~1\\a.exe'],
  ])('%s is %s', (path, meant) => {
    expect(meantWindowsPath(path)).toBe(meant)
  })

  it('means the same when asked again', () => {
    const part = fc.constantFrom(
      'a',
      'B.exe',
      '.',
      '..',
      '...',
      '',
      'c:',
      'x. ',
      's:t',
      '%temp%',
      '?',
      '??',
      'device',
    )
    const path = fc.tuple(
      fc.constantFrom('C:\\', '\\\\?\\c:\\', '\\\\?\\UNC\\', '\\Device\\HarddiskVolume1\\', 'c:/'),
      fc.array(part, { maxLength: 6 }),
    )
    fc.assert(
      fc.property(path, ([root, parts]) => {
        const meant = meantWindowsPath(root + parts.join('\\'))
        // A share whose server is called `?` is none: what is left then is a device prefix.
        if (!meant.startsWith('\\\\?')) expect(meantWindowsPath(meant)).toBe(meant)
      }),
    )
  })
})

describe('isUnderWindows', () => {
  it.each([
    ['C:\\Users\\Public', true],
    ['c:/users/PUBLIC/x/a.exe', true],
    ['D:\\Users\\Public\\a.exe', true],
    ['\\\\?\\C:\\Users\\Public\\a.exe', true],
    ['\\Device\\HarddiskVolume3\\Users\\Public\\a.exe', true],
    ['C:\\Users\\Ada\\..\\Public\\a.exe', true],
    ['C:\\Users\\PublicX\\a.exe', false],
    ['C:\\x\\Users\\Public\\a.exe', false],
    ['\\\\server\\Users\\Public\\a.exe', false],
    ['', false],
  ])('%s: under Public of any drive %s', (path, is) => {
    expect(isUnderWindows(path, '\\Users\\Public')).toBe(is)
  })

  it.each([
    ['C:\\Windows\\a.exe', true],
    ['D:\\Windows\\a.exe', false],
    ['\\Device\\HarddiskVolume3\\Windows\\a.exe', true],
    ['\\SystemRoot\\a.exe', true],
    ['%SystemRoot%\\a.exe', false],
    ['\\Windows\\a.exe', false],
  ])('%s: under C:\\Windows %s', (path, is) => {
    expect(isUnderWindows(path, 'C:\\Windows')).toBe(is)
  })

  it('compares variables as written, and shares', () => {
    expect(isUnderWindows('%SYSTEMROOT%\\System32\\a.exe', '%SystemRoot%\\System32')).toBe(true)
    expect(isUnderWindows('\\\\Server\\Share\\a', '\\\\server\\share')).toBe(true)
    expect(isUnderWindows('\\\\server\\shared\\a', '\\\\server\\share')).toBe(false)
    expect(isUnderWindows('C:\\a', 'C:\\')).toBe(true)
  })
})

describe('places', () => {
  it.each([
    ['C:\\Users\\Public\\a.exe', true, false],
    ['C:\\ProgramData\\a.exe', true, false],
    ['%ProgramData%\\a.exe', true, false],
    ['C:\\Windows\\Temp\\a.exe', true, false],
    ['C:\\Users\\Ada\\AppData\\Local\\Temp\\a.exe', false, true],
    ['%AppData%\\a.exe', false, true],
    ['C:\\Documents and Settings\\Ada\\a.exe', false, true],
    ['C:\\Users\\Default\\a.exe', false, false],
    ['C:\\Users', false, false],
    ['C:\\Windows\\System32\\a.exe', false, false],
    ['C:\\Program Files\\a.exe', false, false],
  ])('%s: for everyone %s, profile %s', (path, everyone, profile) => {
    expect(isWorldWritableWindowsPlace(path)).toBe(everyone)
    expect(isWindowsProfile(path)).toBe(profile)
  })

  it.each([
    ['C:\\Users\\Ada\\AppData\\Local\\Temp\\x\\a.exe', true],
    ['C:\\Users\\ADA~1\\AppData\\Local\\Temp', true],
    ['C:\\Windows\\Temp\\a.exe', true],
    ['%TEMP%\\a.exe', true],
    ['C:\\Users\\Ada\\Template\\a.exe', false],
    ['C:\\Temperature\\a.exe', false],
  ])('%s: temporary %s', (path, is) => {
    expect(isWindowsTemp(path)).toBe(is)
  })

  it.each([
    ['C:\\PROGRA~1\\a.exe', true],
    ['C:\\Users\\ADMINI~1\\a.exe', true],
    ['C:\\x\\LONGNA~1.EXE', true],
    ['C:\\Program Files\\a~b.exe', false],
    ['C:\\backup~\\a', false],
    ['C:\\averylongname~1\\a', false],
  ])('%s: short name %s', (path, is) => {
    expect(hasShortName(path)).toBe(is)
  })
})

it.each([
  ['C:\\Windows\\A.EXE', 'a.exe', 'exe'],
  ['"C:\\A B.Exe"', 'a b.exe', 'exe'],
  ['C:a.exe', 'a.exe', 'exe'],
  ['a.pdf.exe', 'a.pdf.exe', 'exe'],
  ['C:\\a.txt:b.exe', 'a.txt', 'txt'],
  ['C:\\', '', ''],
  ['', '', ''],
  ['C:/x/a', 'a', ''],
])('%s has name %s and extension %s', (path, name, ending) => {
  expect([windowsBaseName(path), windowsExtension(path)]).toEqual([name, ending])
})

it.each(['a', '\\', '/', '. ', '.', '..\\', ':', '~1', 'a~1\\', '"', '\\\\?\\', '%', '\\temp'])(
  'is done with 10,000 characters of %j in no time',
  piece => {
    const hostile = `C:\\${piece.repeat(10_000 / piece.length)}x`
    const ms = cpuMs(() => {
      for (const ask of [
        isWindowsProfile,
        isWindowsTemp,
        isWorldWritableWindowsPlace,
        hasShortName,
        windowsExtension,
      ])
        ask(hostile)
    })
    expect(ms).toBeLessThan(5)
  },
)
