import { baseName } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { SERVICE_ACCOUNTS } from '../data/service-accounts.ts'

/** What stands in the place of a shell for those who shall have none. `sync` logs in, syncs and leaves. */
const NO_SHELL = new Set(['', 'nologin', 'false', 'true', 'sync', 'null', 'git-shell', 'scponly', 'uucico'])

export default rule({
  id: 'posix.service-account-shell',
  title: 'An account of a service got a shell',
  severity: 'high',
  on: table('users'),
  attack: ['T1098', 'T1078.003'],
  initial: 'ignore',
  detect: ({ columns }) =>
    SERVICE_ACCOUNTS.names.has(columns.username) && !NO_SHELL.has(baseName(columns.shell)),
  alertTitle: ({ host, columns }) => `${columns.username} on ${host} got the shell ${columns.shell}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.username}`,
  context: ({ columns }) => ({
    user: columns.username,
    uid: columns.uid,
    directory: columns.directory,
    shell: columns.shell,
  }),
  means:
    'Nobody logs in as www-data or daemon, so nobody looks at their logins. With a shell and a key or password such an account is a door that no list of people shows.',
  check:
    "SELECT uid, username, directory, shell FROM users WHERE uid < 1000 AND shell NOT LIKE '%nologin' AND shell NOT LIKE '%false';",
  benign:
    'An administrator who debugs a service as its account (better: sudo -u NAME -s). Old Debian releases gave all of them /bin/sh, which is there from the start and not new.',
  runbook:
    'See whether the account has a key (authorized_keys) or a password (shadow), and whether it logged in (last). Ask who ran usermod or chsh: shell_history, and the time of /etc/passwd. If nobody did, set the shell back, remove keys and passwords, and look for the way in.',
  references: [
    'https://attack.mitre.org/techniques/T1098/',
    'https://attack.mitre.org/techniques/T1078/003/',
  ],
  tests: [
    {
      name: 'the web server’s account',
      match: true,
      columns: { uid: '33', username: 'www-data', directory: '/var/www', shell: '/bin/bash' },
      title: 'www-data on test-host got the shell /bin/bash',
      dedup: 'test-host-id www-data',
      severity: 'high',
      context: { user: 'www-data', uid: '33', directory: '/var/www', shell: '/bin/bash' },
    },
    {
      name: 'a program in the place of a shell',
      match: true,
      columns: { username: 'daemon', shell: '/dev/shm/x' },
    },
    {
      name: 'as it is shipped',
      match: false,
      columns: { username: 'www-data', shell: '/usr/sbin/nologin' },
    },
    { name: 'the sync account', match: false, columns: { username: 'sys', shell: '/bin/sync' } },
    {
      name: 'a service that is shipped with one',
      match: false,
      columns: { username: 'postgres', shell: '/bin/bash' },
    },
    { name: 'a person', match: false, columns: { username: 'ada', shell: '/bin/bash' } },
    { name: 'the shell not selected', match: false, columns: { username: 'www-data' } },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: { username: 'www-data', shell: '/bin/sh' },
    },
    {
      name: 'it is taken away again',
      match: false,
      action: 'removed',
      columns: { username: 'www-data', shell: '/bin/bash' },
    },
  ],
})
