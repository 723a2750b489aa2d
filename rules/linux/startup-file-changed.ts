import { isOfPackageChange, isWritten } from '../../src/detect/reading/file-change.ts'
import { systemFileKind } from '../../src/detect/reading/system-files.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'linux.startup-file-changed',
  title: 'What the system starts by itself was changed',
  severity: 'medium',
  on: joining(table('file_events'), 'packages_changed'),
  attack: ['T1543.002', 'T1037.004', 'T1053.003', 'T1546.017'],
  detect: ({ columns }) => systemFileKind(columns.target_path) === 'startup' && isWritten(columns),
  // An upgrade has one alert of its own: linux.package-change-of-system-files.
  exclude: ({ columns }) => isOfPackageChange(columns),
  alertTitle: ({ host, columns }) =>
    `${columns.target_path} was changed on ${host}: the system starts it by itself`,
  context: ({ columns }) => ({
    path: columns.target_path,
    action: columns.action,
    size: columns.size,
    sha256: columns.sha256,
    owner_uid: columns.uid,
    time: columns.time,
  }),
  means:
    'Units, init scripts, cron files, udev rules and the scripts of the message of the day run as root without anybody starting them: at boot, by the clock, when a device appears, when someone logs in.',
  check:
    "SELECT path, uid, mtime, ctime, size, sha256 FROM file JOIN hash USING (path) WHERE path LIKE '/etc/systemd/system/%' OR path LIKE '/etc/init.d/%' OR path LIKE '/etc/udev/rules.d/%' OR path LIKE '/etc/update-motd.d/%' OR path LIKE '/etc/cron.d/%' OR path IN ('/etc/rc.local', '/etc/crontab');",
  benign:
    'Deployments that bring a unit or a cron file, administrators, configuration management; systemctl enable and disable make and remove links there. Upgrades are told apart when the query says when the package manager was last at work.',
  runbook:
    'Read the file, and what it starts. Does it belong to a package (dpkg -S, rpm -qf) or to your configuration management? If neither: keep it and the program it starts with their times, disable it, and find out who was root at that time (last, shell_history).',
  references: [
    'https://attack.mitre.org/techniques/T1543/002/',
    'https://attack.mitre.org/techniques/T1037/004/',
    'https://attack.mitre.org/techniques/T1546/017/',
  ],
  tests: [
    {
      name: 'a new unit',
      match: true,
      columns: {
        target_path: '/etc/systemd/system/update-helper.service',
        action: 'CREATED',
        size: '812',
        sha256: 'ab',
        uid: '0',
        time: '1700000000',
        packages_changed: '1699900000',
      },
      title:
        '/etc/systemd/system/update-helper.service was changed on test-host: the system starts it by itself',
      dedup: 'test-host-id',
      severity: 'medium',
      context: {
        path: '/etc/systemd/system/update-helper.service',
        action: 'CREATED',
        size: '812',
        sha256: 'ab',
        owner_uid: '0',
        time: '1700000000',
      },
    },
    {
      name: 'a udev rule',
      match: true,
      columns: { target_path: '/etc/udev/rules.d/75-net.rules', action: 'MOVED_TO' },
    },
    {
      name: 'a crontab',
      match: true,
      columns: { target_path: '/var/spool/cron/crontabs/www-data', action: 'MOVED_TO' },
    },
    {
      name: 'a script at login',
      match: true,
      columns: { target_path: '/etc/update-motd.d/00-header', action: 'UPDATED' },
    },
    {
      name: 'the file that crontab writes first',
      match: false,
      columns: { target_path: '/var/spool/cron/crontabs/tmp.AbCdEf', action: 'CREATED' },
    },
    {
      name: 'what dpkg writes first',
      match: false,
      columns: { target_path: '/etc/init.d/cron.dpkg-new', action: 'CREATED' },
    },
    {
      name: 'a unit of a person',
      match: false,
      columns: { target_path: '/home/ada/.config/systemd/user/a.service', action: 'CREATED' },
    },
    {
      name: 'an upgrade puts it down',
      match: false,
      columns: {
        target_path: '/etc/systemd/system/update-helper.service',
        action: 'MOVED_TO',
        time: '1700000000',
        packages_changed: '1700000200',
      },
    },
    {
      name: 'the file goes',
      match: false,
      columns: {
        target_path: '/etc/systemd/system/update-helper.service',
        action: 'DELETED',
        time: '1700000000',
      },
    },
    {
      name: 'a row leaves the buffer of events',
      match: false,
      action: 'removed',
      columns: { target_path: '/etc/systemd/system/update-helper.service', action: 'CREATED' },
    },
  ],
})
