import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'linux.mount-hides-process',
  title: 'A mount hides a process',
  severity: 'critical',
  on: table('mounts'),
  attack: ['T1564', 'T1014'],
  detect: ({ columns }) => /^\/proc\/[1-9]\d{0,9}(?:\/|$)/.test(columns.path),
  alertTitle: ({ host, columns }) => `A mount over ${columns.path} hides a process on ${host}`,
  context: ({ columns }) => ({
    path: columns.path,
    device: columns.device,
    type: columns.type,
    flags: columns.flags,
  }),
  means:
    'Something is mounted over the folder of a process in /proc, so that ps, top and osquery do not see the process. There is no other use for it: miners and rootkits hide this way.',
  check: "SELECT device, path, type, flags FROM mounts WHERE path LIKE '/proc/%';",
  benign: 'None that is known: nothing else is mounted over the folder of a process.',
  runbook:
    'Isolate the host. As root: umount the path, and then look at the process that appears (/proc/PID/exe, cmdline, environ, maps), copy them before anything is killed. Find who mounted it; root is lost, so rebuild the host.',
  references: ['https://attack.mitre.org/techniques/T1564/'],
  tests: [
    {
      name: 'an empty folder over a process',
      match: true,
      columns: { path: '/proc/4242', device: '/dev/sda1', type: 'ext4', flags: 'rw,relatime' },
      title: 'A mount over /proc/4242 hides a process on test-host',
      dedup: 'test-host-id',
      severity: 'critical',
      context: { path: '/proc/4242', device: '/dev/sda1', type: 'ext4', flags: 'rw,relatime' },
    },
    { name: 'at first sight', match: true, counter: '0', columns: { path: '/proc/1', type: 'tmpfs' } },
    { name: 'below it', match: true, columns: { path: '/proc/77/cmdline', type: 'tmpfs' } },
    { name: 'proc itself', match: false, columns: { path: '/proc', device: 'proc', type: 'proc' } },
    {
      name: 'what every Linux mounts there',
      match: false,
      columns: { path: '/proc/sys/fs/binfmt_misc', device: 'systemd-1', type: 'autofs' },
    },
    {
      name: 'what a container may not see',
      match: false,
      columns: { path: '/proc/kcore', device: 'tmpfs', type: 'tmpfs' },
    },
    { name: 'undone', match: false, action: 'removed', columns: { path: '/proc/4242', type: 'ext4' } },
  ],
})
