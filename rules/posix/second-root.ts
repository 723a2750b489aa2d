import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.second-root',
  title: 'A second account has the rights of root',
  severity: 'critical',
  on: table('users'),
  attack: ['T1136.001', 'T1098'],
  // Windows has other numbers; FreeBSD ships a twin of root.
  exclude: ({ columns, platform }) =>
    platform === 'windows' || (platform === 'freebsd' && columns.username === 'toor'),
  detect: ({ columns }) => columns.uid === '0' && columns.username !== '' && columns.username !== 'root',
  alertTitle: ({ host, columns }) => `${columns.username} has uid 0 on ${host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.username}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    user: columns.username,
    uid: columns.uid,
    directory: columns.directory,
    shell: columns.shell,
  }),
  means:
    'The kernel knows users by number, so every account with number 0 is root, with a password and keys of its own. It is an old way to keep root that survives a change of the password of root.',
  check: 'SELECT uid, gid, username, directory, shell FROM users WHERE uid = 0;',
  benign:
    'Storage appliances and some firewalls ship an admin with number 0. Nothing on an ordinary server or workstation needs one.',
  runbook:
    'Treat the host as taken over. See in shadow when its password was set and in last whether it logged in, and from where. Keep /etc/passwd and /etc/shadow with their times, lock the account, isolate the host and look for the way in.',
  references: [
    'https://attack.mitre.org/techniques/T1136/001/',
    'https://man7.org/linux/man-pages/man5/passwd.5.html',
  ],
  tests: [
    {
      name: 'a twin of root',
      match: true,
      columns: { uid: '0', username: 'sysadm', directory: '/var/tmp', shell: '/bin/bash' },
      title: 'sysadm has uid 0 on test-host',
      dedup: 'test-host-id sysadm',
      severity: 'critical',
      context: { user: 'sysadm', uid: '0', directory: '/var/tmp', shell: '/bin/bash' },
    },
    {
      name: 'there before anyone looked',
      match: true,
      counter: '0',
      columns: { uid: '0', username: 'r00t' },
    },
    { name: 'the twin by its FreeBSD name on Linux', match: true, columns: { uid: '0', username: 'toor' } },
    { name: 'root', match: false, columns: { uid: '0', username: 'root', shell: '/bin/bash' } },
    { name: 'an ordinary account', match: false, columns: { uid: '1000', username: 'ada' } },
    {
      name: 'the twin that FreeBSD ships',
      match: false,
      platform: 'freebsd',
      columns: { uid: '0', username: 'toor' },
    },
    { name: 'Windows', match: false, platform: 'windows', columns: { uid: '0', username: 'x' } },
    { name: 'no number selected', match: false, columns: { username: 'ada' } },
    { name: 'no name selected', match: false, columns: { uid: '0' } },
    { name: 'the twin is gone', match: false, action: 'removed', columns: { uid: '0', username: 'sysadm' } },
  ],
})
