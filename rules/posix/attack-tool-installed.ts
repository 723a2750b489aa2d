import { rule, table } from '../../src/detect/rule.ts'
import { ATTACK_TOOLS } from '../data/attack-tools.ts'

export default rule({
  id: 'posix.attack-tool-installed',
  title: 'Tool for breaking in was installed',
  severity: 'low',
  on: table('deb_packages', 'rpm_packages', 'homebrew_packages'),
  attack: ['T1588.002'],
  // What was there before anyone looked belongs to people who work with it.
  initial: 'ignore',
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => ATTACK_TOOLS.packages.has(columns.name),
  alertTitle: ({ host, columns }) => `${columns.name} ${columns.version} was installed on ${host}`,
  context: ({ columns }) => ({ package: columns.name, version: columns.version }),
  means:
    'Someone with the right to install packages took a scanner, password cracker or exploit kit onto this host. On a server that is rarely part of its work.',
  check:
    "SELECT name, version, install_time FROM rpm_packages ORDER BY install_time DESC LIMIT 20; SELECT name, version FROM deb_packages WHERE status LIKE '%ok installed';",
  benign: 'Security staff and their tests, hosts for training, a dependency pulled in by another package.',
  runbook:
    "Ask who installed it (the package manager's log: /var/log/apt/history.log, dnf history). On a server, or if nobody knows: look at what ran since (process events, shell_history) and where it connected.",
  references: ['https://attack.mitre.org/techniques/T1588/002/'],
  tests: [
    {
      name: 'a scanner on Debian',
      match: true,
      table: 'deb_packages',
      columns: { name: 'masscan', version: '2:1.3.2' },
      title: 'masscan 2:1.3.2 was installed on test-host',
      dedup: 'test-host-id masscan',
      severity: 'low',
      context: { package: 'masscan', version: '2:1.3.2' },
    },
    {
      name: 'a cracker on Fedora',
      match: true,
      table: 'rpm_packages',
      columns: { name: 'john', version: '1.9' },
    },
    { name: 'on macOS', match: true, table: 'homebrew_packages', columns: { name: 'hydra', version: '9.5' } },
    {
      name: 'was there at first sight',
      match: false,
      counter: '0',
      table: 'deb_packages',
      columns: { name: 'masscan', version: '2:1.3.2' },
    },
    {
      name: 'a tool of every day',
      match: false,
      table: 'deb_packages',
      columns: { name: 'tcpdump', version: '4.99' },
    },
    {
      name: 'a name that begins alike',
      match: false,
      table: 'deb_packages',
      columns: { name: 'johnzon', version: '1' },
    },
    {
      name: 'taken off',
      match: false,
      action: 'removed',
      table: 'deb_packages',
      columns: { name: 'masscan', version: '2:1.3.2' },
    },
  ],
})
