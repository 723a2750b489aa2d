import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { NETSH_HELPERS } from '../data/windows-defaults.ts'

const KEY = 'hklm\\software\\microsoft\\netsh'

export default rule({
  id: 'windows.netsh-helper',
  title: 'DLL that netsh loads and that is not of Windows',
  severity: 'medium',
  on: table('registry'),
  attack: ['T1546.007'],
  means:
    'netsh loads every DLL under its key whenever it runs, and much software runs it by itself, VPN clients at every connection. A DLL of an attacker persists there.',
  check: "SELECT name, data FROM registry WHERE key = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\NetSh';",
  benign:
    'VPN clients and virtual machines add a helper when they are installed; it then lies in System32 or Program Files.',
  runbook:
    'Hash the DLL, look it up and see who signed it. Not of a product of yours: keep the file, delete the value (netsh delete helper), and find what wrote it.',
  references: ['https://attack.mitre.org/techniques/T1546/007/'],
  initial: 'ignore',
  detect: ({ columns }) =>
    registryKey(columns) === KEY &&
    columns.type !== 'subkey' &&
    columns.data.trim() !== '' &&
    !NETSH_HELPERS.names.has(columns.data.trim().toLowerCase()),
  // A bare name is looked for in System32, where only an administrator writes; a path elsewhere is not how it is done.
  dynamicSeverity: ({ columns }) =>
    /^(?:[^\\/]+|[a-z]:\\(?:windows\\system32|program files|program files \(x86\))\\.*)$/i.test(columns.data)
      ? 'medium'
      : 'high',
  alertTitle: ({ host, columns }) => `netsh on ${host} loads ${columns.data}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.data.toLowerCase()}`,
  context: ({ columns }) => ({ name: columns.name, dll: columns.data }),
  tests: [
    {
      name: 'a DLL from a folder of everyone',
      match: true,
      columns: helper('help', 'C:\\Users\\Public\\help.dll'),
      title: 'netsh on test-host loads C:\\Users\\Public\\help.dll',
      severity: 'high',
      dedup: 'test-host-id c:\\users\\public\\help.dll',
    },
    { name: 'a DLL in System32', match: true, columns: helper('evil', 'evil.dll'), severity: 'medium' },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: helper('vpn', 'vpnnetsh.dll'),
    },
    { name: 'one of Windows', match: false, columns: helper('2', 'IFMON.DLL') },
    { name: 'an empty value', match: false, columns: helper('(Default)', '') },
    { name: 'a key below', match: false, columns: { ...helper('x', 'y'), type: 'subkey' } },
    {
      name: 'another key',
      match: false,
      columns: { ...helper('x', 'y.dll'), key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Net' },
    },
    { name: 'taken out', match: false, action: 'removed', columns: helper('evil', 'evil.dll') },
  ],
})

function helper(name: string, data: string) {
  const key = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\NetSh'
  return { key, path: `${key}\\${name}`, name, type: 'REG_SZ', data }
}
