import { isPublicAddress } from '../../src/detect/reading/addresses.ts'
import { isShell } from '../../src/detect/reading/interpreters.ts'
import { baseName } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Asking a name server: a shell does so when the accounts of the host come from a directory. */
const DNS = '53'

export default rule({
  id: 'linux.shell-connects-out',
  title: 'Shell opened a connection to the internet',
  severity: 'high',
  on: table('socket_events', 'bpf_socket_events'),
  attack: ['T1059.004', 'T1071'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.remote_address}`,
  detect: ({ columns }) =>
    (columns.action === 'connect' || columns.syscall === 'connect') &&
    isShell(baseName(columns.path)) &&
    columns.remote_port !== DNS &&
    isPublicAddress(columns.remote_address),
  alertTitle: ({ host, columns }) =>
    `${columns.path} on ${host} connected to ${columns.remote_address}:${columns.remote_port}`,
  context: ({ columns }) => ({
    pid: columns.pid,
    program: columns.path,
    remote: `${columns.remote_address}:${columns.remote_port}`,
    time: columns.time,
  }),
  means:
    'Shells have no use for connections of their own. This one opened one through /dev/tcp, which is how a reverse shell or a download without curl begins.',
  check:
    "SELECT p.pid, p.name, p.cmdline, p.parent, p.uid, s.remote_address, s.remote_port FROM process_open_sockets s JOIN processes p USING (pid) WHERE p.name IN ('sh', 'bash', 'dash', 'zsh') AND s.remote_port > 0;",
  benign: 'Scripts that wait for a port on the internet to open by way of /dev/tcp.',
  runbook:
    'Find the command line (process events by pid, shell_history) and the parent. A script that waits for a service: tell its owner to use another tool. Otherwise isolate the host and look for the remote address on all hosts.',
  references: ['https://attack.mitre.org/techniques/T1059/004/'],
  tests: [
    {
      name: 'bash through /dev/tcp',
      match: true,
      table: 'socket_events',
      columns: {
        action: 'connect',
        pid: '4242',
        path: '/usr/bin/bash',
        family: '2',
        remote_address: '198.51.100.7',
        remote_port: '4443',
        time: '1700000000',
      },
      title: '/usr/bin/bash on test-host connected to 198.51.100.7:4443',
      dedup: 'test-host-id 198.51.100.7',
      severity: 'high',
      context: {
        pid: '4242',
        program: '/usr/bin/bash',
        remote: '198.51.100.7:4443',
        time: '1700000000',
      },
    },
    {
      name: 'told by an older agent, over IPv6',
      match: true,
      table: 'bpf_socket_events',
      columns: { syscall: 'connect', path: '/bin/sh', remote_address: '2001:db8::7', remote_port: '443' },
    },
    {
      name: 'a script that waits for its database',
      match: false,
      table: 'socket_events',
      columns: {
        action: 'connect',
        path: '/usr/bin/bash',
        remote_address: '10.0.0.5',
        remote_port: '5432',
      },
    },
    {
      name: 'asks for a name',
      match: false,
      table: 'socket_events',
      columns: {
        action: 'connect',
        path: '/usr/bin/bash',
        remote_address: '198.51.100.53',
        remote_port: '53',
      },
    },
    {
      name: 'another program',
      match: false,
      table: 'socket_events',
      columns: {
        action: 'connect',
        path: '/usr/bin/curl',
        remote_address: '198.51.100.7',
        remote_port: '443',
      },
    },
    {
      name: 'something else than connecting',
      match: false,
      table: 'socket_events',
      columns: { action: 'bind', path: '/usr/bin/bash', remote_address: '198.51.100.7', remote_port: '443' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'socket_events',
      columns: {
        action: 'connect',
        path: '/usr/bin/bash',
        remote_address: '198.51.100.7',
        remote_port: '443',
      },
    },
  ],
})
