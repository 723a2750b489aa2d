import { query, rule } from '../../src/detect/rule.ts'
import { network } from '../packs/network.ts'

export default rule({
  id: 'linux.firewall-lets-all-in',
  title: 'Firewall lets in what no rule speaks of',
  severity: 'medium',
  // By query: rows of single rules carry the policy too, and a new rule would look like a new policy.
  on: query(network.queries.firewall_policies),
  attack: ['T1562.004'],
  initial: 'ignore',
  detect: ({ columns }) => columns['chain'] === 'INPUT' && columns['policy'] === 'ACCEPT',
  alertTitle: ({ host }) => `The firewall of ${host} now accepts by default`,
  context: ({ columns }) => ({
    table: columns['filter_name'],
    chain: columns['chain'],
    policy: columns['policy'],
  }),
  means:
    'The policy of INPUT went to ACCEPT: services that the firewall kept from the network can be reached. Intruders open it to get at their back door or to carry data out.',
  check:
    "SELECT filter_name, chain, policy, target, protocol, dst_port, src_ip FROM iptables WHERE chain = 'INPUT';",
  benign:
    'A reload of the firewall, a change from iptables to nftables, an administrator looking for a fault.',
  runbook:
    'Ask who did it (sudo log, shell_history: iptables -P, ufw disable, systemctl stop). If it is not set back within the hour, or nobody owns up: set the policy, see what listens (listening_ports) and who connected meanwhile.',
  references: ['https://attack.mitre.org/techniques/T1562/004/'],
  tests: [
    {
      name: 'from DROP to ACCEPT',
      match: true,
      columns: { filter_name: 'filter', chain: 'INPUT', policy: 'ACCEPT' },
      title: 'The firewall of test-host now accepts by default',
      dedup: 'test-host-id',
      severity: 'medium',
      context: { table: 'filter', chain: 'INPUT', policy: 'ACCEPT' },
    },
    {
      name: 'a host without a firewall',
      match: false,
      counter: '0',
      columns: { filter_name: 'filter', chain: 'INPUT', policy: 'ACCEPT' },
    },
    { name: 'closed', match: false, columns: { filter_name: 'filter', chain: 'INPUT', policy: 'DROP' } },
    {
      name: 'what goes out',
      match: false,
      columns: { filter_name: 'filter', chain: 'OUTPUT', policy: 'ACCEPT' },
    },
    {
      name: 'it was open',
      match: false,
      action: 'removed',
      columns: { filter_name: 'filter', chain: 'INPUT', policy: 'ACCEPT' },
    },
  ],
})
