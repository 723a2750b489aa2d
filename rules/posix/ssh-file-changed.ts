import { isOfPackageChange, isWritten } from '../../src/detect/reading/file-change.ts'
import { baseName, isUnder, isUserHome } from '../../src/detect/reading/paths.ts'
import { systemFileKind } from '../../src/detect/reading/system-files.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.ssh-file-changed',
  title: 'Who may log in over SSH was changed',
  severity: 'medium',
  on: joining(table('file_events'), 'packages_changed'),
  attack: ['T1098.004'],
  detect: ({ columns }) => systemFileKind(columns.target_path) === 'ssh' && isWritten(columns),
  // An upgrade has one alert of its own: linux.package-change-of-system-files. No package touches homes.
  exclude: ({ columns }) => isUnder(columns.target_path, '/etc/ssh') && isOfPackageChange(columns),
  dynamicSeverity: ({ columns }) => {
    if (!isUserHome(columns.target_path) || isUnder(columns.target_path, '/root', '/var/root'))
      return undefined
    const name = baseName(columns.target_path)
    // Keys and settings of one's own for logins elsewhere are everyday.
    if (name.startsWith('id_') || name === 'config') return 'info'
    // posix.ssh-key-added tells which key it is, and judges it.
    return name.startsWith('authorized_keys') ? 'low' : undefined
  },
  alertTitle: ({ host, columns }) => `${columns.target_path} was changed on ${host}`,
  context: ({ columns }) => ({
    path: columns.target_path,
    action: columns.action,
    size: columns.size,
    sha256: columns.sha256,
    owner_uid: columns.uid,
    time: columns.time,
  }),
  means:
    'A line more in authorized_keys opens the account to whoever holds the key, ~/.ssh/rc runs at each login, and sshd_config can let everybody in or ask a program of the attacker’s who may. It is the most common way to keep access to a Linux host.',
  check:
    'SELECT u.username, k.algorithm, k.key, k.options, k.comment, k.key_file FROM users u CROSS JOIN authorized_keys k USING (uid);',
  benign:
    'New and rotated keys, ssh-copy-id, provisioning; cloud agents that put a key down for the time of a session, and do so often.',
  runbook:
    'What is new in the file? posix.ssh-key-added tells the key within a quarter of an hour; for sshd_config compare with your configuration management. If nobody knows the key: take it out, see in last which logins came since, and what wrote the file.',
  references: ['https://attack.mitre.org/techniques/T1098/004/', 'https://man.openbsd.org/sshd#FILES'],
  tests: [
    {
      name: 'root’s keys',
      match: true,
      columns: {
        target_path: '/root/.ssh/authorized_keys',
        action: 'UPDATED',
        size: '812',
        sha256: 'ab',
        uid: '0',
        time: '1700000000',
        packages_changed: '1700000000',
      },
      title: '/root/.ssh/authorized_keys was changed on test-host',
      dedup: 'test-host-id',
      severity: 'medium',
      context: {
        path: '/root/.ssh/authorized_keys',
        action: 'UPDATED',
        size: '812',
        sha256: 'ab',
        owner_uid: '0',
        time: '1700000000',
      },
    },
    {
      name: 'what runs at each login',
      match: true,
      severity: 'medium',
      columns: { target_path: '/home/ada/.ssh/rc', action: 'CREATED' },
    },
    {
      name: 'the settings of the server',
      match: true,
      severity: 'medium',
      columns: { target_path: '/etc/ssh/sshd_config', action: 'MOVED_TO' },
    },
    {
      name: 'a key of root’s own',
      match: true,
      severity: 'medium',
      columns: { target_path: '/root/.ssh/id_ed25519', action: 'CREATED' },
    },
    {
      name: 'a person’s keys',
      match: true,
      severity: 'low',
      columns: { target_path: '/home/ada/.ssh/authorized_keys', action: 'MOVED_TO' },
    },
    {
      name: 'a key of a person’s own',
      match: true,
      severity: 'info',
      columns: { target_path: '/home/ada/.ssh/id_ed25519', action: 'CREATED' },
    },
    {
      name: 'an upgrade brings new settings of the server',
      match: false,
      columns: {
        target_path: '/etc/ssh/sshd_config',
        action: 'MOVED_TO',
        time: '1700000000',
        packages_changed: '1700000000',
      },
    },
    {
      name: 'a host that somebody visits',
      match: false,
      columns: { target_path: '/home/ada/.ssh/known_hosts', action: 'UPDATED' },
    },
    {
      name: 'the keys are deleted',
      match: false,
      columns: { target_path: '/root/.ssh/authorized_keys', action: 'DELETED' },
    },
    {
      name: 'a row leaves the buffer of events',
      match: false,
      action: 'removed',
      columns: { target_path: '/root/.ssh/authorized_keys', action: 'UPDATED' },
    },
  ],
})
