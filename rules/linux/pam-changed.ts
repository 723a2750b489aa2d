import { isOfPackageChange, isWritten } from '../../src/detect/reading/file-change.ts'
import { systemFileKind } from '../../src/detect/reading/system-files.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'linux.pam-changed',
  title: 'How passwords are checked was changed',
  severity: 'high',
  on: joining(table('file_events'), 'packages_changed'),
  attack: ['T1556.003'],
  detect: ({ columns }) => systemFileKind(columns.target_path) === 'pam' && isWritten(columns),
  // An upgrade has one alert of its own: linux.package-change-of-system-files.
  exclude: ({ columns }) => isOfPackageChange(columns),
  alertTitle: ({ host, columns }) =>
    `${columns.target_path} was changed on ${host}: it decides how passwords are checked`,
  context: ({ columns }) => ({
    path: columns.target_path,
    action: columns.action,
    size: columns.size,
    sha256: columns.sha256,
    owner_uid: columns.uid,
    time: columns.time,
  }),
  means:
    'PAM asks these files and modules whether a password is right. A changed module lets a secret password in for every account and writes down those of others; a changed line (sufficient, pam_exec, pam_permit) does the same without a module.',
  check:
    "SELECT path, uid, mtime, ctime, size, sha256 FROM file JOIN hash USING (path) WHERE path LIKE '/etc/pam.d/%' OR path LIKE '/usr/lib/%/security/pam_%.so' OR path LIKE '/usr/lib64/security/pam_%.so';",
  benign:
    'pam-auth-update, authselect and realm join rewrite these files, and so does configuration management. Upgrades do too, and are told apart when the query says when the package manager was last at work.',
  runbook:
    'Compare the file with its package (rpm -V pam, debsums libpam-modules; for a file of /etc with your configuration management). A module that belongs to no package, or differs from its own, is a back door: isolate the host, and change every password typed on it since.',
  references: [
    'https://attack.mitre.org/techniques/T1556/003/',
    'https://man7.org/linux/man-pages/man5/pam.d.5.html',
  ],
  tests: [
    {
      name: 'a module is replaced',
      match: true,
      columns: {
        target_path: '/usr/lib/x86_64-linux-gnu/security/pam_unix.so',
        action: 'UPDATED',
        size: '812',
        sha256: 'ab',
        uid: '0',
        time: '1700000000',
        packages_changed: '1699900000',
      },
      title:
        '/usr/lib/x86_64-linux-gnu/security/pam_unix.so was changed on test-host: it decides how passwords are checked',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        path: '/usr/lib/x86_64-linux-gnu/security/pam_unix.so',
        action: 'UPDATED',
        size: '812',
        sha256: 'ab',
        owner_uid: '0',
        time: '1700000000',
      },
    },
    {
      name: 'a line is added to a service',
      match: true,
      columns: { target_path: '/etc/pam.d/sshd', action: 'MOVED_TO' },
    },
    {
      name: 'on a Mac, of a fleet whose query tells nothing of packages',
      match: true,
      columns: { target_path: '/private/etc/pam.d/sudo', action: 'UPDATED' },
    },
    {
      name: 'the editor’s own file beside it',
      match: false,
      columns: { target_path: '/etc/pam.d/.sshd.swp', action: 'CREATED' },
    },
    {
      name: 'another file of /etc',
      match: false,
      columns: { target_path: '/etc/hostname', action: 'UPDATED' },
    },
    {
      name: 'an upgrade puts it down',
      match: false,
      columns: {
        target_path: '/usr/lib/x86_64-linux-gnu/security/pam_unix.so',
        action: 'MOVED_TO',
        time: '1700000000',
        packages_changed: '1700000200',
      },
    },
    {
      name: 'the file goes',
      match: false,
      columns: {
        target_path: '/usr/lib/x86_64-linux-gnu/security/pam_unix.so',
        action: 'DELETED',
        time: '1700000000',
      },
    },
    {
      name: 'a row leaves the buffer of events',
      match: false,
      action: 'removed',
      columns: { target_path: '/usr/lib/x86_64-linux-gnu/security/pam_unix.so', action: 'UPDATED' },
    },
  ],
})
