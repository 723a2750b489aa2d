import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const KEY = 'hklm\\system\\currentcontrolset\\services\\lanmanserver\\parameters'

export default rule({
  id: 'windows.smb1-on',
  title: 'SMB 1 turned on',
  severity: 'low',
  on: table('registry'),
  attack: ['T1112'],
  means:
    'SMB 1 is the file-sharing protocol of the nineties: no encryption, and the one that WannaCry spread by. Windows no longer installs it; someone asked for it.',
  check:
    "SELECT name, data FROM registry WHERE path = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Parameters\\SMB1';",
  benign:
    'Scanners, storage and machines that speak nothing else. What was so when the host came is not told.',
  runbook:
    'Ask who turned it on and for which device. Put it on a host by itself, or turn it off (Disable-WindowsOptionalFeature SMB1Protocol).',
  references: ['https://attack.mitre.org/techniques/T1112/'],
  initial: 'ignore',
  detect: ({ columns }) =>
    columns.name.toLowerCase() === 'smb1' && columns.data === '1' && registryKey(columns) === KEY,
  alertTitle: ({ host }) => `SMB 1 turned on on ${host}`,
  context: ({ columns }) => ({ key: columns.key, name: columns.name, data: columns.data }),
  dedupPeriod: '24h',
  tests: [
    {
      name: 'turned on',
      match: true,
      columns: server('SMB1', '1'),
      title: 'SMB 1 turned on on test-host',
      dedup: 'test-host-id',
      severity: 'low',
    },
    { name: 'so when the host came', match: false, counter: '0', columns: server('SMB1', '1') },
    { name: 'turned off', match: false, columns: server('SMB1', '0') },
    { name: 'SMB 2', match: false, columns: server('SMB2', '1') },
    {
      name: 'another key',
      match: false,
      columns: { ...server('SMB1', '1'), key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Example' },
    },
    { name: 'put back', match: false, action: 'removed', columns: server('SMB1', '1') },
  ],
})

function server(name: string, data: string) {
  const key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Parameters'
  return { key, path: `${key}\\${name}`, name, type: 'REG_DWORD', data }
}
