import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const KEY = 'hklm\\system\\currentcontrolset\\services\\w32time\\timeproviders\\'

/** The two that Windows has, its own and that of Hyper-V, and that of VMware’s tools. */
const STOCK =
  /^(?:(?:%systemroot%|%windir%|[a-z]:\\windows)\\system32\\)?(?:w32time|vmictimeprovider|vmictimesync)\.dll$|^[a-z]:\\program files\\vmware\\vmware tools\\vmwtimeprovider\\vmwtimeprovider\.dll$/i

export default rule({
  id: 'windows.time-provider',
  title: 'DLL in the time service that is not of Windows',
  severity: 'high',
  on: table('registry'),
  attack: ['T1547.003'],
  means:
    'The time service loads the DLL of every time provider when Windows starts, as LOCAL SERVICE. Almost nobody writes time providers but attackers who want to persist where few look.',
  check:
    "SELECT key, name, data FROM registry WHERE key LIKE 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\W32Time\\TimeProviders\\%' AND name = 'DllName';",
  benign: 'Clocks attached as hardware (GPS, PTP) bring a provider of their own.',
  runbook:
    'See who signed the DLL and whether a clock is attached. Otherwise keep the file, delete the provider’s key, restart the time service, and look for what wrote it.',
  references: ['https://attack.mitre.org/techniques/T1547/003/'],
  detect: ({ columns }) =>
    columns.name.toLowerCase() === 'dllname' &&
    registryKey(columns).startsWith(KEY) &&
    columns.data !== '' &&
    !STOCK.test(columns.data),
  alertTitle: ({ host, columns }) => `The time service on ${host} loads ${columns.data}`,
  context: ({ columns }) => ({ key: columns.key, dll: columns.data }),
  tests: [
    {
      name: 'a provider nobody knows',
      match: true,
      counter: '0',
      columns: provider('Clock', 'C:\\Windows\\System32\\clock.dll'),
      title: 'The time service on test-host loads C:\\Windows\\System32\\clock.dll',
      dedup: 'test-host-id',
      severity: 'high',
    },
    {
      name: 'the name of Windows’ own elsewhere',
      match: true,
      columns: provider('NtpClient', 'C:\\Users\\Public\\w32time.dll'),
    },
    {
      name: 'Windows’ own',
      match: false,
      columns: provider('NtpClient', '%systemroot%\\system32\\w32time.dll'),
    },
    {
      name: 'a virtual machine',
      match: false,
      columns: provider('VMICTimeProvider', 'C:\\WINDOWS\\System32\\vmictimeprovider.dll'),
    },
    {
      name: 'the tools of VMware',
      match: false,
      columns: provider(
        'vmwTimeProvider',
        'C:\\Program Files\\VMware\\VMware Tools\\vmwTimeProvider\\vmwTimeProvider.dll',
      ),
    },
    { name: 'another value', match: false, columns: { ...provider('Clock', '1'), name: 'Enabled' } },
    { name: 'no value', match: false, columns: provider('Clock', '') },
    {
      name: 'the DLL of another service',
      match: false,
      columns: {
        ...provider('x', 'y.dll'),
        key: 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Example\\x',
      },
    },
    { name: 'taken out', match: false, action: 'removed', columns: provider('Clock', 'C:\\clock.dll') },
  ],
})

function provider(name: string, data: string) {
  const key = `HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\W32Time\\TimeProviders\\${name}`
  return { key, path: `${key}\\DllName`, name: 'DllName', type: 'REG_EXPAND_SZ', data }
}
