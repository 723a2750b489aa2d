import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'

const KEY = 'hklm\\system\\currentcontrolset\\services\\dns\\parameters'

export default rule({
  id: 'windows.dns-server-plugin',
  title: 'DNS server told to load a DLL',
  severity: 'high',
  on: table('registry'),
  attack: ['T1574', 'T1068'],
  means:
    'Members of DnsAdmins may tell the DNS server to load any DLL (dnscmd /config /serverlevelplugindll), from a share too. On a domain controller it runs as SYSTEM: whoever sets it owns the domain.',
  check:
    "SELECT name, data FROM registry WHERE path = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\DNS\\Parameters\\ServerLevelPluginDll';",
  benign:
    'Filters of DNS that someone bought or wrote, which are rare; the DLL then lies in Program Files or System32.',
  runbook:
    'Take the value out before the service restarts. Who is in DnsAdmins, and who of them logged on? If the DLL has been loaded (event 770 of the DNS server log), treat the domain as taken: keep the DLL, isolate the controller, call for help.',
  references: ['https://attack.mitre.org/techniques/T1574/'],
  detect: ({ columns }) =>
    columns.name.toLowerCase() === 'serverlevelplugindll' &&
    registryKey(columns) === KEY &&
    columns.data.trim() !== '',
  dynamicSeverity: ({ columns }) => (columns.data.startsWith('\\\\') ? 'critical' : 'high'),
  alertTitle: ({ host, columns }) => `The DNS server on ${host} loads ${columns.data}`,
  context: ({ columns }) => ({ dll: columns.data, key: columns.key }),
  tests: [
    {
      name: 'a DLL on a share',
      match: true,
      columns: plugin('\\\\192.0.2.7\\share\\dns.dll'),
      title: 'The DNS server on test-host loads \\\\192.0.2.7\\share\\dns.dll',
      severity: 'critical',
      dedup: 'test-host-id',
    },
    {
      name: 'a DLL on the disk, before anyone looked',
      match: true,
      counter: '0',
      columns: plugin('C:\\dns.dll'),
      severity: 'high',
    },
    { name: 'emptied', match: false, columns: plugin('') },
    { name: 'another value', match: false, columns: { ...plugin('1'), name: 'EnableDirectoryPartitions' } },
    {
      name: 'another service',
      match: false,
      columns: {
        ...plugin('a.dll'),
        key: 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Dnscache\\Parameters',
      },
    },
    { name: 'taken out', match: false, action: 'removed', columns: plugin('C:\\dns.dll') },
  ],
})

function plugin(data: string) {
  const key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\DNS\\Parameters'
  return { key, path: `${key}\\ServerLevelPluginDll`, name: 'ServerLevelPluginDll', type: 'REG_SZ', data }
}
