import { isOfPackageChange, isWritten } from '../../src/detect/reading/file-change.ts'
import { systemFileKind } from '../../src/detect/reading/system-files.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.shell-profile-changed',
  title: 'Code that every shell runs was changed',
  severity: 'medium',
  on: joining(table('file_events'), 'packages_changed'),
  attack: ['T1546.004'],
  detect: ({ columns }) => systemFileKind(columns.target_path) === 'profile' && isWritten(columns),
  // An upgrade has one alert of its own: linux.package-change-of-system-files.
  exclude: ({ columns }) => isOfPackageChange(columns),
  // A person’s own files change at a person’s whim; those of everybody and of root do not.
  dynamicSeverity: ({ columns }) => (/^\/(?:home|Users)\//.test(columns.target_path) ? 'low' : undefined),
  alertTitle: ({ host, columns }) =>
    `${columns.target_path} was changed on ${host}: shells run it when they start`,
  context: ({ columns }) => ({
    path: columns.target_path,
    action: columns.action,
    size: columns.size,
    sha256: columns.sha256,
    owner_uid: columns.uid,
    time: columns.time,
  }),
  means:
    'Whatever stands in this file runs each time somebody logs in or opens a shell, with their rights: a way to stay, and to wait for an administrator. Aliases for sudo and ssh in it take passwords.',
  check:
    "SELECT path, uid, mtime, ctime, size, sha256 FROM file JOIN hash USING (path) WHERE path LIKE '/etc/profile.d/%' OR path IN ('/etc/profile', '/etc/bash.bashrc', '/etc/bashrc', '/root/.bashrc', '/root/.profile');",
  benign:
    'People who set up their shell, installers that add a line to the PATH (nvm, conda, rustup), configuration management.',
  runbook:
    'Read the file. Look for lines that fetch, decode or start something in the background, that change PATH or LD_PRELOAD, and for aliases of sudo, su and ssh. Ask the owner of the account; who wrote it is in shell_history and last around the time.',
  references: ['https://attack.mitre.org/techniques/T1546/004/'],
  tests: [
    {
      name: 'for everybody',
      match: true,
      columns: {
        target_path: '/etc/profile.d/lang.sh',
        action: 'CREATED',
        size: '812',
        sha256: 'ab',
        uid: '0',
        time: '1700000000',
        packages_changed: '1699900000',
      },
      title: '/etc/profile.d/lang.sh was changed on test-host: shells run it when they start',
      dedup: 'test-host-id',
      severity: 'medium',
      context: {
        path: '/etc/profile.d/lang.sh',
        action: 'CREATED',
        size: '812',
        sha256: 'ab',
        owner_uid: '0',
        time: '1700000000',
      },
    },
    {
      name: 'of root',
      match: true,
      severity: 'medium',
      columns: { target_path: '/root/.bashrc', action: 'UPDATED' },
    },
    {
      name: 'of a person',
      match: true,
      severity: 'low',
      columns: { target_path: '/home/ada/.zshrc', action: 'MOVED_TO' },
    },
    {
      name: 'of a person on a Mac',
      match: true,
      severity: 'low',
      columns: { target_path: '/Users/ada/.zprofile', action: 'UPDATED' },
    },
    {
      name: 'a copy in a person’s project',
      match: false,
      columns: { target_path: '/home/ada/dotfiles/.bashrc', action: 'UPDATED' },
    },
    {
      name: 'the history',
      match: false,
      columns: { target_path: '/home/ada/.bash_history', action: 'UPDATED' },
    },
    {
      name: 'an upgrade puts it down',
      match: false,
      columns: {
        target_path: '/etc/profile.d/lang.sh',
        action: 'MOVED_TO',
        time: '1700000000',
        packages_changed: '1700000200',
      },
    },
    {
      name: 'the file goes',
      match: false,
      columns: { target_path: '/etc/profile.d/lang.sh', action: 'DELETED', time: '1700000000' },
    },
    {
      name: 'a row leaves the buffer of events',
      match: false,
      action: 'removed',
      columns: { target_path: '/etc/profile.d/lang.sh', action: 'CREATED' },
    },
  ],
})
