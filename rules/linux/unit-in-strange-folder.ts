import { isHiddenPath, isUnder, isUserHome, isWorldWritablePlace } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'linux.unit-in-strange-folder',
  title: 'systemd runs a unit out of a folder that is no place for one',
  severity: 'high',
  on: table('systemd_units'),
  attack: ['T1543.002'],
  detect: ({ columns }) => isStrange(columns.fragment_path),
  // Developers link units out of their homes (systemctl link); nobody does so out of /tmp.
  dynamicSeverity: ({ columns }) =>
    isUserHome(columns.fragment_path) && !isHiddenPath(columns.fragment_path) ? 'medium' : undefined,
  alertTitle: ({ host, columns }) => `systemd on ${host} runs ${columns.id} out of ${columns.fragment_path}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.id}`,
  context: ({ columns }) => ({
    unit: columns.id,
    path: columns.fragment_path,
    user: columns.user,
    description: columns.description,
  }),
  means:
    'A unit says what runs as a service, mostly as root, and is started again when it dies. Whoever may write its file says what runs; in /tmp and /dev/shm that is everyone, and no installer puts one there.',
  check: 'SELECT id, fragment_path, user, active_state, sub_state, unit_file_state FROM systemd_units;',
  benign: 'A developer who links a unit out of a checkout in their home.',
  runbook:
    'Read the unit (systemctl cat NAME) and the program in ExecStart. Copy both with their times before anything is stopped. Who linked it: shell_history and last around the time of the link in /etc/systemd/system. If nobody owns up, stop and disable it and isolate the host.',
  references: [
    'https://attack.mitre.org/techniques/T1543/002/',
    'https://man7.org/linux/man-pages/man5/systemd.unit.5.html',
  ],
  tests: [
    {
      name: 'in memory',
      match: true,
      columns: {
        id: 'update.service',
        fragment_path: '/dev/shm/update.service',
        user: '',
        description: 'Update',
      },
      title: 'systemd on test-host runs update.service out of /dev/shm/update.service',
      dedup: 'test-host-id update.service',
      severity: 'high',
      context: {
        unit: 'update.service',
        path: '/dev/shm/update.service',
        user: '',
        description: 'Update',
      },
    },
    {
      name: 'there before anyone looked',
      match: true,
      counter: '0',
      columns: { id: 'a.service', fragment_path: '/tmp/a.service' },
    },
    {
      name: 'in a hidden folder of a home',
      match: true,
      severity: 'high',
      columns: { id: 'a.service', fragment_path: '/root/.x/a.service' },
    },
    {
      name: 'out of a checkout',
      match: true,
      severity: 'medium',
      columns: { id: 'a.service', fragment_path: '/home/ada/src/a.service' },
    },
    {
      name: 'of a package',
      match: false,
      columns: { id: 'ssh.service', fragment_path: '/usr/lib/systemd/system/ssh.service' },
    },
    {
      name: 'of an administrator',
      match: false,
      columns: { id: 'a.service', fragment_path: '/etc/systemd/system/a.service' },
    },
    {
      name: 'made by systemd itself',
      match: false,
      columns: { id: 'run-1.scope', fragment_path: '/run/systemd/transient/run-1.scope' },
    },
    {
      name: 'a unit of a person’s own session',
      match: false,
      columns: { id: 'a.service', fragment_path: '/home/ada/.config/systemd/user/a.service' },
    },
    { name: 'a mount without a file', match: false, columns: { id: 'tmp.mount', fragment_path: '' } },
    {
      name: 'it is gone',
      match: false,
      action: 'removed',
      columns: { id: 'a.service', fragment_path: '/tmp/a.service' },
    },
  ],
})

function isStrange(path: string): boolean {
  if (isWorldWritablePlace(path)) return true
  const isOfSession = /\/\.(?:config|local\/share)\/systemd\/user\//.test(path)
  return (isUserHome(path) && !isOfSession) || isUnder(path, '/var/www', '/mnt', '/media')
}
