import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'linux.empty-password',
  title: 'An account needs no password',
  severity: 'high',
  on: table('shadow'),
  attack: ['T1098', 'T1078.003'],
  detect: ({ columns }) => columns.password_status === 'empty' && columns.username !== '',
  alertTitle: ({ host, columns }) => `${columns.username} on ${host} needs no password`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.username}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({ user: columns.username, status: columns.password_status }),
  means:
    'Whoever reaches a login prompt or su is this account without a password. sshd refuses empty passwords unless PermitEmptyPasswords is on; the console and su do not.',
  check:
    "SELECT s.username, s.password_status, u.uid, u.shell FROM shadow s JOIN users u ON u.username = s.username WHERE s.password_status = 'empty';",
  benign:
    'Images of virtual machines and appliances that are meant to be set up at their first start, kiosks that log in by themselves.',
  runbook:
    'Lock the account (passwd -l NAME) unless its owner is known and wants it so. See whether it logged in (last) and what it may do (user_groups, sudoers). If it is not a leftover of the image, ask who ran passwd -d or edited /etc/shadow.',
  references: [
    'https://attack.mitre.org/techniques/T1098/',
    'https://man7.org/linux/man-pages/man5/shadow.5.html',
  ],
  tests: [
    {
      name: 'an account without a password',
      match: true,
      columns: { username: 'ada', password_status: 'empty' },
      title: 'ada on test-host needs no password',
      dedup: 'test-host-id ada',
      severity: 'high',
      context: { user: 'ada', status: 'empty' },
    },
    {
      name: 'since before anyone looked',
      match: true,
      counter: '0',
      columns: { username: 'ada', password_status: 'empty' },
    },
    { name: 'a password', match: false, columns: { username: 'ada', password_status: 'active' } },
    { name: 'locked', match: false, columns: { username: 'www-data', password_status: 'locked' } },
    { name: 'never set, so closed', match: false, columns: { username: 'ada', password_status: 'not_set' } },
    { name: 'not selected', match: false, columns: { username: 'ada' } },
    { name: 'no account', match: false, columns: { password_status: 'empty' } },
    {
      name: 'it has one again',
      match: false,
      action: 'removed',
      columns: { username: 'ada', password_status: 'empty' },
    },
  ],
})
