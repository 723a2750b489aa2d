import { addressClass } from '../../src/detect/reading/addresses.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { UPDATE_HOSTS } from '../data/update-hosts.ts'

/** Beyond that a line of /etc/hosts is no line. */
const NAMES_MAX = 200

export default rule({
  id: 'posix.misled-by-hosts-file',
  title: 'Hosts file keeps updates or protection away',
  severity: 'medium',
  on: table('etc_hosts'),
  attack: ['T1562.001', 'T1565.001'],
  detect: ({ columns }) => fateOf(columns.address) !== null && updateHostIn(columns.hostnames) !== undefined,
  // Blocking is a habit of some; sending such a name to a stranger is not.
  dynamicSeverity: ({ columns }) => (fateOf(columns.address) === 'misled' ? 'high' : undefined),
  alertTitle: ({ host, columns }) =>
    `The hosts file of ${host} sends ${updateHostIn(columns.hostnames) ?? 'a name'} to ${columns.address}`,
  context: ({ columns }) => ({ address: columns.address, hostnames: columns.hostnames.slice(0, 2000) }),
  means:
    'Names from which the system or a security product gets its updates and verdicts lead nowhere, or to somebody else. Malware does this so that it is not found, or to hand out its own updates.',
  check: 'SELECT address, hostnames FROM etc_hosts;',
  benign:
    'Lists against advertisements that take in too much, hosts cut off from the internet by hand, a fixed address set while looking for a fault.',
  runbook:
    'Who wrote it (file times of the hosts file, shell_history, configuration management)? Take the line out, run the update, and scan the host with what was kept away.',
  references: [
    'https://attack.mitre.org/techniques/T1565/001/',
    'https://attack.mitre.org/techniques/T1562/001/',
  ],
  tests: [
    {
      name: 'updates lead nowhere',
      match: true,
      columns: { address: '0.0.0.0', hostnames: 'security.ubuntu.com' },
      title: 'The hosts file of test-host sends security.ubuntu.com to 0.0.0.0',
      dedup: 'test-host-id',
      severity: 'medium',
      context: { address: '0.0.0.0', hostnames: 'security.ubuntu.com' },
    },
    {
      name: 'one name of several, a host below the domain',
      match: true,
      counter: '0',
      columns: { address: '::1', hostnames: 'localhost TS01-B.Cloudsink.NET' },
    },
    {
      name: 'to a stranger',
      match: true,
      columns: { address: '198.51.100.7', hostnames: 'swcdn.apple.com' },
      severity: 'high',
    },
    {
      name: 'a mirror of the house',
      match: false,
      columns: { address: '10.0.0.20', hostnames: 'archive.ubuntu.com' },
    },
    { name: 'the host itself', match: false, columns: { address: '127.0.0.1', hostnames: 'localhost web' } },
    {
      name: 'an advertiser',
      match: false,
      columns: { address: '0.0.0.0', hostnames: 'ads.example.com' },
    },
    {
      name: 'a name that only ends alike',
      match: false,
      columns: { address: '0.0.0.0', hostnames: 'notcrowdstrike.com' },
    },
    { name: 'no address', match: false, columns: { hostnames: 'crowdstrike.com' } },
    {
      name: 'taken out',
      match: false,
      action: 'removed',
      columns: { address: '0.0.0.0', hostnames: 'crowdstrike.com' },
    },
  ],
})

/** What becomes of a connection to this address; private ones are mirrors and proxies. */
function fateOf(address: string): 'blocked' | 'misled' | null {
  const of = addressClass(address)
  if (of === 'loopback' || of === 'unspecified') return 'blocked'
  return of === 'public' ? 'misled' : null
}

function updateHostIn(hostnames: string): string | undefined {
  return hostnames
    .toLowerCase()
    .split(/\s+/, NAMES_MAX)
    .find(name => UPDATE_HOSTS.domains.some(domain => name === domain || name.endsWith(`.${domain}`)))
}
