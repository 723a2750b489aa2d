import { oddPlaceOf } from '../../src/detect/reading/odd-place.ts'
import { shortened, toldProgram } from '../../src/detect/reading/program-start.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

/** Container runtimes copy themselves into memory before they enter a container (CVE-2019-5736), under these names. */
const RUNTIMES = ['/memfd:runc_cloned:', '/memfd:/proc/self/exe', '/memfd:lxc', '/memfd:crun'] as const

export default rule({
  id: 'linux.runs-deleted-program',
  title: 'Program runs whose file is in memory only or was deleted',
  severity: 'high',
  on: joining(table('processes'), 'parent_path'),
  attack: ['T1620', 'T1070.004'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path}`,
  detect: ({ columns }) =>
    columns.path.startsWith('/memfd:') || (columns.on_disk === '0' && oddPlaceOf(columns.path) !== null),
  exclude: ({ columns }) => RUNTIMES.some(runtime => columns.path.startsWith(runtime)),
  alertTitle: ({ host, columns }) => `${host} runs ${columns.path}, which is not on the disk`,
  context: ({ columns }) => ({ ...toldProgram(columns), command: shortened(columns.cmdline) }),
  means:
    'The process goes on while its file is gone, or never had one. Intruders delete what they brought as soon as it runs, or run it straight out of memory, so that nobody can look at it.',
  check:
    "SELECT pid, name, path, cmdline, cwd, uid, parent, start_time FROM processes WHERE on_disk = 0 AND (path LIKE '/memfd:%' OR path LIKE '/tmp/%' OR path LIKE '/var/tmp/%' OR path LIKE '/dev/shm/%');",
  benign:
    'Container runtimes that are not on the list yet, installers that delete themselves when they are done.',
  runbook:
    'The file is still there as long as the process runs: cp /proc/PID/exe to a safe place, with cmdline, environ and maps. See its connections and parent, isolate the host, then stop it.',
  references: [
    'https://attack.mitre.org/techniques/T1620/',
    'https://attack.mitre.org/techniques/T1070/004/',
  ],
  tests: [
    {
      name: 'out of memory',
      match: true,
      columns: {
        pid: '4242',
        path: '/memfd:x',
        cmdline: '[kworker/1:0]',
        on_disk: '0',
        parent: '1',
        uid: '0',
        euid: '0',
        cwd: '/',
        start_time: '1700000000',
      },
      title: 'test-host runs /memfd:x, which is not on the disk',
      dedup: 'test-host-id /memfd:x',
      severity: 'high',
      context: {
        program: '/memfd:x',
        command: '[kworker/1:0]',
        pid: '4242',
        parent: '1',
        folder: '/',
        uid: '0',
        euid: '0',
        time: '1700000000',
      },
    },
    { name: 'deleted in tmp', match: true, columns: { path: '/tmp/a', on_disk: '0' } },
    { name: 'deleted in shared memory', match: true, columns: { path: '/dev/shm/a', on_disk: '0' } },
    {
      name: 'a container is entered',
      match: false,
      columns: { path: '/memfd:runc_cloned:/proc/self/exe', on_disk: '0' },
    },
    { name: 'upgraded while it runs', match: false, columns: { path: '/usr/sbin/nginx', on_disk: '0' } },
    {
      name: 'a browser that was upgraded',
      match: false,
      columns: { path: '/home/ada/.config/app/1.2/app', on_disk: '0' },
    },
    { name: 'there', match: false, columns: { path: '/tmp/a', on_disk: '1' } },
    { name: 'not known', match: false, columns: { path: '/tmp/a', on_disk: '-1' } },
    { name: 'ended', match: false, action: 'removed', columns: { path: '/tmp/a', on_disk: '0' } },
  ],
})
