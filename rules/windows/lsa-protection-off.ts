import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const KEY = 'hklm\\system\\currentcontrolset\\control\\lsa'

/** Values that keep secrets safer, and what they are when they do not. */
const WEAK: Readonly<Record<string, string>> = {
  runasppl: '0',
  lsacfgflags: '0',
  nolmhash: '0',
  // 0 turns Restricted Admin on, by which a hash is enough to log on over RDP.
  disablerestrictedadmin: '0',
}

export default rule({
  id: 'windows.lsa-protection-off',
  title: 'Protection of passwords in memory turned off',
  severity: 'medium',
  on: table('registry'),
  attack: ['T1562.001', 'T1003.001', 'T1112'],
  means:
    'RunAsPPL keeps other programs from reading LSASS, LsaCfgFlags is Credential Guard, NoLMHash keeps weak hashes away, and DisableRestrictedAdmin 0 lets anyone log on over RDP with a hash. Attackers turn them off before they take passwords, or move on with them.',
  check:
    "SELECT name, data FROM registry WHERE key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa' AND name IN ('RunAsPPL', 'LsaCfgFlags', 'NoLMHash', 'DisableRestrictedAdmin');",
  benign:
    'Old smart-card or password software that does not work with the protection; help desks that use Restricted Admin. What was so when the host came is not told.',
  runbook:
    'Ask the administrators of the host. If none of them did it: look at who was logged on and what ran at that time, put the value back, and look for tools that read LSASS.',
  references: ['https://attack.mitre.org/techniques/T1562/001/'],
  initial: 'ignore',
  detect: ({ columns }) => isWeak(columns.name, columns.data) && registryKey(columns) === KEY,
  alertTitle: ({ host, columns }) => `${columns.name} on ${host} set to ${columns.data}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name.toLowerCase()}`,
  context: ({ columns }) => ({ name: columns.name, data: columns.data }),
  tests: [
    {
      name: 'LSASS can be read',
      match: true,
      columns: lsa('RunAsPPL', '0'),
      title: 'RunAsPPL on test-host set to 0',
      dedup: 'test-host-id runasppl',
    },
    { name: 'a hash is enough for RDP', match: true, columns: lsa('DisableRestrictedAdmin', '0') },
    { name: 'so when the host came', match: false, counter: '0', columns: lsa('RunAsPPL', '0') },
    { name: 'turned on', match: false, columns: lsa('RunAsPPL', '1') },
    { name: 'turned on without UEFI lock', match: false, columns: lsa('RunAsPPL', '2') },
    { name: 'another value', match: false, columns: lsa('auditbasedirectories', '0') },
    { name: 'a name that is nobody’s', match: false, columns: lsa('constructor', '0') },
    {
      name: 'another key',
      match: false,
      columns: { ...lsa('RunAsPPL', '0'), key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Example' },
    },
    { name: 'put back', match: false, action: 'removed', columns: lsa('RunAsPPL', '0') },
  ],
})

function isWeak(name: string, data: string): boolean {
  const known = name.toLowerCase()
  return Object.hasOwn(WEAK, known) && WEAK[known] === data
}

function lsa(name: string, data: string) {
  const key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa'
  return { key, path: `${key}\\${name}`, name, type: 'REG_DWORD', data }
}
