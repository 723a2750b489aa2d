import { isLoopback } from '../../src/detect/reading/addresses.ts'
import { oddPlaceOf } from '../../src/detect/reading/odd-place.ts'
import { int } from '../../src/detect/reading/values.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

interface Listener {
  readonly path: string
  readonly program?: string
  readonly port?: string
  readonly local_port?: string
  readonly address?: string
  readonly local_address?: string
  readonly action?: string
  readonly syscall?: string
}

export default rule({
  id: 'posix.listens-from-odd-place',
  title: 'Program in a folder for everyone takes connections',
  severity: 'high',
  on: joining(table('listening_ports', 'socket_events', 'bpf_socket_events'), 'program'),
  attack: ['T1571', 'T1205'],
  dedup: ({ hostId, table: from, columns }) => `${hostId} ${programOf(from, columns)}`,
  detect: ({ table: from, columns }) =>
    (from === 'listening_ports' || columns.action === 'bind' || columns.syscall === 'bind') &&
    (int(portOf(columns)) ?? 0) > 0 &&
    !isLoopback(addressOf(columns)) &&
    oddPlaceOf(programOf(from, columns)) !== null,
  alertTitle: ({ host, table: from, columns }) =>
    `${programOf(from, columns)} on ${host} listens on port ${portOf(columns)}`,
  context: ({ table: from, columns }) => ({
    pid: columns.pid,
    program: programOf(from, columns),
    address: addressOf(columns),
    port: portOf(columns),
  }),
  means:
    'A program that lies where anyone may put files, or is hidden, waits for connections from other hosts. Back doors and tunnels are dropped there by intruders who are not root yet.',
  check:
    "SELECT l.pid, l.port, l.address, p.path, p.cmdline, p.cwd, p.uid, p.start_time FROM listening_ports l JOIN processes p USING (pid) WHERE l.port <> 0 AND (p.path LIKE '/tmp/%' OR p.path LIKE '/var/tmp/%' OR p.path LIKE '/dev/%');",
  benign: 'Programs built and tried in /tmp by developers, installers that serve a page while they run.',
  runbook:
    'Whose process is it, and does that person know? If not: keep the program (copy it, with its hash) and the list of its connections, isolate the host, kill it, and find what put it there.',
  references: ['https://attack.mitre.org/techniques/T1571/'],
  tests: [
    {
      name: 'seen listening',
      match: true,
      table: 'listening_ports',
      columns: { pid: '4242', port: '8443', protocol: '6', address: '0.0.0.0', program: '/var/tmp/.x/srv' },
      title: '/var/tmp/.x/srv on test-host listens on port 8443',
      dedup: 'test-host-id /var/tmp/.x/srv',
      severity: 'high',
      context: { pid: '4242', program: '/var/tmp/.x/srv', address: '0.0.0.0', port: '8443' },
    },
    {
      name: 'as it begins to',
      match: true,
      table: 'socket_events',
      columns: { action: 'bind', path: '/dev/shm/a', local_address: '0.0.0.0', local_port: '31337' },
    },
    {
      name: 'told by an older agent',
      match: true,
      table: 'bpf_socket_events',
      columns: { syscall: 'bind', path: '/tmp/a', local_address: '::', local_port: '4443' },
    },
    {
      name: 'an ordinary server',
      match: false,
      table: 'listening_ports',
      columns: { port: '443', address: '0.0.0.0', program: '/usr/sbin/nginx' },
    },
    {
      name: 'for the host alone',
      match: false,
      table: 'listening_ports',
      columns: { port: '8443', address: '127.0.0.1', program: '/tmp/srv' },
    },
    {
      name: 'built and run by Go',
      match: false,
      table: 'listening_ports',
      columns: { port: '8080', address: '::', program: '/tmp/go-build3141592653/b001/exe/main' },
    },
    {
      name: 'the path of a socket, not of a program',
      match: false,
      table: 'listening_ports',
      columns: { port: '0', path: '/tmp/.X11-unix/X0', program: '/usr/bin/Xorg' },
    },
    {
      name: 'a connection that goes out',
      match: false,
      table: 'socket_events',
      columns: { action: 'connect', path: '/tmp/a', remote_port: '443', local_port: '50000' },
    },
    {
      name: 'any port will do',
      match: false,
      table: 'socket_events',
      columns: { action: 'bind', path: '/tmp/a', local_address: '0.0.0.0', local_port: '0' },
    },
    {
      name: 'no longer',
      match: false,
      action: 'removed',
      table: 'listening_ports',
      columns: { port: '8443', address: '0.0.0.0', program: '/tmp/srv' },
    },
  ],
})

/** In listening_ports `path` is that of a UNIX socket, and the program comes by a join. */
function programOf(from: string, columns: Listener): string {
  return from === 'listening_ports' ? (columns.program ?? '') : columns.path
}

function portOf({ port = '', local_port = '' }: Listener): string {
  return port || local_port
}

function addressOf({ address = '', local_address = '' }: Listener): string {
  return address || local_address
}
