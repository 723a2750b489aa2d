import { rule, table } from '../../src/detect/rule.ts'

const LEADS_ELSEWHERE = new Set(['DNAT', 'REDIRECT', 'TPROXY'])

/** Chains that Docker, Podman, Kubernetes, service meshes and virtual machines keep for themselves. */
const MANAGED =
  /^(?:DOCKER|KUBE-|CNI-|CNI_|NETAVARK|ISTIO_|CILIUM_|OLD_CILIUM_|cali-|LIBVIRT_|FLANNEL|WEAVE|ANTREA-|LINKERD|PROXY_INIT|ts-)/

export default rule({
  id: 'linux.traffic-redirected',
  title: 'Firewall leads packets elsewhere',
  severity: 'medium',
  on: table('iptables'),
  attack: ['T1562.004', 'T1090', 'T1557'],
  initial: 'ignore',
  detect: ({ columns }) => LEADS_ELSEWHERE.has(columns.target) && !MANAGED.test(columns.chain),
  alertTitle: ({ host, columns }) =>
    `The firewall of ${host} now leads packets elsewhere (${columns.target})`,
  context: ({ columns }) => ({
    table: columns.filter_name,
    chain: columns.chain,
    target: columns.target,
    protocol: columns.protocol,
    from: `${columns.src_ip}/${columns.src_mask}`,
    to: `${columns.dst_ip}/${columns.dst_mask} ${columns.dst_port}`,
    interface: columns.iniface,
  }),
  means:
    'A new rule sends packets to another port or host than they were meant for. Intruders use it to hide a back door behind an open port, to reach hosts behind this one, or to listen in.',
  check:
    "SELECT filter_name, chain, target, protocol, src_ip, dst_ip, dst_port, iniface FROM iptables WHERE filter_name IN ('nat', 'mangle');",
  benign:
    'Port forwarding and proxies that administrators set up, container and VPN software with chains of its own.',
  runbook:
    'Who added it (sudo log, shell_history: iptables -t nat)? Software that manages its own chain: add the chain to the rule. Nobody: list it in full (iptables -t nat -S), see where it leads, and look at what listens there.',
  references: [
    'https://attack.mitre.org/techniques/T1562/004/',
    'https://attack.mitre.org/techniques/T1090/',
  ],
  tests: [
    {
      name: 'a port that leads to another',
      match: true,
      columns: {
        filter_name: 'nat',
        chain: 'PREROUTING',
        target: 'REDIRECT',
        protocol: '6',
        src_ip: '0.0.0.0',
        src_mask: '0.0.0.0',
        dst_ip: '0.0.0.0',
        dst_mask: '0.0.0.0',
        dst_port: '80',
        iniface: 'all',
      },
      title: 'The firewall of test-host now leads packets elsewhere (REDIRECT)',
      dedup: 'test-host-id',
      severity: 'medium',
      context: {
        table: 'nat',
        chain: 'PREROUTING',
        target: 'REDIRECT',
        protocol: '6',
        from: '0.0.0.0/0.0.0.0',
        to: '0.0.0.0/0.0.0.0 80',
        interface: 'all',
      },
    },
    { name: 'another host', match: true, columns: { filter_name: 'nat', chain: 'OUTPUT', target: 'DNAT' } },
    {
      name: 'as it was',
      match: false,
      counter: '0',
      columns: { filter_name: 'nat', chain: 'PREROUTING', target: 'DNAT' },
    },
    {
      name: 'a port of a container',
      match: false,
      columns: { filter_name: 'nat', chain: 'DOCKER', target: 'DNAT', dst_port: '8080' },
    },
    {
      name: 'a service of Kubernetes',
      match: false,
      columns: { filter_name: 'nat', chain: 'KUBE-SEP-ABC', target: 'DNAT' },
    },
    {
      name: 'an address that goes out under another',
      match: false,
      columns: { filter_name: 'nat', chain: 'POSTROUTING', target: 'MASQUERADE' },
    },
    {
      name: 'no longer',
      match: false,
      action: 'removed',
      columns: { filter_name: 'nat', chain: 'PREROUTING', target: 'DNAT' },
    },
  ],
})
