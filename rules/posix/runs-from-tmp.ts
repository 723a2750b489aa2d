import { oddPlaceOf } from '../../src/detect/reading/odd-place.ts'
import {
  isProgramStart,
  PROGRAM_START_TABLES,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.runs-from-tmp',
  title: 'Program runs from a folder anyone can write to',
  severity: 'low',
  on: joining(table(...PROGRAM_START_TABLES, 'processes'), 'parent_path'),
  attack: ['T1059', 'T1204.002'],
  // Installers and builds do it every day: kept to be searched and to be seen beside an alert.
  alert: false,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => isProgramStart(columns) && oddPlaceOf(columns.path) === 'everyone',
  alertTitle: ({ host, columns }) => `${host} runs ${columns.path}: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'The program lies where every user may put files. By itself that says little; together with a connection, a cron job or a web server as its parent it is what an intruder brought along.',
  check:
    "SELECT pid, name, path, cmdline, uid, parent, start_time FROM processes WHERE path LIKE '/tmp/%' OR path LIKE '/var/tmp/%';",
  benign:
    'Installers that unpack themselves, tests and builds, configuration management that copies a program over.',
  runbook:
    'Look at it when another alert names the host: who is the parent, who the user, and is the file still there?',
  references: ['https://attack.mitre.org/techniques/T1204/002/'],
  tests: [
    {
      name: 'a program in tmp',
      match: true,
      table: 'process_events',
      columns: { path: '/tmp/a', cmdline: './a', pid: '7', parent: '1', uid: '1000', cwd: '/tmp' },
      title: 'test-host runs /tmp/a: ./a',
      dedup: 'test-host-id /tmp/a',
      severity: 'low',
      context: {
        program: '/tmp/a',
        command: './a',
        pid: '7',
        parent: '1',
        folder: '/tmp',
        uid: '1000',
        euid: '',
        login: '',
        time: '',
      },
    },
    { name: 'an older agent', match: true, table: 'bpf_process_events', columns: { path: '/var/tmp/job' } },
    {
      name: 'on a Mac',
      match: true,
      table: 'es_process_events',
      columns: { event_type: 'exec', path: '/private/tmp/a' },
    },
    { name: 'seen while it runs', match: true, table: 'processes', columns: { path: '/var/lock/a' } },
    {
      name: 'built and run by Go',
      match: false,
      table: 'process_events',
      columns: { path: '/tmp/go-build3141/b001/exe/main' },
    },
    { name: 'elsewhere', match: false, table: 'process_events', columns: { path: '/srv/app/tmp/job' } },
    { name: 'out of memory', match: false, table: 'process_events', columns: { path: '/dev/shm/a' } },
    {
      name: 'a fork',
      match: false,
      table: 'process_events',
      columns: { path: '/tmp/a', syscall: 'clone' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'processes',
      columns: { path: '/tmp/a' },
    },
  ],
})
