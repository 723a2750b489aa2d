import { isShell } from '../../src/detect/reading/interpreters.ts'
import { baseName } from '../../src/detect/reading/paths.ts'
import { int } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Where accounts of people begin: 1000 on Linux (login.defs), 501 on macOS, 500 on old Red Hat systems. */
const FIRST_PERSON = 500
/** `nobody`, which some systems give a shell. */
const NOBODY = 65_534

export default rule({
  id: 'posix.new-account',
  title: 'A new account can log in',
  severity: 'medium',
  on: table('users'),
  attack: ['T1136.001'],
  initial: 'ignore',
  detect: ({ columns, platform }) => {
    const uid = int(columns.uid)
    const isPerson = uid !== null && uid >= FIRST_PERSON && uid !== NOBODY
    return platform !== 'windows' && isPerson && isShell(baseName(columns.shell))
  },
  alertTitle: ({ host, columns }) => `Account ${columns.username} appeared on ${host}`,
  context: ({ columns }) => ({
    user: columns.username,
    uid: columns.uid,
    gid: columns.gid,
    directory: columns.directory,
    shell: columns.shell,
  }),
  means:
    'An account of one’s own is the plainest way to come back: it has a password or key that nobody changes, and its logins look like anyone’s.',
  check:
    'SELECT u.uid, u.username, u.directory, u.shell, g.groupname FROM users u LEFT JOIN user_groups ug ON ug.uid = u.uid LEFT JOIN groups g ON g.gid = ug.gid WHERE u.uid >= 500;',
  benign:
    'New colleagues, provisioning, a database or build server that brings an account with a shell. An account whose shell or home changes is a new row too.',
  runbook:
    'Ask who made it: shell_history for useradd, the records of your provisioning, the time of the change against last. If nobody did, lock it, see what it may do (user_groups, sudoers, authorized_keys), and look at what root did in the hour before.',
  references: ['https://attack.mitre.org/techniques/T1136/001/'],
  tests: [
    {
      name: 'a person with a shell',
      match: true,
      columns: { uid: '1002', gid: '1002', username: 'ada', directory: '/home/ada', shell: '/bin/bash' },
      title: 'Account ada appeared on test-host',
      dedup: 'test-host-id',
      severity: 'medium',
      context: { user: 'ada', uid: '1002', gid: '1002', directory: '/home/ada', shell: '/bin/bash' },
    },
    {
      name: 'on a Mac',
      match: true,
      platform: 'darwin',
      columns: { uid: '502', username: 'ada', shell: '/bin/zsh' },
    },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: { uid: '1002', username: 'ada', shell: '/bin/bash' },
    },
    {
      name: 'an account of a package, without a shell',
      match: false,
      columns: { uid: '998', username: 'redis', shell: '/usr/sbin/nologin' },
    },
    {
      name: 'an account of a package, with a shell',
      match: false,
      columns: { uid: '115', username: 'postgres', shell: '/bin/bash' },
    },
    {
      name: 'nobody',
      match: false,
      columns: { uid: '65534', username: 'nobody', shell: '/bin/sh' },
    },
    {
      name: 'a mailbox without a shell',
      match: false,
      columns: { uid: '1003', username: 'bob', shell: '/bin/false' },
    },
    {
      name: 'Windows, which has no shells',
      match: false,
      platform: 'windows',
      columns: { uid: '1001', username: 'ada', shell: 'C:\\tools\\bash' },
    },
    { name: 'the numbers not selected', match: false, columns: { username: 'ada', shell: '/bin/bash' } },
    {
      name: 'the account is gone',
      match: false,
      action: 'removed',
      columns: { uid: '1002', username: 'ada', shell: '/bin/bash' },
    },
  ],
})
