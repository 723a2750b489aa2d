import { type Command, commandsOf, hasOption, isProgram } from '../../src/detect/reading/command.ts'
import { meantPath } from '../../src/detect/reading/paths.ts'
import {
  asTyped,
  isProgramStart,
  mentions,
  PROGRAM_START_TABLES,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { anyOf } from '../../src/detect/reading/words.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

/** Logs that tell who was there and what they did. Rotated ones bear a number or a date, and are tidied up by people. */
const LOGS =
  /^\/var\/log(?:\/(?:wtmp|btmp|utmp|lastlog|auth\.log|secure|messages|syslog|kern\.log|system\.log|audit(?:\/(?:audit\.log|\*))?|journal(?:\/(?:\*|[0-9a-f]{32}))?|\*))?$/
const HISTORY =
  /^(?:~|\/root|\/var\/root|\/home\/[^/]{1,64}|\/Users\/[^/]{1,64})\/\.(?:bash|zsh|sh|ash|python)_history$/

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const WORDS = anyOf('/var/log', '_history', 'journalctl')

export default rule({
  id: 'posix.logs-wiped',
  title: 'Command wipes logs or history',
  severity: 'high',
  on: joining(table(...PROGRAM_START_TABLES), 'parent_path'),
  attack: ['T1070.002', 'T1070.003'],
  detect: ({ columns }) =>
    isProgramStart(columns) &&
    mentions(columns.cmdline, WORDS) &&
    commandsOf(asTyped(columns.cmdline)).some(command => wiped(command) !== null),
  // People tidy up after themselves.
  dynamicSeverity: ({ columns }) =>
    commandsOf(asTyped(columns.cmdline)).every(command => wiped(command) !== 'log') ? 'medium' : undefined,
  alertTitle: ({ host, columns }) => `Logs of ${host} are wiped: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'The record of logins, of what the system did or of what was typed is deleted, emptied or overwritten. Who does that does not want to be found; what was sent here before is still here.',
  check:
    "SELECT path, size, mtime, ctime FROM file WHERE path LIKE '/var/log/%' OR path LIKE '/root/.%history' OR path LIKE '/home/%/.%history';",
  benign: 'Preparing an image to be copied, an administrator who makes room on a full disk.',
  runbook:
    'Who ran it (auid, parent)? Is an image being made? If nobody owns up: treat the host as taken over, and read its logins and commands out of what was stored here before this moment.',
  references: [
    'https://attack.mitre.org/techniques/T1070/002/',
    'https://attack.mitre.org/techniques/T1070/003/',
  ],
  tests: [
    {
      name: 'shreds the logins',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/shred',
        cmdline: 'shred -zu /var/log/wtmp /var/log/btmp',
        auid: '1000',
        pid: '7',
        parent: '6',
        uid: '0',
        cwd: '/root',
      },
      title: 'Logs of test-host are wiped: shred -zu /var/log/wtmp /var/log/btmp',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        program: '/usr/bin/shred',
        command: 'shred -zu /var/log/wtmp /var/log/btmp',
        pid: '7',
        parent: '6',
        folder: '/root',
        uid: '0',
        euid: '',
        login: '1000',
        time: '',
      },
    },
    {
      name: 'overwrites the audit',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'dd if=/dev/zero of=/var/log/audit/audit.log bs=1M count=1' },
    },
    { name: 'all of them', match: true, table: 'process_events', columns: { cmdline: 'rm -rf /var/log' } },
    {
      name: 'empties them',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'truncate -s 0 /var/log/auth.log' },
    },
    {
      name: 'throws the journal away',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'sudo journalctl --rotate --vacuum-time=1s' },
    },
    {
      name: 'a person their history, on a Mac',
      match: true,
      table: 'es_process_events',
      columns: { event_type: 'exec', cmdline: 'rm /Users/ada/.zsh_history' },
      severity: 'medium',
    },
    {
      name: 'history to nowhere',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'ln -sf /dev/null /root/.bash_history' },
      severity: 'medium',
    },
    {
      name: 'a rotated log',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'rm /var/log/syslog.3.gz' },
    },
    {
      name: 'the log of a program',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'truncate -s 0 /var/log/nginx/access.log' },
    },
    {
      name: 'makes room in the journal',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'journalctl --vacuum-size=500M' },
    },
    {
      name: 'reads',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'tail -f /var/log/auth.log' },
    },
    {
      name: 'sets a size',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'truncate -s 1G /srv/disk.img' },
    },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: { event_type: 'exit', cmdline: 'rm -rf /var/log' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'rm -rf /var/log' },
    },
  ],
})

/** What the command takes away, or null. */
function wiped(command: Command): 'log' | 'history' | null {
  const { args } = command
  if (isProgram(command, 'journalctl')) {
    // Seconds and minutes are left; days and sizes are housekeeping.
    return args.some(arg => /^--vacuum-(?:time|files)=[01]?(?:s|sec|m|min)?$/.test(arg)) ? 'log' : null
  }
  const paths = args.map(arg => (arg.startsWith('of=') ? arg.slice(3) : arg)).map(meantPath)
  const destroys =
    isProgram(command, 'rm', 'unlink', 'shred', 'srm', 'wipe') ||
    (isProgram(command, 'truncate') && args.some(arg => /^(?:0|-s0|--size=0)$/.test(arg))) ||
    (isProgram(command, 'dd') && args.some(arg => arg.startsWith('of='))) ||
    (isProgram(command, 'cp', 'ln', 'mv') && args.includes('/dev/null') && !hasOption(command, 't'))
  if (!destroys) return null
  if (paths.some(path => LOGS.test(path))) return 'log'
  return paths.some(path => HISTORY.test(path)) ? 'history' : null
}
