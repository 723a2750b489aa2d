import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const KEY = 'hklm\\system\\currentcontrolset\\control\\session manager\\knowndlls'

const FOLDERS: ReadonlyMap<string, RegExp> = new Map([
  ['dlldirectory', /^(?:%systemroot%|%windir%|[a-z]:\\windows)\\system32$/i],
  ['dlldirectory32', /^(?:%systemroot%|%windir%|[a-z]:\\windows)\\(?:syswow64|sysarm32)$/i],
])

/** What a known DLL is called: a name without folder; `_wow64cpu` and its like are values, not names. */
const BARE_NAME = /^[^\\/:]+\.(?:dll|drv)$/i

export default rule({
  id: 'windows.known-dlls-folder',
  title: 'Windows’ own DLLs come from another folder',
  severity: 'high',
  on: table('registry'),
  attack: ['T1574.001', 'T1112'],
  means:
    'KnownDLLs is the list of DLLs that Windows takes from System32 and nowhere else, and the folder it takes them from. Another folder, or an entry with a path, makes every program load an attacker’s copy of kernel32.dll or its like.',
  check:
    "SELECT name, data FROM registry WHERE key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\KnownDLLs';",
  benign: 'None known: neither Windows nor a product changes the folders of the list.',
  runbook:
    'Isolate the host. Compare the key with that of a healthy host of the same build, keep the files that it points to, and build the host anew: every program has loaded them.',
  references: ['https://attack.mitre.org/techniques/T1574/001/'],
  detect: ({ columns }) => {
    if (registryKey(columns) !== KEY || columns.type === 'subkey' || columns.data === '') return false
    const folder = FOLDERS.get(columns.name.toLowerCase())
    return folder === undefined ? !BARE_NAME.test(columns.data) : !folder.test(columns.data)
  },
  alertTitle: ({ host, columns }) => `KnownDLLs on ${host}: ${columns.name} is ${columns.data}`,
  context: ({ columns }) => ({ name: columns.name, data: columns.data }),
  tests: [
    {
      name: 'another folder',
      match: true,
      counter: '0',
      columns: known('DllDirectory', 'C:\\ProgramData\\dlls'),
      title: 'KnownDLLs on test-host: DllDirectory is C:\\ProgramData\\dlls',
      dedup: 'test-host-id',
      severity: 'high',
    },
    { name: 'a DLL with a path', match: true, columns: known('kernel32', '..\\Temp\\kernel32.dll') },
    {
      name: 'the folder as Windows sets it',
      match: false,
      columns: known('DllDirectory', '%SystemRoot%\\system32'),
    },
    {
      name: 'that of 32-bit programs',
      match: false,
      columns: known('DllDirectory32', '%SystemRoot%\\syswow64'),
    },
    { name: 'a DLL as Windows sets it', match: false, columns: known('kernel32', 'kernel32.dll') },
    { name: 'a driver of old', match: false, columns: known('_Wow64cpu', 'wow64cpu.dll') },
    { name: 'an empty value', match: false, columns: known('x', '') },
    {
      name: 'another key',
      match: false,
      columns: {
        ...known('x', 'C:\\x'),
        key: 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager',
      },
    },
    { name: 'the key itself', match: false, columns: { ...known('KnownDLLs', 'x'), type: 'subkey' } },
    {
      name: 'put back',
      match: false,
      action: 'removed',
      columns: known('DllDirectory', 'C:\\ProgramData\\dlls'),
    },
  ],
})

function known(name: string, data: string) {
  const key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\KnownDLLs'
  return { key, path: `${key}\\${name}`, name, type: 'REG_EXPAND_SZ', data }
}
