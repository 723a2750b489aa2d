import { isLoopback } from '../../src/detect/reading/addresses.ts'
import { isInterpreter, isShell } from '../../src/detect/reading/interpreters.ts'
import { baseName, isUnder } from '../../src/detect/reading/paths.ts'
import { int } from '../../src/detect/reading/values.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'
import { INETD_PROGRAMS } from '../data/inetd-programs.ts'
import { SYSTEM_PROGRAM_FOLDERS } from '../data/system-program-folders.ts'

export default rule({
  id: 'posix.socket-as-terminal',
  title: 'Program takes its input from a connection',
  severity: 'medium',
  on: joining(table('process_open_sockets'), 'name', 'program', 'cmdline'),
  attack: ['T1059.004', 'T1071'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.program ?? columns.pid} ${columns.remote_address}`,
  detect: ({ platform, columns }) =>
    // Windows has no such numbers: there osquery says 0 of every socket.
    platform !== 'windows' &&
    /^[012]$/.test(columns.fd) &&
    /^(?:2|10|30)$/.test(columns.family) &&
    (int(columns.remote_port) ?? 0) > 0 &&
    !isLoopback(columns.remote_address),
  exclude: ({ columns }) => isServedByInetd(columns.program ?? '', columns.cmdline ?? ''),
  // Nobody but a back door gives a shell its orders over the network; other programs may have closed their input first.
  dynamicSeverity: ({ columns }) => {
    const name = baseName(columns.program || columns.name || '')
    if (isShell(name)) return 'critical'
    return isInterpreter(name) ? 'high' : undefined
  },
  alertTitle: ({ host, columns }) =>
    `${columns.program || columns.name || `Process ${columns.pid}`} on ${host} takes its input from ${columns.remote_address}:${columns.remote_port}`,
  context: ({ columns }) => ({
    pid: columns.pid,
    program: columns.program,
    cmdline: columns.cmdline,
    fd: columns.fd,
    local: `${columns.local_address}:${columns.local_port}`,
    remote: `${columns.remote_address}:${columns.remote_port}`,
  }),
  means:
    'Standard input, output or errors of this process are a connection to another host. That is how a reverse shell works: whoever sits at the other end types commands here.',
  check:
    'SELECT p.pid, p.name, p.path, p.cmdline, p.cwd, p.uid, p.start_time, s.fd, s.remote_address, s.remote_port FROM process_open_sockets s JOIN processes p USING (pid) WHERE s.fd IN (0, 1, 2) AND s.remote_port > 0;',
  benign:
    'Servers started by inetd, xinetd or systemd for each connection; daemons that close their input before they open a socket.',
  runbook:
    'A shell: isolate the host now, and keep what can be kept (process list, /proc/PID, memory). See the parent process and when it started to find the way in, and look for the remote address on other hosts. Another program: is it a server started by inetd or systemd? Then add it to the list of those.',
  references: ['https://attack.mitre.org/techniques/T1059/004/'],
  tests: [
    {
      name: 'a shell with its input from afar',
      match: true,
      columns: {
        pid: '4242',
        fd: '0',
        family: '2',
        protocol: '6',
        local_address: '192.0.2.10',
        local_port: '51234',
        remote_address: '198.51.100.7',
        remote_port: '443',
        name: 'sh',
        program: '/usr/bin/dash',
        cmdline: 'sh -i',
      },
      title: '/usr/bin/dash on test-host takes its input from 198.51.100.7:443',
      dedup: 'test-host-id /usr/bin/dash 198.51.100.7',
      severity: 'critical',
      context: {
        pid: '4242',
        program: '/usr/bin/dash',
        cmdline: 'sh -i',
        fd: '0',
        local: '192.0.2.10:51234',
        remote: '198.51.100.7:443',
      },
    },
    {
      name: 'an interpreter, over IPv6',
      match: true,
      columns: {
        pid: '1',
        fd: '2',
        family: '10',
        remote_address: '2001:db8::7',
        remote_port: '8443',
        program: '/usr/bin/python3.12',
      },
      severity: 'high',
    },
    {
      name: 'a query that does not join the process',
      match: true,
      columns: { pid: '77', fd: '1', family: '2', remote_address: '10.0.0.9', remote_port: '9001' },
      severity: 'medium',
      title: 'Process 77 on test-host takes its input from 10.0.0.9:9001',
      dedup: 'test-host-id 77 10.0.0.9',
    },
    {
      name: 'a false sshd',
      match: true,
      columns: {
        fd: '0',
        family: '2',
        remote_address: '198.51.100.7',
        remote_port: '22',
        program: '/tmp/sshd',
      },
    },
    {
      name: 'sshd for each connection',
      match: false,
      columns: {
        fd: '0',
        family: '2',
        remote_address: '198.51.100.7',
        remote_port: '50022',
        name: 'sshd',
        program: '/usr/sbin/sshd',
      },
    },
    {
      name: 'monitoring that xinetd serves',
      match: false,
      columns: {
        fd: '0',
        family: '2',
        remote_address: '10.0.0.5',
        remote_port: '40100',
        name: 'check_mk_agent',
        program: '/usr/bin/bash',
        cmdline: '/bin/bash /usr/bin/check_mk_agent',
      },
    },
    {
      name: 'a worker that listens on its input',
      match: false,
      columns: {
        fd: '0',
        family: '2',
        remote_address: '0.0.0.0',
        remote_port: '0',
        program: '/usr/sbin/php-fpm8.2',
      },
    },
    {
      name: 'a socket of the machine itself',
      match: false,
      columns: { fd: '0', family: '1', remote_address: '', remote_port: '0', program: '/usr/bin/bash' },
    },
    {
      name: 'within the host',
      match: false,
      columns: {
        fd: '0',
        family: '2',
        remote_address: '127.0.0.1',
        remote_port: '5000',
        program: '/usr/bin/bash',
      },
    },
    {
      name: 'any connection on Windows',
      match: false,
      platform: 'windows',
      columns: {
        pid: '7',
        fd: '0',
        family: '2',
        remote_address: '198.51.100.7',
        remote_port: '443',
        name: 'msedge.exe',
      },
    },
    {
      name: 'an ordinary connection',
      match: false,
      columns: {
        fd: '5',
        family: '2',
        remote_address: '198.51.100.7',
        remote_port: '443',
        program: '/usr/bin/curl',
      },
    },
    {
      name: 'closed',
      match: false,
      action: 'removed',
      columns: {
        fd: '0',
        family: '2',
        remote_address: '198.51.100.7',
        remote_port: '443',
        program: '/usr/bin/dash',
      },
    },
  ],
})

function isServedByInetd(program: string, cmdline: string): boolean {
  if (!isUnder(program, ...SYSTEM_PROGRAM_FOLDERS)) return false
  if (INETD_PROGRAMS.names.has(baseName(program))) return true
  return isShell(baseName(program)) && INETD_PROGRAMS.scripts.some(script => cmdline.endsWith(` ${script}`))
}
