import { type Command, commandsOf, hasOption, isProgram } from '../../src/detect/reading/command.ts'
import { isUnder } from '../../src/detect/reading/paths.ts'
import {
  asTyped,
  isProgramStart,
  mentions,
  PROGRAM_START_TABLES,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { systemFileKind } from '../../src/detect/reading/system-files.ts'
import { anyOf } from '../../src/detect/reading/words.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

/** Folders of programs in which only package managers set times, and they don't call touch for it. */
const PROGRAMS = [
  '/bin',
  '/sbin',
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/lib/security',
  '/lib64/security',
  '/usr/lib/security',
] as const

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const WORDS = anyOf('touch')

export default rule({
  id: 'posix.backdates-file',
  title: 'File of the system is given an older time',
  severity: 'medium',
  on: joining(table(...PROGRAM_START_TABLES), 'parent_path'),
  attack: ['T1070.006'],
  detect: ({ columns }) =>
    isProgramStart(columns) &&
    mentions(columns.cmdline, WORDS) &&
    commandsOf(asTyped(columns.cmdline)).some(backdates),
  alertTitle: ({ host, columns }) => `${host}: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'touch gave a program or a file that decides something the time of another day or file. Whoever changed it wants it to look as old as its neighbours.',
  check:
    "SELECT path, size, mtime, ctime, btime FROM file WHERE directory IN ('/usr/bin', '/usr/sbin', '/etc/cron.d', '/etc/pam.d') AND ctime - mtime > 86400 ORDER BY ctime DESC LIMIT 20;",
  benign: 'Builds of packages and images that set all times alike.',
  runbook:
    'Compare the file with its package (dpkg -V, rpm -V) and its ctime with its mtime: ctime can not be set by touch. If it was changed: keep it, put the right one back, and look for who was root then.',
  references: ['https://attack.mitre.org/techniques/T1070/006/'],
  tests: [
    {
      name: 'like its neighbour',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/touch',
        cmdline: 'touch -r /usr/bin/ls /usr/bin/ssh',
        pid: '7',
        parent: '1',
        uid: '0',
        cwd: '/',
      },
      title: 'test-host: touch -r /usr/bin/ls /usr/bin/ssh',
      dedup: 'test-host-id',
      severity: 'medium',
      context: {
        program: '/usr/bin/touch',
        command: 'touch -r /usr/bin/ls /usr/bin/ssh',
        pid: '7',
        parent: '1',
        folder: '/',
        uid: '0',
        euid: '',
        login: '',
        time: '',
      },
    },
    {
      name: 'a day long past',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'touch -acmt 201801010000 /etc/cron.d/job' },
    },
    {
      name: 'on a Mac',
      match: true,
      table: 'es_process_events',
      columns: { event_type: 'exec', cmdline: 'touch -t 202001010000 /usr/local/bin/a' },
    },
    {
      name: 'in a build',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'touch -r configure debian/tmp/usr/bin/a' },
    },
    { name: 'now', match: false, table: 'process_events', columns: { cmdline: 'touch /etc/cron.d/job' } },
    {
      name: 'a stamp',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'touch -d yesterday /var/lib/app/stamp' },
    },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: { event_type: 'exit', cmdline: 'touch -r /usr/bin/ls /usr/bin/ssh' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'touch -r /usr/bin/ls /usr/bin/ssh' },
    },
  ],
})

function backdates(command: Command): boolean {
  if (!isProgram(command, 'touch') || !hasOption(command, 'r', 't', 'd', 'reference', 'date')) return false
  // The last operand is the file; that of -r is a neighbour.
  const file = command.args.at(-1) ?? ''
  return file.startsWith('/') && (isUnder(file, ...PROGRAMS) || systemFileKind(file) !== null)
}
