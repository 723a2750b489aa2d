import { registryKey, registryList } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const KEY = 'hklm\\software\\microsoft\\windows nt\\currentversion\\windows'

/** Graphics drivers of NVIDIA, which lie where only Windows and installers write. */
const DRIVERS =
  /^(?:c:\\windows\\(?:system32|syswow64)\\|c:\\progra~\d\\nvidia~1\\)?nv(?:initx?|apphelp|coproc)[^\\]*\.dll$/i

export default rule({
  id: 'windows.appinit-dlls',
  title: 'DLL that every program with a window loads',
  severity: 'high',
  on: table('registry'),
  attack: ['T1546.010'],
  means:
    'Windows loads the DLLs of AppInit_DLLs into every program that uses user32.dll, of all users and of SYSTEM. It persists, and it sees what those programs do. Secure Boot turns the mechanism off.',
  check:
    "SELECT key, name, data FROM registry WHERE key LIKE 'HKEY_LOCAL_MACHINE\\SOFTWARE\\%Microsoft\\Windows NT\\CurrentVersion\\Windows' AND name IN ('AppInit_DLLs', 'LoadAppInit_DLLs', 'RequireSignedAppInit_DLLs');",
  benign: 'Old graphics drivers and data-loss prevention; those of NVIDIA are left out.',
  runbook:
    'Hash the DLL, look it up and see who signed it. If LoadAppInit_DLLs is 0, or Secure Boot is on, it is not loaded yet. Unknown: empty the value, keep the file, restart, and find what wrote it.',
  references: ['https://attack.mitre.org/techniques/T1546/010/'],
  detect: ({ columns }) => loaded(columns).length > 0,
  alertTitle: ({ host, columns }) => `Every program on ${host} loads ${loaded(columns).join(', ')}`,
  context: ({ columns }) => ({ dlls: loaded(columns), key: columns.key }),
  tests: [
    {
      name: 'a DLL from ProgramData',
      match: true,
      columns: appInit('C:\\ProgramData\\cache.dll'),
      title: 'Every program on test-host loads C:\\ProgramData\\cache.dll',
      dedup: 'test-host-id',
      severity: 'high',
    },
    {
      name: 'of 32-bit programs, behind a driver',
      match: true,
      counter: '0',
      columns: {
        ...appInit('nvinit.dll,C:\\Users\\Public\\a.dll'),
        key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows NT\\CurrentVersion\\Windows',
      },
      title: 'Every program on test-host loads C:\\Users\\Public\\a.dll',
    },
    {
      name: 'a DLL that only bears the name of a driver',
      match: true,
      columns: appInit('C:\\Users\\Public\\nvinitx.dll'),
    },
    { name: 'empty, as Windows sets it', match: false, columns: appInit('') },
    { name: 'a graphics driver', match: false, columns: appInit('C:\\Windows\\system32\\nvinitx.dll') },
    {
      name: 'a graphics driver by its short name',
      match: false,
      columns: appInit('C:\\PROGRA~1\\NVIDIA~1\\nvinitx.dll'),
    },
    { name: 'whether they are loaded', match: false, columns: { ...appInit('1'), name: 'LoadAppInit_DLLs' } },
    {
      name: 'another key',
      match: false,
      columns: { ...appInit('a.dll'), key: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Example' },
    },
    { name: 'taken out', match: false, action: 'removed', columns: appInit('C:\\ProgramData\\cache.dll') },
  ],
})

function loaded(columns: {
  readonly key: string
  readonly path: string
  readonly name: string
  readonly data: string
}): readonly string[] {
  if (columns.name.toLowerCase() !== 'appinit_dlls' || registryKey(columns) !== KEY) return []
  return registryList(columns.data, ', ').filter(dll => !DRIVERS.test(dll))
}

function appInit(data: string) {
  const key = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Windows'
  return { key, path: `${key}\\AppInit_DLLs`, name: 'AppInit_DLLs', type: 'REG_SZ', data }
}
