import { joining, rule, table } from '../../src/detect/rule.ts'
import { ADMIN_GROUPS } from '../data/admin-groups.ts'

/** Accounts that belong there from the start. */
const AT_HOME = new Set(['root', 'daemon', 'bin', 'adm', '_mbsetupuser'])

export default rule({
  id: 'posix.joins-admin-group',
  title: 'An account joined a group of administrators',
  severity: 'high',
  on: joining(table('user_groups'), 'username', 'groupname'),
  attack: ['T1098.007'],
  initial: 'ignore',
  detect: ({ columns, platform }) =>
    platform !== 'windows' &&
    (ADMIN_GROUPS.has(columns.groupname ?? '') || columns.gid === '0') &&
    columns.uid !== '0' &&
    !AT_HOME.has(columns.username ?? ''),
  alertTitle: ({ host, columns }) =>
    `${columns.username || `uid ${columns.uid}`} joined ${columns.groupname || 'group 0'} on ${host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.uid}`,
  context: ({ columns }) => ({
    user: columns.username ?? '',
    uid: columns.uid,
    group: columns.groupname ?? '',
    gid: columns.gid,
    gains: ADMIN_GROUPS.get(columns.groupname ?? '') ?? '',
  }),
  means:
    'Members of this group are root, or one command away from it: docker, lxd and disk give the whole host as surely as sudo does, only that fewer people know.',
  check:
    "SELECT u.username, g.groupname FROM user_groups ug JOIN users u ON u.uid = ug.uid JOIN groups g ON g.gid = ug.gid WHERE g.groupname IN ('root', 'wheel', 'sudo', 'admin', 'docker', 'lxd', 'disk', 'shadow');",
  benign: 'A new administrator, a developer who may use docker, provisioning of a new host.',
  runbook:
    'Ask the owner of the host whether this person shall be an administrator. If nobody knows: take the account out of the group, see who ran usermod or gpasswd (shell_history, last around the time of /etc/group), and what the account did since.',
  references: ['https://attack.mitre.org/techniques/T1098/007/'],
  tests: [
    {
      name: 'may use sudo from now on',
      match: true,
      columns: { uid: '1002', gid: '27', username: 'ada', groupname: 'sudo' },
      title: 'ada joined sudo on test-host',
      dedup: 'test-host-id 1002',
      severity: 'high',
      context: { user: 'ada', uid: '1002', group: 'sudo', gid: '27', gains: 'may use sudo' },
    },
    {
      name: 'docker',
      match: true,
      columns: { uid: '33', gid: '999', username: 'www-data', groupname: 'docker' },
    },
    {
      name: 'an administrator of a Mac',
      match: true,
      platform: 'darwin',
      columns: { uid: '502', gid: '80', username: 'ada', groupname: 'admin' },
    },
    {
      name: 'the numbers alone',
      match: true,
      columns: { uid: '1002', gid: '0' },
      title: 'uid 1002 joined group 0 on test-host',
    },
    { name: 'an ordinary group', match: false, columns: { uid: '1002', gid: '1002', groupname: 'ada' } },
    { name: 'the log readers', match: false, columns: { uid: '1002', gid: '4', groupname: 'adm' } },
    {
      name: 'root itself',
      match: false,
      columns: { uid: '0', gid: '0', username: 'root', groupname: 'root' },
    },
    {
      name: 'an account that Red Hat puts there',
      match: false,
      columns: { uid: '1', gid: '0', username: 'bin', groupname: 'root' },
    },
    {
      name: 'the assistant that sets a Mac up',
      match: false,
      platform: 'darwin',
      columns: { uid: '248', gid: '80', username: '_mbsetupuser', groupname: 'admin' },
    },
    {
      name: 'Windows',
      match: false,
      platform: 'windows',
      columns: { uid: '1001', gid: '0', username: 'ada', groupname: 'admin' },
    },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: { uid: '1002', gid: '27', username: 'ada', groupname: 'sudo' },
    },
    {
      name: 'leaves the group',
      match: false,
      action: 'removed',
      columns: { uid: '1002', gid: '27', username: 'ada', groupname: 'sudo' },
    },
  ],
})
