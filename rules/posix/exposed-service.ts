import { addressClass } from '../../src/detect/reading/addresses.ts'
import { isInterpreter } from '../../src/detect/reading/interpreters.ts'
import { baseName, isUnder } from '../../src/detect/reading/paths.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'
import { EXPOSED_PORTS } from '../data/exposed-ports.ts'

/** Programs that listen in the place of a container. */
const FORWARDERS = new Set([
  'docker-proxy',
  'com.docker.backend',
  'rootlessport',
  'conmon',
  'limactl',
  'vpnkit',
  'OrbStack Helper',
])
/** launchd listens for the services of macOS until somebody comes. */
const OF_MACOS = ['/sbin/launchd', '/System'] as const

/** IPPROTO_TCP. */
const TCP = '6'

export default rule({
  id: 'posix.exposed-service',
  title: 'Service without a door listens to the network',
  severity: 'medium',
  on: joining(table('listening_ports'), 'name', 'program'),
  attack: ['T1133', 'T1571'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.port}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => columns.protocol === TCP && isExposed(columns.port, columns.address),
  // A browser grid for tests listens on the port of Metasploit; screen sharing of macOS asks for a password.
  exclude: ({ columns }) =>
    (columns.port === '4444' && isInterpreter(baseName(columns.program ?? ''))) ||
    (columns.port === '5900' && isUnder(columns.program ?? '', ...OF_MACOS)),
  // What a developer forwards from a container is rarely reached by others.
  dynamicSeverity: ({ columns }) =>
    FORWARDERS.has(baseName(columns.program ?? '')) ? 'low' : EXPOSED_PORTS.ports.get(columns.port)?.severity,
  alertTitle: ({ host, columns }) =>
    `${columns.program || columns.name || 'A program'} on ${host} offers ${EXPOSED_PORTS.ports.get(columns.port)?.service ?? 'a service'} on port ${columns.port}`,
  context: ({ columns }) => ({
    pid: columns.pid,
    program: columns.program || columns.name,
    address: columns.address,
    port: columns.port,
    gives: EXPOSED_PORTS.ports.get(columns.port)?.gives,
  }),
  means:
    'This port takes orders or hands out data without asking who is there, and it listens beyond the host. Scanners find such ports within hours.',
  check:
    'SELECT l.pid, l.port, l.protocol, l.address, p.name, p.path, p.cmdline FROM listening_ports l JOIN processes p USING (pid) WHERE l.port <> 0;',
  benign:
    'A firewall in front of the host, a service that was given a password, a closed network; two programs that happen to share a port.',
  runbook:
    'Can it be reached from outside (firewall, security group)? Bind it to 127.0.0.1 or to the network that needs it, and set a password. If it was reachable: look for what came through it (new containers, cron jobs, keys, modules of Redis).',
  references: [
    'https://attack.mitre.org/techniques/T1133/',
    'https://docs.docker.com/engine/security/protect-access/',
  ],
  tests: [
    {
      name: 'Docker for everyone',
      match: true,
      counter: '0',
      columns: {
        pid: '900',
        port: '2375',
        protocol: '6',
        family: '10',
        address: '::',
        name: 'dockerd',
        program: '/usr/bin/dockerd',
      },
      title: '/usr/bin/dockerd on test-host offers Docker on port 2375',
      dedup: 'test-host-id 2375',
      severity: 'high',
      context: {
        pid: '900',
        program: '/usr/bin/dockerd',
        address: '::',
        port: '2375',
        gives: 'root on this host',
      },
    },
    {
      name: 'Redis on a public address',
      match: true,
      columns: { port: '6379', protocol: '6', address: '192.0.2.10', name: 'redis-server' },
      severity: 'medium',
      title: 'redis-server on test-host offers Redis on port 6379',
    },
    {
      name: 'Redis for the host alone',
      match: false,
      columns: { port: '6379', protocol: '6', address: '127.0.0.1', name: 'redis-server' },
    },
    {
      name: 'Redis in a network of the house',
      match: false,
      columns: { port: '6379', protocol: '6', address: '10.0.0.10', name: 'redis-server' },
    },
    { name: 'a web server', match: false, columns: { port: '443', protocol: '6', address: '0.0.0.0' } },
    { name: 'UDP', match: false, columns: { port: '514', protocol: '17', address: '0.0.0.0' } },
    {
      name: 'a browser grid for tests',
      match: false,
      columns: { port: '4444', protocol: '6', address: '0.0.0.0', program: '/usr/bin/java' },
    },
    {
      name: 'screen sharing of macOS',
      match: false,
      columns: { port: '5900', protocol: '6', address: '::', program: '/sbin/launchd' },
    },
    {
      name: 'forwarded from a container of a developer',
      match: true,
      columns: { port: '6379', protocol: '6', address: '::', program: '/usr/bin/docker-proxy' },
      severity: 'low',
    },
    { name: 'a socket of the machine itself', match: false, columns: { port: '0', address: '' } },
    {
      name: 'closed',
      match: false,
      action: 'removed',
      columns: { port: '2375', protocol: '6', address: '0.0.0.0' },
    },
  ],
})

function isExposed(port: string, address: string): boolean {
  const of = addressClass(address)
  return EXPOSED_PORTS.ports.has(port) && (of === 'unspecified' || of === 'public')
}
