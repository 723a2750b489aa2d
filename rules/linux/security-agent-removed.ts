import { query, rule } from '../../src/detect/rule.ts'
import { SECURITY_AGENTS } from '../data/security-agents.ts'

const PROTECTS: ReadonlySet<string> = new Set(SECURITY_AGENTS.packages)

export default rule({
  id: 'linux.security-agent-removed',
  title: 'Package that protects the host was removed',
  severity: 'high',
  // By query, because only rows without a version tell a removal from an upgrade.
  on: query('deb_security_packages', 'rpm_security_packages'),
  actions: ['removed'],
  attack: ['T1562.001'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns['name'] ?? ''}`,
  detect: ({ columns }) => PROTECTS.has(columns['name'] ?? ''),
  alertTitle: ({ host, columns }) => `${columns['name'] ?? 'A package'} was removed from ${host}`,
  context: ({ columns }) => ({ package: columns['name'], kind: columns['kind'] }),
  means:
    'A program that records or blocks what happens on this host is gone. Intruders remove it before they do what it would see.',
  check:
    "SELECT name, version, status FROM deb_packages WHERE name IN ('auditd', 'osquery', 'falcon-sensor', 'wazuh-agent'); SELECT name, version FROM rpm_packages WHERE name IN ('audit', 'osquery', 'falcon-sensor', 'wazuh-agent');",
  benign:
    'Moving from one product to another, an upgrade that takes longer than a quarter of an hour, a host that is given up.',
  runbook:
    'Is this product being replaced on your hosts? If not: see who removed it (/var/log/apt/history.log, dnf history, sudo log), put it back, isolate the host if nobody owns up, and go through what ran since.',
  references: ['https://attack.mitre.org/techniques/T1562/001/'],
  tests: [
    {
      name: 'an agent is removed',
      match: true,
      columns: { name: 'falcon-sensor', kind: 'deb' },
      title: 'falcon-sensor was removed from test-host',
      dedup: 'test-host-id falcon-sensor',
      severity: 'high',
      context: { package: 'falcon-sensor', kind: 'deb' },
    },
    { name: 'of rpm', match: true, query: 'rpm_security_packages', columns: { name: 'audit', kind: 'rpm' } },
    {
      name: 'an agent is installed',
      match: false,
      action: 'added',
      columns: { name: 'falcon-sensor', kind: 'deb' },
    },
    { name: 'another package', match: false, columns: { name: 'cowsay', kind: 'deb' } },
    {
      name: 'an upgrade in a list with versions',
      match: false,
      query: 'deb_packages',
      columns: { name: 'falcon-sensor', version: '7.10' },
    },
  ],
})
