import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const KEY = /^(?:hklm|hku\\\*)\\software\\microsoft\\windows script\\settings$/

export default rule({
  id: 'windows.amsi-off',
  title: 'Scripts no longer shown to the antivirus',
  severity: 'high',
  on: table('registry'),
  attack: ['T1562.001', 'T1059'],
  means:
    'With AmsiEnable 0 the script hosts (wscript, cscript, mshta) no longer show what they run to the antivirus. A user may set it for themselves, without rights: malware does before it runs its scripts.',
  check:
    "SELECT key, name, data, mtime FROM registry WHERE key LIKE 'HKEY_USERS\\%\\Software\\Microsoft\\Windows Script\\Settings' AND name = 'AmsiEnable';",
  benign: 'None known; someone who tests antivirus software.',
  runbook:
    'Find what ran as this user since the time of the key (mtime): scripts of wscript, cscript and mshta, and what they fetched. Delete the value, and scan the host.',
  references: ['https://attack.mitre.org/techniques/T1562/001/'],
  detect: ({ columns }) =>
    columns.name.toLowerCase() === 'amsienable' && columns.data === '0' && KEY.test(registryKey(columns)),
  alertTitle: ({ host, columns }) => `Scripts on ${host} no longer shown to the antivirus: ${columns.key}`,
  context: ({ columns }) => ({ key: columns.key, name: columns.name, data: columns.data }),
  tests: [
    {
      name: 'by a user',
      match: true,
      counter: '0',
      columns: settings('HKEY_USERS\\S-1-5-21-1-2-3-1001', '0'),
      title:
        'Scripts on test-host no longer shown to the antivirus: HKEY_USERS\\S-1-5-21-1-2-3-1001\\Software\\Microsoft\\Windows Script\\Settings',
      severity: 'high',
      dedup: 'test-host-id',
    },
    { name: 'for all', match: true, columns: settings('HKEY_LOCAL_MACHINE', '0') },
    { name: 'turned on', match: false, columns: settings('HKEY_LOCAL_MACHINE', '1') },
    {
      name: 'another value',
      match: false,
      columns: { ...settings('HKEY_LOCAL_MACHINE', '0'), name: 'Enabled' },
    },
    {
      name: 'another key',
      match: false,
      columns: { ...settings('HKEY_LOCAL_MACHINE', '0'), key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Example' },
    },
    { name: 'taken out', match: false, action: 'removed', columns: settings('HKEY_LOCAL_MACHINE', '0') },
  ],
})

function settings(hive: string, data: string) {
  const key = `${hive}\\Software\\Microsoft\\Windows Script\\Settings`
  return { key, path: `${key}\\AmsiEnable`, name: 'AmsiEnable', type: 'REG_DWORD', data }
}
