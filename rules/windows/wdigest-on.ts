import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const KEY = 'hklm\\system\\currentcontrolset\\control\\securityproviders\\wdigest'

export default rule({
  id: 'windows.wdigest-on',
  title: 'Windows told to keep passwords in the clear',
  severity: 'high',
  on: table('registry'),
  attack: ['T1003.001', 'T1112'],
  means:
    'With UseLogonCredential 1 LSASS keeps the password of everyone who logs on in its memory, in the clear, as before Windows 8.1. Attackers set it and wait for an administrator.',
  check:
    "SELECT name, data FROM registry WHERE key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\WDigest';",
  benign:
    'Web servers that still offer digest authentication to old clients. It should not be so: it is told on first sight too.',
  runbook:
    'Who logged on after it was set? Their passwords are to be changed once the value is 0 again. Find what set it (logons and processes of that hour), and look for tools that read LSASS.',
  references: ['https://attack.mitre.org/techniques/T1003/001/'],
  detect: ({ columns }) =>
    columns.name.toLowerCase() === 'uselogoncredential' &&
    columns.data === '1' &&
    registryKey(columns) === KEY,
  alertTitle: ({ host }) => `${host} keeps passwords in the clear (WDigest)`,
  context: ({ columns }) => ({ key: columns.key, name: columns.name, data: columns.data }),
  dedupPeriod: '24h',
  tests: [
    {
      name: 'turned on',
      match: true,
      columns: wdigest('UseLogonCredential', '1'),
      title: 'test-host keeps passwords in the clear (WDigest)',
      dedup: 'test-host-id',
      severity: 'high',
    },
    { name: 'so when the host came', match: true, counter: '0', columns: wdigest('UseLogonCredential', '1') },
    { name: 'turned off', match: false, columns: wdigest('UseLogonCredential', '0') },
    { name: 'another value', match: false, columns: wdigest('Negotiate', '1') },
    {
      name: 'another key',
      match: false,
      columns: { ...wdigest('UseLogonCredential', '1'), key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Example' },
    },
    { name: 'taken out', match: false, action: 'removed', columns: wdigest('UseLogonCredential', '1') },
  ],
})

function wdigest(name: string, data: string) {
  const key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\WDigest'
  return { key, path: `${key}\\${name}`, name, type: 'REG_DWORD', data }
}
