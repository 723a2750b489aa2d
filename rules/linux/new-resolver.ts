import { addressClass } from '../../src/detect/reading/addresses.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'linux.new-resolver',
  title: 'Host asks a new name server on the internet',
  severity: 'low',
  on: table('dns_resolvers'),
  attack: ['T1557', 'T1071.004'],
  initial: 'ignore',
  // Which name servers are yours, only you know; until they stand here it is kept to be searched, not paged.
  alert: false,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.address}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => columns.type === 'nameserver' && addressClass(columns.address) === 'public',
  alertTitle: ({ host, columns }) => `${host} now asks the name server ${columns.address}`,
  context: ({ columns }) => ({ address: columns.address }),
  means:
    'Whoever answers for names decides where the host goes for its updates, logins and mail. Malware sets its own name server to lead connections astray, or to carry data out in questions.',
  check: 'SELECT id, type, address, options FROM dns_resolvers;',
  benign: 'Laptops in other networks, VPNs, a change of provider.',
  runbook:
    'Whose address is it? A provider or a public resolver on a laptop: nothing to do. On a server: who changed resolv.conf, netplan or NetworkManager, and do your other servers have it too?',
  references: ['https://attack.mitre.org/techniques/T1557/'],
  tests: [
    {
      name: 'a public one',
      match: true,
      columns: { type: 'nameserver', address: '198.51.100.53' },
      title: 'test-host now asks the name server 198.51.100.53',
      dedup: 'test-host-id 198.51.100.53',
      severity: 'low',
      context: { address: '198.51.100.53' },
    },
    { name: 'over IPv6', match: true, columns: { type: 'nameserver', address: '2001:db8::53' } },
    {
      name: 'as it was',
      match: false,
      counter: '0',
      columns: { type: 'nameserver', address: '198.51.100.53' },
    },
    { name: 'one of the house', match: false, columns: { type: 'nameserver', address: '10.0.0.53' } },
    { name: 'the stub of systemd', match: false, columns: { type: 'nameserver', address: '127.0.0.53' } },
    { name: 'a search list', match: false, columns: { type: 'search', address: '198.51.100.53' } },
    {
      name: 'no longer',
      match: false,
      action: 'removed',
      columns: { type: 'nameserver', address: '198.51.100.53' },
    },
  ],
})
