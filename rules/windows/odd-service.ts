import { type OddLaunch, oddService } from '../../src/detect/reading/windows-launch.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.odd-service',
  title: 'Service that no product would install',
  severity: 'high',
  on: table('services'),
  attack: ['T1543.003', 'T1569.002'],
  means:
    'A service runs a shell, code that is encoded or fetched, a program on a share, or one from a folder where nobody installs any. Tools that run commands from afar (PsExec’s imitators, Cobalt Strike, smbexec) leave such services, and malware persists by them, as SYSTEM.',
  check:
    "SELECT name, display_name, path, module_path, user_account, status, start_type FROM services WHERE path NOT LIKE '%\\Windows\\%' AND path NOT LIKE '%\\Program Files%';",
  benign:
    'Installers while they run, programs that people installed for themselves and set up as a service: told as medium.',
  runbook:
    'Read the path. A shell or a share: isolate the host, and find who logged on over the network when the service came (event 7045 has the time, 4624 the address). A program: hash it and look it up, see who signed it. Stop and delete the service, keep the file.',
  references: [
    'https://attack.mitre.org/techniques/T1543/003/',
    'https://attack.mitre.org/techniques/T1569/002/',
  ],
  detect: ({ columns }) => odd(columns) !== null,
  dynamicSeverity: ({ columns }) => (odd(columns)?.sure === true ? 'high' : 'medium'),
  alertTitle: ({ host, columns }) => `Service ${columns.name} on ${host} ${odd(columns)?.reason}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  context: ({ columns }) => ({
    service: columns.name,
    display_name: columns.display_name,
    path: columns.path,
    module: columns.module_path,
    account: columns.user_account,
    start_type: columns.start_type,
  }),
  tests: [
    {
      name: 'a shell that was to run once',
      match: true,
      counter: '0',
      columns: {
        name: 'BTOBTO',
        path: '%COMSPEC% /Q /c echo cd ^> \\\\127.0.0.1\\C$\\__output',
        user_account: 'LocalSystem',
      },
      title: 'Service BTOBTO on test-host runs cmd as a service',
      dedup: 'test-host-id BTOBTO',
      severity: 'high',
    },
    {
      name: 'a program on a share',
      match: true,
      columns: { name: 'a1b2c3d', path: '\\\\127.0.0.1\\ADMIN$\\a1b2c3d.exe' },
      severity: 'high',
    },
    {
      name: 'a DLL of everyone in svchost',
      match: true,
      columns: {
        name: 'Helper',
        path: 'C:\\Windows\\system32\\svchost.exe -k netsvcs',
        module_path: 'C:\\ProgramData\\helper.dll',
      },
      title: 'Service Helper on test-host runs C:\\ProgramData\\helper.dll',
    },
    {
      name: 'out of a folder of temporary files',
      match: true,
      columns: { name: 'x', path: 'C:\\Windows\\Temp\\x.exe' },
    },
    {
      name: 'of a person',
      match: true,
      columns: { name: 'agent', path: '"C:\\Users\\ada\\AppData\\Local\\agent\\agent.exe" run' },
      severity: 'medium',
    },
    {
      name: 'of Windows',
      match: false,
      columns: {
        name: 'Dnscache',
        path: 'C:\\Windows\\system32\\svchost.exe -k NetworkService -p',
        module_path: 'C:\\Windows\\System32\\dnsrslvr.dll',
      },
    },
    {
      name: 'of a product',
      match: false,
      columns: {
        name: 'osqueryd',
        path: '"C:\\Program Files\\osquery\\osqueryd\\osqueryd.exe" --flagfile="C:\\Program Files\\osquery\\osquery.flags"',
      },
    },
    {
      name: 'of the antivirus, in a folder of its own',
      match: false,
      columns: {
        name: 'WinDefend',
        path: '"C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.23100.2009-0\\MsMpEng.exe"',
      },
    },
    { name: 'without a path', match: false, columns: { name: 'x' } },
    { name: 'deleted', match: false, action: 'removed', columns: { name: 'x', path: 'cmd /c x' } },
  ],
})

/** What is odd about the program, or else about the DLL that svchost loads for the service. */
function odd({
  path,
  module_path,
}: {
  readonly path: string
  readonly module_path: string
}): OddLaunch | null {
  return oddService(path) ?? (module_path === '' ? null : oddService(`"${module_path}"`))
}
