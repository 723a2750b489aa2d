import { registryKey } from '../../src/detect/reading/registry.ts'
import { isDropPlace } from '../../src/detect/reading/windows-launch.ts'
import { isUnderWindows, meantWindowsPath, windowsBaseName } from '../../src/detect/reading/windows-paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

const KEY =
  /^hklm\\software\\(?:policies\\)?microsoft\\windows defender\\exclusions\\(paths|processes|extensions)$/

/** Endings of what runs: leaving them out leaves out malware. */
const RUNNING = new Set(['bat', 'cmd', 'dll', 'exe', 'hta', 'js', 'ps1', 'scr', 'sys', 'vbs'])
/** Programs that run other people's code. */
const HOSTS = new Set([
  'cmd.exe',
  'cscript.exe',
  'mshta.exe',
  'powershell.exe',
  'pwsh.exe',
  'regsvr32.exe',
  'rundll32.exe',
  'wscript.exe',
])

export default rule({
  id: 'windows.defender-exclusion',
  title: 'Microsoft Defender told not to look somewhere',
  severity: 'low',
  on: table('registry'),
  attack: ['T1562.001', 'T1564.012'],
  means:
    'Defender no longer looks at a folder, a kind of file or what a program does. Malware makes such an exclusion for itself first; a whole drive, a folder anyone may write to, or all programs are what nobody needs.',
  check:
    "SELECT key, name FROM registry WHERE key LIKE 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows Defender\\Exclusions\\%';",
  benign:
    'Databases, build folders and other antivirus products: told as low. What was there when the host came is not told.',
  runbook:
    'Who made it (Add-MpPreference in powershell_events, processes of that time)? Take it out if nobody owns up, scan what it covered, and look at files that came there since.',
  references: [
    'https://attack.mitre.org/techniques/T1562/001/',
    'https://attack.mitre.org/techniques/T1564/012/',
  ],
  initial: 'ignore',
  detect: ({ columns }) => columns.type !== 'subkey' && KEY.test(registryKey(columns)),
  dynamicSeverity: ({ columns }) => (isWide(kindOf(columns), columns.name) ? 'high' : 'low'),
  alertTitle: ({ host, columns }) => `Defender on ${host} no longer looks at ${columns.name}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name.toLowerCase()}`,
  context: ({ columns }) => ({ kind: kindOf(columns), excluded: columns.name, key: columns.key }),
  tests: [
    {
      name: 'a whole drive',
      match: true,
      columns: excluded('Paths', 'C:\\'),
      title: 'Defender on test-host no longer looks at C:\\',
      dedup: 'test-host-id c:\\',
      severity: 'high',
    },
    {
      name: 'a folder of everyone',
      match: true,
      columns: excluded('Paths', 'C:\\Users\\Public'),
      severity: 'high',
    },
    { name: 'all profiles', match: true, columns: excluded('Paths', 'C:\\Users\\*'), severity: 'high' },
    { name: 'all programs', match: true, columns: excluded('Extensions', '.exe'), severity: 'high' },
    {
      name: 'what PowerShell does',
      match: true,
      columns: excluded('Processes', 'powershell.exe'),
      severity: 'high',
    },
    { name: 'a database', match: true, columns: excluded('Paths', 'D:\\MSSQL\\Data'), severity: 'low' },
    { name: 'a build', match: true, columns: excluded('Processes', 'C:\\Tools\\build.exe'), severity: 'low' },
    { name: 'there when the host came', match: false, counter: '0', columns: excluded('Paths', 'C:\\') },
    { name: 'a key below', match: false, columns: { ...excluded('Paths', 'x'), type: 'subkey' } },
    {
      name: 'another key',
      match: false,
      columns: {
        ...excluded('Paths', 'C:\\'),
        key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows Defender\\Threats',
      },
    },
    { name: 'taken out', match: false, action: 'removed', columns: excluded('Paths', 'C:\\') },
  ],
})

/** `paths`, `processes` or `extensions`. */
function kindOf(columns: { readonly key: string; readonly path: string }): string {
  return KEY.exec(registryKey(columns))?.[1] ?? ''
}

function isWide(kind: string, name: string): boolean {
  if (kind === 'extensions') return RUNNING.has(name.replace(/^[*.]{1,2}/, '').toLowerCase())
  if (kind === 'processes') return HOSTS.has(windowsBaseName(name)) || isDropPlace(name)
  const folder = meantWindowsPath(name.replace(/\\?\*$/, ''))
  return (
    /^[a-z?]:\\?(?:users|programdata|windows|program files)?(?:\\system32)?$/.test(folder) ||
    /^[a-z?]:\\users\\[^\\]+(?:\\(?:downloads|appdata(?:\\(?:local|roaming))?))?$/.test(folder) ||
    isDropPlace(`${folder}\\x`) ||
    isUnderWindows(folder, '\\Windows\\Temp')
  )
}

function excluded(kind: string, name: string) {
  const key = `HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows Defender\\Exclusions\\${kind}`
  return { key, path: `${key}\\${name}`, name, type: 'REG_DWORD', data: '0' }
}
