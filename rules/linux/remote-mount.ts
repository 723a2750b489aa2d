import { rule, table } from '../../src/detect/rule.ts'

/** File systems of other hosts, as mount(8) names them. */
const REMOTE =
  /^(?:nfs4?|cifs|smb3|smbfs|ncpfs|afs|ceph|glusterfs|davfs|fuse\.(?:sshfs|davfs2?|rclone|s3fs|glusterfs|cifs))$/

export default rule({
  id: 'linux.remote-mount',
  title: 'Folder of another host was mounted',
  severity: 'low',
  on: table('mounts'),
  attack: ['T1021.002', 'T1048'],
  initial: 'ignore',
  alert: false,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.device}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => REMOTE.test(columns.type),
  alertTitle: ({ host, columns }) => `${host} mounted ${columns.device} at ${columns.path}`,
  context: ({ columns }) => ({ device: columns.device, path: columns.path, type: columns.type }),
  means:
    'Files go to and come from another host from now on, without a program that copies. It is a way to carry data out and tools in.',
  check:
    "SELECT device, path, type, flags FROM mounts WHERE type NOT IN ('proc', 'sysfs', 'tmpfs', 'cgroup2');",
  benign: 'Home folders, backups and shares; automounters mount them again and again.',
  runbook:
    'Is the other host yours? If not: see who mounted it, what lies there, and what was copied (process events, file times).',
  references: ['https://attack.mitre.org/techniques/T1021/002/'],
  tests: [
    {
      name: 'a share',
      match: true,
      columns: { device: '//files.example.com/x', path: '/mnt/x', type: 'cifs' },
      title: 'test-host mounted //files.example.com/x at /mnt/x',
      dedup: 'test-host-id //files.example.com/x',
      severity: 'low',
      context: { device: '//files.example.com/x', path: '/mnt/x', type: 'cifs' },
    },
    {
      name: 'over SSH',
      match: true,
      columns: { device: 'ada@host.example.com:/', path: '/home/ada/x', type: 'fuse.sshfs' },
    },
    {
      name: 'was there',
      match: false,
      counter: '0',
      columns: { device: 'files.example.com:/srv', path: '/srv', type: 'nfs4' },
    },
    { name: 'a disk', match: false, columns: { device: '/dev/sdb1', path: '/mnt', type: 'ext4' } },
    {
      name: "the desktop's own",
      match: false,
      columns: { device: 'gvfsd-fuse', path: '/run/user/1000/gvfs', type: 'fuse.gvfsd-fuse' },
    },
    {
      name: 'unmounted',
      match: false,
      action: 'removed',
      columns: { device: 'files.example.com:/srv', path: '/srv', type: 'nfs4' },
    },
  ],
})
