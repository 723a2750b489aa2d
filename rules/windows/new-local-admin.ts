import { joining, rule, table } from '../../src/detect/rule.ts'

/** Relative id of BUILTIN\Administrators, which osquery gives as gid. */
const ADMINISTRATORS = '544'

export default rule({
  id: 'windows.new-local-admin',
  title: 'New local administrator',
  severity: 'medium',
  on: joining(table('user_groups'), 'username', 'uuid', 'type'),
  attack: ['T1136.001', 'T1098'],
  means:
    'An account joined the group Administrators of this machine: it may do anything here. It is what attackers give the account that they mean to come back with.',
  check:
    'SELECT u.username, u.uuid, u.type, u.directory FROM user_groups g JOIN users u USING (uid) WHERE g.gid = 544;',
  benign: 'Help desks and people who set up a machine. Who was in it when the host came is not told.',
  runbook:
    'Who added the account (event 4732), and was there a ticket? If not: take it out of the group, disable it, and look for where it has logged on.',
  references: [
    'https://attack.mitre.org/techniques/T1136/001/',
    'https://attack.mitre.org/techniques/T1098/',
  ],
  initial: 'ignore',
  // On other systems 544 is a group like any other.
  detect: ({ columns, platform }) => columns.gid === ADMINISTRATORS && platform === 'windows',
  alertTitle: ({ host, columns }) =>
    `${columns.username || `User ${columns.uid}`} became administrator of ${host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.uid}`,
  context: ({ columns }) => ({
    user: columns.username ?? '',
    uid: columns.uid,
    sid: columns.uuid ?? '',
    type: columns.type ?? '',
  }),
  tests: [
    {
      name: 'an account',
      match: true,
      platform: 'windows',
      columns: { uid: '1005', gid: '544', username: 'support', uuid: 'S-1-5-21-1-2-3-1005', type: 'local' },
      title: 'support became administrator of test-host',
      dedup: 'test-host-id 1005',
      context: { user: 'support', uid: '1005', sid: 'S-1-5-21-1-2-3-1005', type: 'local' },
    },
    {
      name: 'without its name',
      match: true,
      platform: 'windows',
      columns: { uid: '1005', gid: '544' },
      title: 'User 1005 became administrator of test-host',
    },
    {
      name: 'in it when the host came',
      match: false,
      counter: '0',
      platform: 'windows',
      columns: { uid: '500', gid: '544' },
    },
    { name: 'another group', match: false, platform: 'windows', columns: { uid: '1005', gid: '545' } },
    { name: 'a Linux host', match: false, platform: 'ubuntu', columns: { uid: '1005', gid: '544' } },
    {
      name: 'taken out',
      match: false,
      platform: 'windows',
      action: 'removed',
      columns: { uid: '1005', gid: '544' },
    },
  ],
})
