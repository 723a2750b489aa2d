import { isLoopback } from '../../src/detect/reading/addresses.ts'
import { baseName } from '../../src/detect/reading/paths.ts'
import { int } from '../../src/detect/reading/values.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

const SSH_PORT = 22
const TCP = '6'
/** Families of listening_ports: UNIX sockets have port 0 anyway. */
const UNIX = '1'
/** Servers of SSH, and what takes the port for them. */
const SSH_SERVERS = new Set(['sshd', 'sshd-session', 'dropbear', 'systemd', 'launchd', 'xinetd', 'inetd'])

export default rule({
  id: 'posix.ssh-listener',
  title: 'Host began to take SSH connections',
  severity: 'info',
  on: joining(table('listening_ports'), 'name', 'program'),
  attack: ['T1021.004', 'T1133'],
  // A server takes them from its first day.
  initial: 'ignore',
  dedupPeriod: '24h',
  detect: ({ columns }) =>
    int(columns.port) === SSH_PORT &&
    (columns.protocol === TCP || columns.protocol === '') &&
    columns.family !== UNIX &&
    !isLoopback(columns.address),
  // Something else on that port hides among what is expected there.
  dynamicSeverity: ({ columns }) => {
    const name = columns.name || baseName(columns.program ?? '')
    return name === '' || SSH_SERVERS.has(name) ? 'info' : 'medium'
  },
  alertTitle: ({ host, columns }) => {
    const program = columns.program || columns.name
    return program
      ? `${host} began to take SSH connections: ${program}`
      : `${host} began to take SSH connections`
  },
  context: ({ columns }) => ({
    address: columns.address,
    port: columns.port,
    name: columns.name ?? '',
    program: columns.program ?? '',
    pid: columns.pid,
  }),
  means:
    'The host can be logged in to from the network, and could not before. On a laptop or an appliance somebody switched it on; another program than sshd on this port hides where nobody looks.',
  check:
    'SELECT l.address, l.port, p.pid, p.name, p.path, p.cmdline, p.uid, p.start_time FROM listening_ports l JOIN processes p USING (pid) WHERE l.port = 22;',
  benign:
    'sshd that was restarted or updated; remote login switched on by the user or the management system.',
  runbook:
    'Is the program sshd of the system (path, package)? Who switched it on, and is it meant to be reachable? If not, switch it off (macOS: System Settings, General, Sharing, Remote Login) and look at authorized_keys and recent logins.',
  references: [
    'https://attack.mitre.org/techniques/T1021/004/',
    'https://attack.mitre.org/techniques/T1133/',
  ],
  replaces: ['Osquery.SSHListener'],
  tests: [
    {
      name: 'sshd',
      match: true,
      columns: {
        port: '22',
        protocol: '6',
        family: '2',
        address: '0.0.0.0',
        name: 'sshd',
        program: '/usr/sbin/sshd',
        pid: '7',
      },
      title: 'test-host began to take SSH connections: /usr/sbin/sshd',
      dedup: 'test-host-id',
      severity: 'info',
      context: { address: '0.0.0.0', port: '22', name: 'sshd', program: '/usr/sbin/sshd', pid: '7' },
    },
    {
      name: 'by IPv6',
      match: true,
      columns: { port: '22', protocol: '6', family: '10', address: '::', name: 'sshd' },
    },
    {
      name: 'something that is not sshd',
      match: true,
      columns: { port: '22', protocol: '6', family: '2', address: '0.0.0.0', name: 'python3' },
      severity: 'medium',
    },
    {
      name: 'a query that tells little',
      match: true,
      columns: { port: '22' },
      severity: 'info',
      title: 'test-host began to take SSH connections',
    },
    { name: 'another port', match: false, columns: { port: '443', protocol: '6', address: '0.0.0.0' } },
    {
      name: 'a port that begins alike',
      match: false,
      columns: { port: '2222', protocol: '6', address: '0.0.0.0' },
    },
    { name: 'UDP', match: false, columns: { port: '22', protocol: '17', address: '0.0.0.0' } },
    {
      name: 'for the host itself',
      match: false,
      columns: { port: '22', protocol: '6', family: '2', address: '127.0.0.1' },
    },
    { name: 'a UNIX socket', match: false, columns: { port: '22', protocol: '0', family: '1' } },
    {
      name: 'a UNIX socket of a query that tells little',
      match: false,
      columns: { port: '22', family: '1' },
    },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: { port: '22', protocol: '6', address: '0.0.0.0' },
    },
    {
      name: 'it stopped',
      match: false,
      action: 'removed',
      columns: { port: '22', protocol: '6', address: '0.0.0.0' },
    },
  ],
})
