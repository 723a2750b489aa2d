import { isUnderWindows } from '../../src/detect/reading/windows-paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.custom-shim',
  title: 'Program changed by a compatibility database',
  severity: 'medium',
  on: table('appcompat_shims'),
  attack: ['T1546.011'],
  means:
    'A shim database changes how a program runs: it may load a DLL, redirect files, or patch it in memory. sdbinst installs it for all users. Attackers (FIN7) have patched services.exe that way.',
  check: 'SELECT executable, path, description, install_time, sdb_id FROM appcompat_shims;',
  benign:
    'Fixes for old programs, which the same people roll out to many hosts: that is one alert. What was there when the host came is not told.',
  runbook:
    'Who installed the database (install_time; sdbinst in the processes)? Open it with the Compatibility Administrator or sdb2xml. Unknown: keep it, uninstall it (sdbinst -u), and look at the program that it changed.',
  references: ['https://attack.mitre.org/techniques/T1546/011/'],
  initial: 'ignore',
  detect: ({ columns }) => columns.executable !== '' && columns.path !== '',
  // sdbinst copies a database to AppPatch; a path elsewhere was written by hand.
  dynamicSeverity: ({ columns }) =>
    isUnderWindows(columns.path, '\\Windows\\AppPatch', '%SystemRoot%\\AppPatch') ? 'medium' : 'high',
  alertTitle: ({ host, columns }) => `${columns.executable} on ${host} changed by ${columns.path}`,
  dedup: ({ columns }) => `${columns.sdb_id} ${columns.executable.toLowerCase()}`,
  context: ({ columns }) => ({
    program: columns.executable,
    database: columns.path,
    description: columns.description,
    installed: columns.install_time,
    id: columns.sdb_id,
  }),
  tests: [
    {
      name: 'a service of Windows',
      match: true,
      columns: shim(
        'services.exe',
        'C:\\Windows\\AppPatch\\Custom\\{5f3b0d4e-0000-4000-8000-000000000001}.sdb',
      ),
      title:
        'services.exe on test-host changed by C:\\Windows\\AppPatch\\Custom\\{5f3b0d4e-0000-4000-8000-000000000001}.sdb',
      dedup: '{5f3b0d4e-0000-4000-8000-000000000001} services.exe',
      severity: 'medium',
    },
    {
      name: 'a database elsewhere',
      match: true,
      columns: shim('app.exe', 'C:\\ProgramData\\x.sdb'),
      severity: 'high',
    },
    {
      name: 'there when the host came',
      match: false,
      counter: '0',
      columns: shim('app.exe', 'C:\\ProgramData\\x.sdb'),
    },
    { name: 'a database without program', match: false, columns: shim('', 'C:\\ProgramData\\x.sdb') },
    { name: 'a program without database', match: false, columns: shim('app.exe', '') },
    {
      name: 'taken out',
      match: false,
      action: 'removed',
      columns: shim('app.exe', 'C:\\ProgramData\\x.sdb'),
    },
  ],
})

function shim(executable: string, path: string) {
  return {
    executable,
    path,
    sdb_id: '{5f3b0d4e-0000-4000-8000-000000000001}',
    description: 'fix',
    install_time: '1699990000',
  }
}
