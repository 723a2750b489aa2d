import { isUnder } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Made by snapd for what it installs, in the folder of the administrator. */
const BY_SNAPD = /^snap[.-]/
const UNIT = /\.(?:service|timer|path|socket)$/

export default rule({
  id: 'linux.new-unit-by-hand',
  title: 'A new service that no package brought',
  severity: 'low',
  on: table('systemd_units'),
  attack: ['T1543.002', 'T1053.006'],
  initial: 'ignore',
  // Packages put their units into /usr/lib/systemd; what has its file in /etc was written by a person or a program of theirs.
  detect: ({ columns }) =>
    UNIT.test(columns.id) &&
    !BY_SNAPD.test(columns.id) &&
    isUnder(columns.fragment_path, '/etc/systemd/system', '/usr/local/lib/systemd/system'),
  alertTitle: ({ host, columns }) => `New unit ${columns.id} on ${host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.id}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    unit: columns.id,
    path: columns.fragment_path,
    user: columns.user,
    description: columns.description,
  }),
  means:
    'A service of one’s own is the most common way to stay on a Linux host: it starts with the host, as root, and again when it dies. A timer does the same by the clock.',
  check:
    "SELECT id, description, fragment_path, user, active_state, unit_file_state FROM systemd_units WHERE fragment_path LIKE '/etc/systemd/system/%';",
  benign: 'Deployments, agents of vendors that install by a script, configuration management.',
  runbook:
    'Read the unit (systemctl cat NAME): what does ExecStart run, as whom, and whose file is that? Ask the owner of the host. A name that imitates one of the system (systemd-…, dbus-…, kworker) or a program in a hidden or writable folder is not innocent.',
  references: [
    'https://attack.mitre.org/techniques/T1543/002/',
    'https://attack.mitre.org/techniques/T1053/006/',
  ],
  tests: [
    {
      name: 'a service',
      match: true,
      columns: {
        id: 'network-helper.service',
        fragment_path: '/etc/systemd/system/network-helper.service',
        user: '',
        description: 'Network helper',
      },
      title: 'New unit network-helper.service on test-host',
      dedup: 'test-host-id network-helper.service',
      severity: 'low',
      context: {
        unit: 'network-helper.service',
        path: '/etc/systemd/system/network-helper.service',
        user: '',
        description: 'Network helper',
      },
    },
    {
      name: 'a timer',
      match: true,
      columns: { id: 'a.timer', fragment_path: '/etc/systemd/system/a.timer' },
    },
    {
      name: 'of a package',
      match: false,
      columns: { id: 'ssh.service', fragment_path: '/usr/lib/systemd/system/ssh.service' },
    },
    {
      name: 'of a snap',
      match: false,
      columns: {
        id: 'snap.lxd.daemon.service',
        fragment_path: '/etc/systemd/system/snap.lxd.daemon.service',
      },
    },
    {
      name: 'a disk',
      match: false,
      columns: { id: 'data.mount', fragment_path: '/etc/systemd/system/data.mount' },
    },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: { id: 'a.timer', fragment_path: '/etc/systemd/system/a.timer' },
    },
    {
      name: 'it is gone',
      match: false,
      action: 'removed',
      columns: { id: 'a.timer', fragment_path: '/etc/systemd/system/a.timer' },
    },
  ],
})
