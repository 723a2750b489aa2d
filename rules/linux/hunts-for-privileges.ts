import { type Command, commandsOf, hasOption, isProgram } from '../../src/detect/reading/command.ts'
import {
  asTyped,
  isProgramStart,
  mentions,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { anyOf } from '../../src/detect/reading/words.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const WORDS = anyOf('getcap', '-perm')

export default rule({
  id: 'linux.hunts-for-privileges',
  title: 'A user searches the whole host for ways to become root',
  severity: 'medium',
  on: joining(table('process_events', 'bpf_process_events'), 'parent_path'),
  attack: ['T1083', 'T1548.001'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.uid}`,
  detect: ({ columns }) =>
    isProgramStart(columns) &&
    mentions(columns.cmdline, WORDS) &&
    // Scanners of your own run as root, and root need not look for it.
    columns.uid !== '0' &&
    columns.uid !== '' &&
    commandsOf(asTyped(columns.cmdline)).some(hunts),
  alertTitle: ({ host, columns }) =>
    `User ${columns.uid} hunts for privileges on ${host}: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'Someone who is not root lists all programs with the set-user-ID bit or with capabilities. It is the first step of every guide to becoming root, and of the scripts that follow it.',
  check: 'SELECT path, username, permissions FROM suid_bin;',
  benign: 'Curious developers, students, checks that run without root.',
  runbook:
    "A person's account: ask them. The account of a service (web server, database): somebody is in it; isolate the host and look for the way in, and for what ran as root since.",
  references: ['https://attack.mitre.org/techniques/T1548/001/'],
  tests: [
    {
      name: 'programs with the bit',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/find',
        cmdline: 'find / -perm -4000 -type f',
        uid: '33',
        pid: '7',
        parent: '6',
        cwd: '/',
      },
      title: 'User 33 hunts for privileges on test-host: find / -perm -4000 -type f',
      dedup: 'test-host-id 33',
      severity: 'medium',
      context: {
        program: '/usr/bin/find',
        command: 'find / -perm -4000 -type f',
        pid: '7',
        parent: '6',
        folder: '/',
        uid: '33',
        euid: '',
        login: '',
        time: '',
      },
    },
    {
      name: 'in letters',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'find / -perm -u=s', uid: '1000' },
    },
    {
      name: 'programs with capabilities',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'getcap -r / ', uid: '33', syscall: 'execve' },
    },
    {
      name: 'a scanner of the house',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'find / -xdev -perm -4000', uid: '0' },
    },
    {
      name: 'whose user is not known',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'find / -perm -4000' },
    },
    {
      name: 'in one folder',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'find /home/ada -perm -4000', uid: '1000' },
    },
    {
      name: 'files by their name',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'find / -name a.txt', uid: '1000' },
    },
    {
      name: 'one file',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'getcap /usr/bin/ping', uid: '1000' },
    },
    {
      name: 'a fork',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'find / -perm -4000', uid: '33', syscall: 'clone' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'find / -perm -4000', uid: '33' },
    },
  ],
})

function hunts(command: Command): boolean {
  const { args } = command
  if (isProgram(command, 'getcap')) return hasOption(command, 'r') && args.includes('/')
  if (!isProgram(command, 'find') || !/^\/(?:usr)?\/?$/.test(args[0] ?? '')) return false
  return args.some(
    (arg, at) => arg === '-perm' && /^[-/]?(?:0?[246]000|[ug]=s|[ug]\+s|u=s,g=s)$/.test(args[at + 1] ?? ''),
  )
}
