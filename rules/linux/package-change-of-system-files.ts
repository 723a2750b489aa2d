import { isOfPackageChange, isWritten } from '../../src/detect/reading/file-change.ts'
import { isUnder } from '../../src/detect/reading/paths.ts'
import { systemFileKind } from '../../src/detect/reading/system-files.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'linux.package-change-of-system-files',
  title: 'System files changed while packages were installed',
  severity: 'low',
  on: joining(table('file_events'), 'packages_changed'),
  attack: ['T1554'],
  // What packages don't bring is judged by the rules about it, whether there is an upgrade or not.
  detect: ({ columns }) => {
    const kind = systemFileKind(columns.target_path)
    const isBrought =
      kind === 'ssh' ? isUnder(columns.target_path, '/etc/ssh') : kind !== null && kind !== 'preload'
    return isBrought && isWritten(columns) && isOfPackageChange(columns)
  },
  alertTitle: ({ host }) => `System files changed on ${host} while packages were installed`,
  // One upgrade, one alert, however many files and hours.
  dedupPeriod: '12h',
  context: ({ columns }) => ({
    path: columns.target_path,
    kind: systemFileKind(columns.target_path) ?? '',
    action: columns.action,
    sha256: columns.sha256,
    time: columns.time,
    packages_changed: columns.packages_changed ?? '',
  }),
  means:
    'An upgrade replaces many of the files that decide who may log in and what starts by itself. This one alert stands for all of them; each file is among its matches. Whoever wants to hide one change more does it at such a time, or touches the records of the package manager.',
  check:
    "SELECT path, mtime, ctime FROM file WHERE path IN ('/var/lib/dpkg/status', '/var/log/dpkg.log', '/var/lib/rpm/rpmdb.sqlite', '/usr/lib/sysimage/rpm/rpmdb.sqlite', '/var/log/dnf.rpm.log');",
  benign:
    'Nearly always: upgrades by hand, unattended-upgrades, dnf-automatic, the first hours of a new host.',
  runbook:
    'Nothing, when an upgrade was due. Otherwise see what was installed (/var/log/dpkg.log, dnf history), and whether each file of the matches belongs to it (dpkg -S, rpm -qf): one that belongs to no package is what to look at.',
  references: ['https://attack.mitre.org/techniques/T1554/'],
  tests: [
    {
      name: 'a unit of an upgrade',
      match: true,
      columns: {
        target_path: '/usr/lib/systemd/system/ssh.service',
        action: 'MOVED_TO',
        sha256: '',
        time: '1700000000',
        packages_changed: '1700000240',
      },
      title: 'System files changed on test-host while packages were installed',
      dedup: 'test-host-id',
      severity: 'low',
      context: {
        path: '/usr/lib/systemd/system/ssh.service',
        kind: 'startup',
        action: 'MOVED_TO',
        sha256: '',
        time: '1700000000',
        packages_changed: '1700000240',
      },
    },
    {
      name: 'another file of the same upgrade falls into the same alert',
      match: true,
      dedup: 'test-host-id',
      columns: {
        target_path: '/etc/pam.d/common-auth',
        action: 'MOVED_TO',
        time: '1700000030',
        packages_changed: '1700000240',
      },
    },
    {
      name: 'the settings of sshd',
      match: true,
      columns: {
        target_path: '/etc/ssh/sshd_config',
        action: 'MOVED_TO',
        time: '1700000000',
        packages_changed: '1700000000',
      },
    },
    {
      name: 'no upgrade',
      match: false,
      columns: {
        target_path: '/etc/pam.d/common-auth',
        action: 'MOVED_TO',
        time: '1700000000',
        packages_changed: '1699000000',
      },
    },
    {
      name: 'a query that does not tell of packages',
      match: false,
      columns: { target_path: '/etc/pam.d/common-auth', action: 'MOVED_TO', time: '1700000000' },
    },
    {
      name: 'a key, which no package brings',
      match: false,
      columns: {
        target_path: '/root/.ssh/authorized_keys',
        action: 'UPDATED',
        time: '1700000000',
        packages_changed: '1700000000',
      },
    },
    {
      name: 'the preloaded library, which no package brings',
      match: false,
      columns: {
        target_path: '/etc/ld.so.preload',
        action: 'CREATED',
        time: '1700000000',
        packages_changed: '1700000000',
      },
    },
    {
      name: 'a file of no meaning',
      match: false,
      columns: {
        target_path: '/etc/ld.so.cache',
        action: 'MOVED_TO',
        time: '1700000000',
        packages_changed: '1700000000',
      },
    },
    {
      name: 'the old file goes',
      match: false,
      columns: {
        target_path: '/etc/pam.d/common-auth',
        action: 'DELETED',
        time: '1700000000',
        packages_changed: '1700000000',
      },
    },
    {
      name: 'a row leaves the buffer of events',
      match: false,
      action: 'removed',
      columns: {
        target_path: '/etc/pam.d/common-auth',
        action: 'MOVED_TO',
        time: '1700000000',
        packages_changed: '1700000000',
      },
    },
  ],
})
