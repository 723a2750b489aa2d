import { isOfPackageChange, isWritten } from '../../src/detect/reading/file-change.ts'
import { systemFileKind } from '../../src/detect/reading/system-files.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.account-file-changed',
  title: 'The list of accounts or of sudo was changed',
  severity: 'low',
  on: joining(table('file_events'), 'packages_changed'),
  attack: ['T1136.001', 'T1098'],
  detect: ({ columns }) => systemFileKind(columns.target_path) === 'accounts' && isWritten(columns),
  // An upgrade has one alert of its own: linux.package-change-of-system-files.
  exclude: ({ columns }) => isOfPackageChange(columns),
  // The rules about users, user_groups, shadow and sudoers tell what changed; a file that is new here is told by nothing else.
  dynamicSeverity: ({ columns }) => (columns.target_path.includes('/sudoers') ? 'medium' : undefined),
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
    'These files say who exists, with which password, and who may become root. Written past the tools that belong to them (useradd, passwd, visudo), they make an account that no log mentions.',
  check:
    "SELECT path, uid, mode, mtime, ctime, size, sha256 FROM file JOIN hash USING (path) WHERE path IN ('/etc/passwd', '/etc/shadow', '/etc/group', '/etc/gshadow', '/etc/sudoers') OR path LIKE '/etc/sudoers.d/%';",
  benign:
    'Every new account, changed password or group; packages that bring an account; provisioning. Cloud agents rewrite sudoers.d at the start of a host.',
  runbook:
    'See what the rules about accounts say of the same host and minute: what is new in users, user_groups, shadow, sudoers. If nothing of it was asked for, find out who was root then (last, shell_history).',
  references: [
    'https://attack.mitre.org/techniques/T1136/001/',
    'https://attack.mitre.org/techniques/T1098/',
  ],
  tests: [
    {
      name: 'the list of accounts',
      match: true,
      columns: {
        target_path: '/etc/passwd',
        action: 'MOVED_TO',
        size: '812',
        sha256: 'ab',
        uid: '0',
        time: '1700000000',
        packages_changed: '1699900000',
      },
      title: '/etc/passwd was changed on test-host',
      dedup: 'test-host-id',
      severity: 'low',
      context: {
        path: '/etc/passwd',
        action: 'MOVED_TO',
        size: '812',
        sha256: 'ab',
        owner_uid: '0',
        time: '1700000000',
      },
    },
    {
      name: 'a new file of sudo',
      match: true,
      severity: 'medium',
      columns: { target_path: '/etc/sudoers.d/x', action: 'CREATED' },
    },
    {
      name: 'sudo itself',
      match: true,
      severity: 'medium',
      columns: { target_path: '/etc/sudoers', action: 'UPDATED' },
    },
    {
      name: 'the copy that passwd keeps',
      match: false,
      columns: { target_path: '/etc/shadow-', action: 'UPDATED' },
    },
    {
      name: 'the file by which it takes turns',
      match: false,
      columns: { target_path: '/etc/.pwd.lock', action: 'UPDATED' },
    },
    {
      name: 'visudo’s own file',
      match: false,
      columns: { target_path: '/etc/sudoers.tmp', action: 'CREATED' },
    },
    {
      name: 'a person’s folder of this name',
      match: false,
      columns: { target_path: '/home/ada/etc/passwd', action: 'CREATED' },
    },
    {
      name: 'an upgrade puts it down',
      match: false,
      columns: {
        target_path: '/etc/passwd',
        action: 'MOVED_TO',
        time: '1700000000',
        packages_changed: '1700000200',
      },
    },
    {
      name: 'the file goes',
      match: false,
      columns: { target_path: '/etc/passwd', action: 'DELETED', time: '1700000000' },
    },
    {
      name: 'a row leaves the buffer of events',
      match: false,
      action: 'removed',
      columns: { target_path: '/etc/passwd', action: 'MOVED_TO' },
    },
  ],
})
