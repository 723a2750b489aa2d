import { rule, table } from '../../src/detect/rule.ts'

/** By the names that Linux and macOS have for it. */
const FORWARDING = new Set([
  'net.ipv4.ip_forward',
  'net.ipv4.conf.all.forwarding',
  'net.ipv6.conf.all.forwarding',
  'net.inet.ip.forwarding',
  'net.inet6.ip6.forwarding',
])

export default rule({
  id: 'posix.forwards-packets',
  title: 'The host began to pass on packets of others',
  severity: 'info',
  // Docker, virtual machines and VPNs switch it on without asking, so it only stands beside other alerts.
  alert: false,
  on: table('system_controls'),
  attack: ['T1090', 'T1557'],
  initial: 'ignore',
  detect: ({ columns }) => FORWARDING.has(columns.name) && columns.current_value === '1',
  alertTitle: ({ host, columns }) => `${host} passes on packets of others (${columns.name})`,
  context: ({ columns }) => ({ setting: columns.name, value: columns.current_value }),
  means:
    'The host works as a router from now on: a way from one network into another past the firewall, or a place between two others from which to read what they say.',
  check:
    "SELECT name, current_value, config_value FROM system_controls WHERE name IN ('net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding', 'net.inet.ip.forwarding');",
  benign: 'Docker, Kubernetes, libvirt, VPN servers and clients, Internet Sharing on a Mac.',
  runbook:
    'Does something that needs it run there (docker, kubelet, libvirtd, openvpn, wireguard)? If not: look at iptables for new NAT rules, at arp_cache for wrong neighbours, and at who was root when it changed.',
  references: ['https://attack.mitre.org/techniques/T1090/', 'https://attack.mitre.org/techniques/T1557/'],
  tests: [
    {
      name: 'Linux',
      match: true,
      columns: { name: 'net.ipv4.ip_forward', current_value: '1' },
      title: 'test-host passes on packets of others (net.ipv4.ip_forward)',
      dedup: 'test-host-id',
      severity: 'info',
      context: { setting: 'net.ipv4.ip_forward', value: '1' },
    },
    { name: 'a Mac', match: true, columns: { name: 'net.inet.ip.forwarding', current_value: '1' } },
    { name: 'off', match: false, columns: { name: 'net.ipv4.ip_forward', current_value: '0' } },
    {
      name: 'another setting',
      match: false,
      columns: { name: 'net.ipv4.tcp_syncookies', current_value: '1' },
    },
    {
      name: 'so before anyone looked',
      match: false,
      counter: '0',
      columns: { name: 'net.ipv4.ip_forward', current_value: '1' },
    },
    {
      name: 'the old value goes',
      match: false,
      action: 'removed',
      columns: { name: 'net.ipv4.ip_forward', current_value: '1' },
    },
  ],
})
