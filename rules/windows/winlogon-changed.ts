import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const WINLOGON = /^(?:hklm|hku\\\*)\\software\\microsoft\\windows nt\\currentversion\\winlogon$/

/** What Windows itself writes there; `AlternateShells` of Server Core is another key. */
const DEFAULTS: ReadonlyMap<string, RegExp> = new Map([
  ['shell', /^(?:%windir%\\|%systemroot%\\|[a-z]:\\windows\\)?explorer\.exe$/],
  ['userinit', /^(?:(?:%systemroot%|%windir%|[a-z]:\\windows)\\system32\\)?userinit\.exe,?$/],
])

export default rule({
  id: 'windows.winlogon-changed',
  title: 'Program that starts at every logon in the place of Windows’ own',
  severity: 'critical',
  on: table('registry'),
  attack: ['T1547.004'],
  means:
    'Winlogon runs the values Shell and Userinit when anyone logs on. A program that is named there beside explorer.exe or userinit.exe runs for every user, unseen and before the desktop.',
  check:
    "SELECT key, name, data, mtime FROM registry WHERE key LIKE 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon' AND name IN ('Shell', 'Userinit');",
  benign:
    'Kiosks and terminals run a program in place of the desktop: one program, of Windows or of Program Files, which is told as high.',
  runbook:
    'Find the program that is named, hash it and look it up; see who signed it. On a kiosk ask who set it up. Otherwise isolate the host, keep the program, put the value back to explorer.exe or C:\\Windows\\system32\\userinit.exe, and look for what wrote it (mtime of the key, logons of that hour).',
  references: ['https://attack.mitre.org/techniques/T1547/004/'],
  detect: ({ columns }) =>
    WINLOGON.test(registryKey(columns)) &&
    columns.type !== 'subkey' &&
    DEFAULTS.get(columns.name.toLowerCase())?.test(columns.data.trim().toLowerCase()) === false,
  exclude: ({ columns }) => columns.data.trim() === '',
  dynamicSeverity: ({ columns }) => (isKiosk(columns.name, columns.data) ? 'high' : 'critical'),
  alertTitle: ({ host, columns }) => `Winlogon ${columns.name} on ${host} is ${columns.data}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.data}`,
  context: ({ columns }) => ({ key: columns.key, name: columns.name, data: columns.data }),
  tests: [
    {
      name: 'a second program behind userinit',
      match: true,
      columns: winlogon('Userinit', 'C:\\Windows\\system32\\userinit.exe,C:\\ProgramData\\svc.exe,'),
      title:
        'Winlogon Userinit on test-host is C:\\Windows\\system32\\userinit.exe,C:\\ProgramData\\svc.exe,',
      severity: 'critical',
      dedup: 'test-host-id C:\\Windows\\system32\\userinit.exe,C:\\ProgramData\\svc.exe,',
    },
    {
      name: 'a second program behind the desktop',
      match: true,
      columns: winlogon('Shell', 'explorer.exe, "C:\\Users\\Public\\a.exe"'),
      severity: 'critical',
    },
    {
      name: 'a shell of one user',
      match: true,
      columns: {
        ...winlogon('shell', 'C:\\Users\\ada\\AppData\\Roaming\\sh.exe'),
        key: 'HKEY_USERS\\S-1-5-21-1-2-3-1001\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon',
      },
      severity: 'critical',
    },
    {
      name: 'there since before anyone looked',
      match: true,
      counter: '0',
      columns: winlogon('Userinit', 'C:\\Windows\\system32\\userinit.exe C:\\a.exe'),
    },
    {
      name: 'a kiosk',
      match: true,
      columns: winlogon('Shell', 'C:\\Program Files\\Example Kiosk\\kiosk.exe'),
      severity: 'high',
    },
    { name: 'as Windows sets it', match: false, columns: winlogon('Shell', 'explorer.exe') },
    { name: 'with its folder', match: false, columns: winlogon('Shell', 'C:\\Windows\\Explorer.exe') },
    {
      name: 'userinit as Windows sets it',
      match: false,
      columns: winlogon('Userinit', 'C:\\Windows\\system32\\userinit.exe,'),
    },
    {
      name: 'userinit on another drive, without comma',
      match: false,
      columns: winlogon('Userinit', 'D:\\WINDOWS\\System32\\userinit.exe'),
    },
    { name: 'an empty value', match: false, columns: winlogon('Shell', '') },
    {
      name: 'another value of the key',
      match: false,
      columns: winlogon('VMApplet', 'SystemPropertiesPerformance.exe /pagefile'),
    },
    {
      name: 'a value of that name elsewhere',
      match: false,
      columns: { ...winlogon('Shell', 'cmd.exe'), key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Example' },
    },
    {
      name: 'put back',
      match: false,
      action: 'removed',
      columns: winlogon('Shell', 'cmd.exe'),
    },
  ],
})

/** Whether one program that only an administrator can put there takes the place of the desktop. */
function isKiosk(name: string, data: string): boolean {
  return (
    name.toLowerCase() === 'shell' &&
    /^"?(?:[a-z]:\\(?:program files|windows)[^,;|&"]*\.exe"?|[^\\,;|& "]+\.exe)$/i.test(data.trim())
  )
}

function winlogon(name: string, data: string) {
  const key = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon'
  return { key, path: `${key}\\${name}`, name, type: 'REG_SZ', data }
}
