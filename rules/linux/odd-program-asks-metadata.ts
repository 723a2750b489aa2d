import { isMetadataService } from '../../src/detect/reading/addresses.ts'
import { isShell } from '../../src/detect/reading/interpreters.ts'
import { oddPlaceOf } from '../../src/detect/reading/odd-place.ts'
import { baseName } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Programs that carry bytes for whoever calls them, and are no agent of any cloud. */
const CARRIERS = new Set(['nc', 'ncat', 'netcat', 'nc.openbsd', 'nc.traditional', 'socat', 'telnet'])

export default rule({
  id: 'linux.odd-program-asks-metadata',
  title: 'Odd program asks the cloud for credentials',
  severity: 'high',
  on: table('socket_events', 'bpf_socket_events'),
  attack: ['T1552.005'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path}`,
  detect: ({ columns }) =>
    (columns.action === 'connect' || columns.syscall === 'connect') &&
    isMetadataService(columns.remote_address) &&
    isOdd(columns.path),
  alertTitle: ({ host, columns }) => `${columns.path} on ${host} asked the metadata service`,
  context: ({ columns }) => ({
    pid: columns.pid,
    program: columns.path,
    remote: `${columns.remote_address}:${columns.remote_port}`,
    time: columns.time,
  }),
  means:
    'The metadata service gives the keys of the machine to any program on it. Agents and SDKs ask it all day; a shell, netcat or a program from /tmp that asks is after the keys.',
  check:
    "SELECT p.pid, p.path, p.cmdline, p.parent, p.uid FROM process_open_sockets s JOIN processes p USING (pid) WHERE s.remote_address = '169.254.169.254';",
  benign: 'Scripts of administrators that look for the region or the name of the machine without curl.',
  runbook:
    'See the command line and the parent by the pid. If nobody owns it: take the role away from the machine or rotate its keys, look in the log of the cloud for what was done with them, isolate the host.',
  references: ['https://attack.mitre.org/techniques/T1552/005/'],
  tests: [
    {
      name: 'a program out of shared memory',
      match: true,
      table: 'socket_events',
      columns: {
        action: 'connect',
        pid: '4242',
        path: '/dev/shm/x',
        remote_address: '169.254.169.254',
        remote_port: '80',
        time: '1700000000',
      },
      title: '/dev/shm/x on test-host asked the metadata service',
      dedup: 'test-host-id /dev/shm/x',
      severity: 'high',
      context: {
        pid: '4242',
        program: '/dev/shm/x',
        remote: '169.254.169.254:80',
        time: '1700000000',
      },
    },
    {
      name: 'a shell, told by an older agent',
      match: true,
      table: 'bpf_socket_events',
      columns: { syscall: 'connect', path: '/usr/bin/bash', remote_address: '169.254.169.254' },
    },
    {
      name: 'netcat',
      match: true,
      table: 'socket_events',
      columns: { action: 'connect', path: '/usr/bin/nc', remote_address: 'fd00:ec2::254' },
    },
    {
      name: 'an agent of the cloud',
      match: false,
      table: 'socket_events',
      columns: {
        action: 'connect',
        path: '/usr/bin/amazon-ssm-agent',
        remote_address: '169.254.169.254',
        remote_port: '80',
      },
    },
    {
      name: 'an SDK in Python',
      match: false,
      table: 'socket_events',
      columns: { action: 'connect', path: '/usr/bin/python3.11', remote_address: '169.254.169.254' },
    },
    {
      name: 'another address',
      match: false,
      table: 'socket_events',
      columns: { action: 'connect', path: '/dev/shm/x', remote_address: '198.51.100.7' },
    },
    {
      name: 'not connecting',
      match: false,
      table: 'socket_events',
      columns: { action: 'bind', path: '/dev/shm/x', remote_address: '169.254.169.254' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'socket_events',
      columns: { action: 'connect', path: '/dev/shm/x', remote_address: '169.254.169.254' },
    },
  ],
})

function isOdd(program: string): boolean {
  const name = baseName(program)
  return isShell(name) || CARRIERS.has(name) || oddPlaceOf(program) !== null
}
