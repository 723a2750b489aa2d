import { rule, table } from '../../src/detect/rule.ts'
import { isEscalating } from '../data/escalating-programs.ts'

export default rule({
  id: 'posix.suid-of-interpreter',
  title: 'A shell, interpreter or editor runs as root for everyone',
  severity: 'high',
  on: table('suid_bin'),
  attack: ['T1548.001'],
  detect: ({ columns }) =>
    columns.permissions.includes('S') &&
    (columns.username === 'root' || columns.username === '') &&
    isEscalating(columns.path),
  alertTitle: ({ host, columns }) => `${columns.path} on ${host} runs as root for everyone`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    path: columns.path,
    owner: columns.username,
    permissions: columns.permissions,
  }),
  means:
    'No distribution sets the set-user-ID bit on such a program: with it anyone on the host reads, writes or runs what they like as root. One chmod u+s is the shortest way to come back as root.',
  check:
    "SELECT path, uid, mode, mtime, ctime FROM file WHERE directory IN ('/bin', '/usr/bin', '/usr/local/bin') AND (mode LIKE '4%' OR mode LIKE '6%');",
  benign: 'An administrator’s shortcut, for instance on nmap or tcpdump: wrong, but not hostile.',
  runbook:
    'Take the bit off (chmod u-s PATH) after noting the times of the file: ctime is when the bit was set. Compare the file with its package (rpm -V, debsums). Who was root at that time (last, shell_history)? If nobody owns up, treat the host as taken over.',
  references: ['https://attack.mitre.org/techniques/T1548/001/', 'https://gtfobins.github.io/'],
  tests: [
    {
      name: 'bash',
      match: true,
      columns: { path: '/usr/bin/bash', username: 'root', permissions: 'S' },
      title: '/usr/bin/bash on test-host runs as root for everyone',
      dedup: 'test-host-id /usr/bin/bash',
      severity: 'high',
      context: { path: '/usr/bin/bash', owner: 'root', permissions: 'S' },
    },
    {
      name: 'there before anyone looked, with a version',
      match: true,
      counter: '0',
      columns: { path: '/usr/bin/python3.11', username: 'root', permissions: 'SG' },
    },
    { name: 'find', match: true, columns: { path: '/usr/bin/find', permissions: 'S' } },
    {
      name: 'for its group only',
      match: false,
      columns: { path: '/usr/bin/vim', username: 'root', permissions: 'G' },
    },
    {
      name: 'as an ordinary user',
      match: false,
      columns: { path: '/usr/local/bin/php', username: 'ada', permissions: 'S' },
    },
    {
      name: 'passwd',
      match: false,
      columns: { path: '/usr/bin/passwd', username: 'root', permissions: 'S' },
    },
    {
      name: 'a name that only begins so',
      match: false,
      columns: { path: '/usr/bin/shfmt', username: 'root', permissions: 'S' },
    },
    { name: 'the bits not selected', match: false, columns: { path: '/usr/bin/bash', username: 'root' } },
    {
      name: 'the bit is gone',
      match: false,
      action: 'removed',
      columns: { path: '/usr/bin/bash', username: 'root', permissions: 'S' },
    },
  ],
})
