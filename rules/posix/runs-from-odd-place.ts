import { oddPlaceOf } from '../../src/detect/reading/odd-place.ts'
import {
  isProgramStart,
  PROGRAM_START_TABLES,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.runs-from-odd-place',
  title: 'Program runs from a hidden place or from memory',
  severity: 'high',
  on: joining(table(...PROGRAM_START_TABLES, 'processes'), 'parent_path'),
  attack: ['T1564.001', 'T1036.005'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path}`,
  detect: ({ columns }) => {
    const place = isProgramStart(columns) ? oddPlaceOf(columns.path) : null
    return place === 'memory' || place === 'hidden'
  },
  alertTitle: ({ host, columns }) => `${host} runs ${columns.path}: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'Programs are not installed into shared memory, /dev or folders with a dot below /tmp and the system. Intruders put theirs there because anyone may write, few look, and some of it is gone after a restart.',
  check:
    "SELECT pid, name, path, cmdline, cwd, uid, parent, start_time, on_disk FROM processes WHERE path LIKE '/dev/%' OR path LIKE '/tmp/.%' OR path LIKE '/var/tmp/.%' OR path LIKE '/%/.%';",
  benign:
    'Programs that unpack themselves into a hidden folder of /tmp to run; a few for databases and high performance computing use /dev/shm.',
  runbook:
    'Keep the program (copy and hash it; it may be gone soon) and its list of connections. See the parent and the user. If nobody owns it: isolate the host, look for what starts it (cron, units) and how it came.',
  references: ['https://attack.mitre.org/techniques/T1564/001/'],
  tests: [
    {
      name: 'out of shared memory',
      match: true,
      table: 'process_events',
      columns: {
        path: '/dev/shm/kworker',
        cmdline: '[kworker/0:1]',
        pid: '4242',
        parent: '1',
        uid: '33',
        cwd: '/',
      },
      title: 'test-host runs /dev/shm/kworker: [kworker/0:1]',
      dedup: 'test-host-id /dev/shm/kworker',
      severity: 'high',
      context: {
        program: '/dev/shm/kworker',
        command: '[kworker/0:1]',
        pid: '4242',
        parent: '1',
        folder: '/',
        uid: '33',
        euid: '',
        login: '',
        time: '',
      },
    },
    {
      name: 'a hidden folder of tmp',
      match: true,
      table: 'bpf_process_events',
      columns: { path: '/var/tmp/.X11/sshd' },
    },
    {
      name: 'on a Mac',
      match: true,
      table: 'es_process_events',
      columns: { event_type: 'exec', path: '/private/tmp/.a/update' },
    },
    { name: 'seen while it runs', match: true, table: 'processes', columns: { path: '/etc/.java/bin/run' } },
    {
      name: 'an ordinary program',
      match: false,
      table: 'process_events',
      columns: { path: '/usr/bin/curl' },
    },
    {
      name: 'tmp in the open',
      match: false,
      table: 'process_events',
      columns: { path: '/tmp/installer/setup' },
    },
    {
      name: 'hidden in a home',
      match: false,
      table: 'process_events',
      columns: { path: '/home/ada/.cargo/bin/cargo' },
    },
    {
      name: 'an image that mounts itself',
      match: false,
      table: 'process_events',
      columns: { path: '/tmp/.mount_AppXyz123/usr/bin/app' },
    },
    {
      name: 'only works there',
      match: false,
      table: 'process_events',
      columns: { path: '/usr/bin/ls', cwd: '/dev/shm', cmdline: 'ls /dev/shm' },
    },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: { event_type: 'exit', path: '/private/tmp/.a/update' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'processes',
      columns: { path: '/dev/shm/a' },
    },
  ],
})
