import { isUnderWindows } from '../../src/detect/reading/windows-paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.unquoted-service-path',
  title: 'Path of a service without quotes',
  severity: 'low',
  on: table('services'),
  attack: ['T1574.009'],
  means:
    'The path of a service has blanks and no quotes: for C:\\My App\\svc.exe Windows first tries C:\\My.exe. Whoever may write there gets the rights of the service. A weakness, not an attack, so it is kept as a signal.',
  check:
    "SELECT name, path, user_account FROM services WHERE path LIKE '% %' AND path NOT LIKE '\"%' AND path NOT LIKE 'C:\\Windows\\%';",
  benign:
    'Many vendors, who forget the quotes. In Program Files only administrators can make use of it, so those are left out.',
  runbook:
    'Put quotes around the path (sc config NAME binPath=). Is there a program at one of the shorter paths? Then someone made use of it: treat it as an attack.',
  references: ['https://attack.mitre.org/techniques/T1574/009/'],
  alert: false,
  initial: 'ignore',
  detect: ({ columns }) => isUnquoted(columns.path),
  alertTitle: ({ host, columns }) => `Path of ${columns.name} on ${host} lacks quotes: ${columns.path}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  context: ({ columns }) => ({ service: columns.name, path: columns.path, account: columns.user_account }),
  tests: [
    {
      name: 'a folder with a blank',
      match: true,
      columns: { name: 'App', path: 'D:\\My App\\svc.exe -run', user_account: 'LocalSystem' },
      title: 'Path of App on test-host lacks quotes: D:\\My App\\svc.exe -run',
      dedup: 'test-host-id App',
    },
    {
      name: 'so when the host came',
      match: false,
      counter: '0',
      columns: { name: 'App', path: 'D:\\My App\\svc.exe' },
    },
    { name: 'with quotes', match: false, columns: { name: 'App', path: '"D:\\My App\\svc.exe" -run' } },
    {
      name: 'blanks before arguments only',
      match: false,
      columns: { name: 'App', path: 'D:\\App\\svc.exe -run now.exe' },
    },
    {
      name: 'where only administrators write',
      match: false,
      columns: { name: 'App', path: 'C:\\Program Files\\My App\\svc.exe' },
    },
    { name: 'of Windows', match: false, columns: { name: 'x', path: 'C:\\Windows\\My App\\x.exe' } },
    { name: 'a driver', match: false, columns: { name: 'x', path: '\\SystemRoot\\System32\\a b.sys' } },
    { name: 'without a path', match: false, columns: { name: 'x' } },
    {
      name: 'deleted',
      match: false,
      action: 'removed',
      columns: { name: 'App', path: 'D:\\My App\\svc.exe' },
    },
  ],
})

/** Whether a blank stands before the `.exe` of a path that begins with a drive. */
function isUnquoted(path: string): boolean {
  const end = path.slice(0, 1000).toLowerCase().indexOf('.exe')
  const program = path.slice(0, Math.max(end, 0))
  if (!/^[a-z]:\\/i.test(program) || !program.includes(' ')) return false
  return !isUnderWindows(program, '\\Windows', '\\Program Files', '\\Program Files (x86)')
}
