import { isUnderWindows, meantWindowsPath } from '../../src/detect/reading/windows-paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Shares that Windows makes by itself: drives, the folder of Windows, pipes, printers, fax; on domain controllers logon scripts. */
const STOCK = /^(?:admin\$|ipc\$|print\$|fax\$|[a-z]\$|sysvol|netlogon)$/i
/** A folder on a disk, of people or special; the others are printers, devices and pipes. */
const DISKS = new Set(['', '0', '2147483648', '-2147483648'])

export default rule({
  id: 'windows.new-share',
  title: 'New shared folder',
  severity: 'low',
  on: table('shared_resources'),
  attack: ['T1135', 'T1021.002'],
  means:
    'A folder of this host can now be reached over the network. Attackers share a drive to collect what they take, or to hand their tools to other hosts; its name may end in $ so that nobody sees it.',
  check: 'SELECT name, path, description, type FROM shared_resources;',
  benign:
    'File servers, people who share a folder with a colleague, deployment tools. What was shared when the host came is not told.',
  runbook:
    'Ask the owner of the host. A whole drive, or a hidden name that nobody knows: close it (net share NAME /delete), see who was connected (net session), and look at who was logged on.',
  references: ['https://attack.mitre.org/techniques/T1021/002/'],
  initial: 'ignore',
  detect: ({ columns }) => columns.name !== '' && DISKS.has(columns.type) && columns.path !== '',
  exclude: ({ columns }) => STOCK.test(columns.name),
  dynamicSeverity: ({ columns }) => (isWide(columns.path) || columns.name.endsWith('$') ? 'medium' : 'low'),
  alertTitle: ({ host, columns }) => `${host} shares ${columns.path} as ${columns.name}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name.toLowerCase()}`,
  context: ({ columns }) => ({ name: columns.name, path: columns.path, description: columns.description }),
  tests: [
    {
      name: 'a folder',
      match: true,
      columns: { name: 'Projects', path: 'D:\\Projects', type: '0' },
      title: 'test-host shares D:\\Projects as Projects',
      dedup: 'test-host-id projects',
      severity: 'low',
    },
    {
      name: 'a whole drive',
      match: true,
      columns: { name: 'x', path: 'C:\\', type: '0' },
      severity: 'medium',
    },
    {
      name: 'a folder of Windows',
      match: true,
      columns: { name: 'x', path: 'C:\\Windows\\Temp', type: '0' },
      severity: 'medium',
    },
    {
      name: 'hidden',
      match: true,
      columns: { name: 'tools$', path: 'C:\\tools', type: '0' },
      severity: 'medium',
    },
    {
      name: 'shared when the host came',
      match: false,
      counter: '0',
      columns: { name: 'Projects', path: 'D:\\Projects', type: '0' },
    },
    {
      name: 'of Windows',
      match: false,
      columns: { name: 'ADMIN$', path: 'C:\\Windows', type: '2147483648' },
    },
    { name: 'a drive, by Windows', match: false, columns: { name: 'D$', path: 'D:\\', type: '2147483648' } },
    {
      name: 'a domain controller',
      match: false,
      columns: { name: 'SYSVOL', path: 'C:\\Windows\\SYSVOL\\sysvol', type: '0' },
    },
    { name: 'a printer', match: false, columns: { name: 'Office', path: 'Office,LocalsplOnly', type: '1' } },
    { name: 'pipes', match: false, columns: { name: 'pipes', path: '', type: '0' } },
    { name: 'closed', match: false, action: 'removed', columns: { name: 'x', path: 'C:\\', type: '0' } },
  ],
})

/** A drive, all users, or Windows. */
function isWide(path: string): boolean {
  return /^[a-z?]:\\?(?:users)?$/.test(meantWindowsPath(path)) || isUnderWindows(path, '\\Windows')
}
