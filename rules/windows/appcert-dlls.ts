import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const KEY = 'hklm\\system\\currentcontrolset\\control\\session manager\\appcertdlls'

export default rule({
  id: 'windows.appcert-dlls',
  title: 'DLL that is loaded whenever a program starts another',
  severity: 'high',
  on: table('registry'),
  attack: ['T1546.009'],
  means:
    'Windows loads the DLLs under AppCertDLLs into every process that starts another. The key does not exist on a fresh Windows; what stands there persists and sees every program that is started.',
  check:
    "SELECT key, name, data FROM registry WHERE key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\AppCertDlls';",
  benign: 'Very few products for application control.',
  runbook:
    'Hash the DLL, look it up and see who signed it. If no product of yours set it: keep the file, delete the value, restart, and find what wrote it.',
  references: ['https://attack.mitre.org/techniques/T1546/009/'],
  detect: ({ columns }) =>
    registryKey(columns) === KEY && columns.type !== 'subkey' && columns.data.trim() !== '',
  alertTitle: ({ host, columns }) => `Programs that start others on ${host} load ${columns.data}`,
  context: ({ columns }) => ({ dll: columns.data, name: columns.name, key: columns.key }),
  tests: [
    {
      name: 'a DLL',
      match: true,
      counter: '0',
      columns: appCert('C:\\Windows\\Temp\\a.dll'),
      title: 'Programs that start others on test-host load C:\\Windows\\Temp\\a.dll',
      dedup: 'test-host-id',
    },
    {
      name: 'by the number of the control set',
      match: true,
      columns: {
        ...appCert('%SystemRoot%\\system32\\a.dll'),
        key: 'HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Session Manager\\AppCertDlls',
      },
    },
    { name: 'a value that is empty', match: false, columns: appCert('') },
    { name: 'the key itself', match: false, columns: { ...appCert('x'), type: 'subkey' } },
    {
      name: 'the key above it',
      match: false,
      columns: {
        ...appCert('autocheck autochk *'),
        key: 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager',
      },
    },
    { name: 'taken out', match: false, action: 'removed', columns: appCert('C:\\Windows\\Temp\\a.dll') },
  ],
})

function appCert(data: string) {
  const key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\AppCertDlls'
  return { key, path: `${key}\\AppSecDll`, name: 'AppSecDll', type: 'REG_EXPAND_SZ', data }
}
