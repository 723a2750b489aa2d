import { registryKey } from '../../src/detect/reading/registry.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { PRINT_MONITORS } from '../data/windows-defaults.ts'

const KEY = 'hklm\\system\\currentcontrolset\\control\\print\\monitors\\'

export default rule({
  id: 'windows.print-monitor',
  title: 'New DLL in the print spooler',
  severity: 'medium',
  on: table('registry'),
  attack: ['T1547.010'],
  means:
    'The print spooler loads the DLL of every port monitor when Windows starts, as SYSTEM. A monitor that no printer brought is a way to persist.',
  check:
    "SELECT key, name, data FROM registry WHERE key LIKE 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Print\\Monitors\\%' AND name = 'Driver';",
  benign:
    'Drivers of printers and of programs that print to PDF bring a monitor; it is a bare name, of a DLL in System32.',
  runbook:
    'Was a printer or PDF program installed just then? See who signed the DLL. A path instead of a bare name, or a DLL nobody knows: keep the file, delete the monitor’s key, restart the spooler, and look for what wrote it.',
  references: ['https://attack.mitre.org/techniques/T1547/010/'],
  initial: 'ignore',
  detect: ({ columns }) =>
    columns.name.toLowerCase() === 'driver' &&
    registryKey(columns).startsWith(KEY) &&
    columns.data !== '' &&
    !PRINT_MONITORS.names.has(columns.data.toLowerCase()),
  dynamicSeverity: ({ columns }) => (/[\\/]/.test(columns.data) ? 'high' : 'medium'),
  alertTitle: ({ host, columns }) => `The print spooler on ${host} loads ${columns.data}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.data.toLowerCase()}`,
  context: ({ columns }) => ({ key: columns.key, dll: columns.data }),
  tests: [
    {
      name: 'a DLL by its path',
      match: true,
      columns: monitor('Evil', 'C:\\ProgramData\\mon.dll'),
      title: 'The print spooler on test-host loads C:\\ProgramData\\mon.dll',
      severity: 'high',
      dedup: 'test-host-id c:\\programdata\\mon.dll',
    },
    {
      name: 'a DLL nobody knows',
      match: true,
      columns: monitor('Ports', 'portsmon.dll'),
      severity: 'medium',
    },
    { name: 'there before anyone looked', match: false, counter: '0', columns: monitor('HP', 'hpmon.dll') },
    { name: 'one of Windows', match: false, columns: monitor('Local Port', 'localspl.dll') },
    { name: 'another value', match: false, columns: { ...monitor('Evil', '1'), name: 'EOJTimeout' } },
    { name: 'no value', match: false, columns: monitor('Evil', '') },
    {
      name: 'the driver of something else',
      match: false,
      columns: {
        ...monitor('x', 'y.dll'),
        key: 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Print\\Providers\\x',
      },
    },
    {
      name: 'taken out',
      match: false,
      action: 'removed',
      columns: monitor('Evil', 'C:\\ProgramData\\mon.dll'),
    },
  ],
})

function monitor(name: string, data: string) {
  const key = `HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Print\\Monitors\\${name}`
  return { key, path: `${key}\\Driver`, name: 'Driver', type: 'REG_SZ', data }
}
