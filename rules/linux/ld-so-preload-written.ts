import { isWritten } from '../../src/detect/reading/file-change.ts'
import { systemFileKind } from '../../src/detect/reading/system-files.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'linux.ld-so-preload-written',
  title: 'A library is loaded into every program',
  severity: 'critical',
  on: table('file_events'),
  attack: ['T1574.006', 'T1014'],
  detect: ({ columns }) => systemFileKind(columns.target_path) === 'preload' && isWritten(columns),
  alertTitle: ({ host, columns }) => `${columns.target_path} was written on ${host}`,
  context: ({ columns }) => ({
    path: columns.target_path,
    action: columns.action,
    size: columns.size,
    sha256: columns.sha256,
    owner_uid: columns.uid,
    time: columns.time,
  }),
  means:
    'The libraries named in this file are loaded into every program that starts, root’s as well. Rootkits such as HiddenWasp, Symbiote and Medusa hide their files, processes and connections by it, and take passwords as they are typed.',
  check:
    "SELECT f.path, f.size, f.mtime, f.ctime, f.uid, h.sha256 FROM file f JOIN hash h USING (path) WHERE f.path = '/etc/ld.so.preload';",
  benign:
    'Very few programs use it: some sensors and profilers, and Raspberry Pi OS for one library of its own. They write it when they are installed, so ask once and make an exception.',
  runbook:
    'Do not trust what programs on the host show: they have the library loaded. Look from outside, or with a statically linked busybox: read /etc/ld.so.preload and the library it names, keep both. Isolate the host. Unless an installer of yours wrote it, rebuild the host and change every secret typed on it.',
  references: [
    'https://attack.mitre.org/techniques/T1574/006/',
    'https://man7.org/linux/man-pages/man8/ld.so.8.html',
  ],
  tests: [
    {
      name: 'it appears',
      match: true,
      columns: {
        target_path: '/etc/ld.so.preload',
        action: 'CREATED',
        size: '21',
        sha256: 'ab',
        uid: '0',
        time: '1700000000',
      },
      title: '/etc/ld.so.preload was written on test-host',
      dedup: 'test-host-id',
      severity: 'critical',
      context: {
        path: '/etc/ld.so.preload',
        action: 'CREATED',
        size: '21',
        sha256: 'ab',
        owner_uid: '0',
        time: '1700000000',
      },
    },
    { name: 'a line more', match: true, columns: { target_path: '/etc/ld.so.preload', action: 'UPDATED' } },
    {
      name: 'moved into place',
      match: true,
      columns: { target_path: '/etc/ld.so.preload', action: 'MOVED_TO' },
    },
    {
      name: 'during an upgrade as well: no package of a distribution brings it',
      match: true,
      columns: { target_path: '/etc/ld.so.preload', action: 'CREATED', time: '1700000000' },
    },
    { name: 'it goes', match: false, columns: { target_path: '/etc/ld.so.preload', action: 'DELETED' } },
    {
      name: 'somebody changes its mode',
      match: false,
      columns: { target_path: '/etc/ld.so.preload', action: 'ATTRIBUTES_MODIFIED' },
    },
    {
      name: 'the cache, at every upgrade',
      match: false,
      columns: { target_path: '/etc/ld.so.cache', action: 'MOVED_TO' },
    },
    {
      name: 'in the root of a container',
      match: false,
      columns: { target_path: '/srv/image/etc/ld.so.preload', action: 'CREATED' },
    },
    {
      name: 'a row leaves the buffer of events',
      match: false,
      action: 'removed',
      columns: { target_path: '/etc/ld.so.preload', action: 'CREATED' },
    },
  ],
})
