import { registryKey, registryList } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { LSA_PACKAGES } from '../data/windows-defaults.ts'

const KEY = /^hklm\\system\\currentcontrolset\\control\\lsa(?:\\osconfig)?$/
const VALUES = new Set(['security packages', 'authentication packages', 'notification packages'])

export default rule({
  id: 'windows.lsa-package',
  title: 'Package in the local security authority that is not of Windows',
  severity: 'high',
  on: table('registry'),
  attack: ['T1547.005', 'T1547.002', 'T1556.002'],
  means:
    'LSASS loads the packages of Control\\Lsa and hands them what people log on with: a security package or password filter sees passwords in the clear. Malware (mimilib, memssp) puts itself there to persist and to collect them.',
  check:
    "SELECT key, name, data FROM registry WHERE key IN ('HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa', 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\OSConfig') AND name LIKE '% Packages';",
  benign:
    'Password filters (Azure AD Password Protection, Specops, self-service reset) and smart-card or biometric logon. Name them in the exceptions once you know them.',
  runbook:
    'The package is a DLL of that name in System32. Hash it, look it up, see who signed it and when it came. Not yours: isolate the host, keep the DLL, take the name out of the value, restart, and change the password of everyone who logged on since.',
  references: [
    'https://attack.mitre.org/techniques/T1547/005/',
    'https://attack.mitre.org/techniques/T1547/002/',
  ],
  detect: ({ columns }) => foreign(columns).length > 0,
  alertTitle: ({ host, columns }) => `LSASS on ${host} loads ${foreign(columns).join(', ')}`,
  dedup: ({ hostId, columns }) => `${hostId} ${foreign(columns).join(' ').toLowerCase()}`,
  context: ({ columns }) => ({ packages: foreign(columns), value: columns.name, data: columns.data }),
  tests: [
    {
      name: 'a security package behind those of Windows',
      match: true,
      columns: lsa('Security Packages', 'kerberos,msv1_0,schannel,wdigest,tspkg,pku2u,mimilib'),
      title: 'LSASS on test-host loads mimilib',
      dedup: 'test-host-id mimilib',
      severity: 'high',
    },
    {
      name: 'a password filter, before anyone looked',
      match: true,
      counter: '0',
      columns: lsa('Notification Packages', 'scecli,evilpwfilter'),
    },
    {
      name: 'in the copy of the configuration',
      match: true,
      columns: {
        ...lsa('Security Packages', 'ssp.dll'),
        key: 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\OSConfig',
      },
    },
    {
      name: 'a package by its path',
      match: true,
      columns: lsa('Authentication Packages', 'msv1_0,C:\\Windows\\Temp\\a.dll'),
    },
    { name: 'as Windows 11 sets it', match: false, columns: lsa('Security Packages', '""') },
    {
      name: 'as older Windows sets it',
      match: false,
      columns: lsa('Security Packages', 'kerberos,msv1_0,schannel,wdigest,tspkg,pku2u'),
    },
    { name: 'a domain controller', match: false, columns: lsa('Notification Packages', 'rassfm,scecli') },
    { name: 'logon as Windows sets it', match: false, columns: lsa('Authentication Packages', 'MSV1_0') },
    { name: 'another value of the key', match: false, columns: lsa('LimitBlankPasswordUse', '1') },
    {
      name: 'a value of that name elsewhere',
      match: false,
      columns: { ...lsa('Security Packages', 'mimilib'), key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Example\\Lsa' },
    },
    { name: 'taken out', match: false, action: 'removed', columns: lsa('Security Packages', 'mimilib') },
  ],
})

function foreign(columns: {
  readonly key: string
  readonly path: string
  readonly name: string
  readonly data: string
}): readonly string[] {
  if (!VALUES.has(columns.name.toLowerCase()) || !KEY.test(registryKey(columns))) return []
  return registryList(columns.data).filter(name => !LSA_PACKAGES.names.has(name.toLowerCase()))
}

function lsa(name: string, data: string) {
  const key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa'
  return { key, path: `${key}\\${name}`, name, type: 'REG_MULTI_SZ', data }
}
