import { pack } from '../../src/detect/pack.ts'

/** Families 2, 10 and 30: IPv4, and IPv6 on Linux and macOS. Programs behind the sockets come by their pid. */
const SOCKET =
  's.pid, s.fd, s.family, s.protocol, s.local_address, s.local_port, s.remote_address, s.remote_port, p.name, p.path AS program, p.cmdline, p.parent'

/** Connections that programs should not have. What listens is in the pack incident-response. */
export const network = pack({
  name: 'network',
  description: 'Connections of shells, raw sockets, name servers',
  platform: 'posix',
  queries: {
    terminal_sockets: {
      query: `SELECT ${SOCKET} FROM process_open_sockets s JOIN processes p USING (pid) WHERE s.fd IN (0, 1, 2) AND s.remote_port > 0 AND s.family IN (2, 10, 30);`,
      interval: 300,
      removed: false,
      table: 'process_open_sockets',
      description: 'Programs whose input or output is a connection',
    },
    shell_sockets: {
      query: `SELECT ${SOCKET} FROM process_open_sockets s JOIN processes p USING (pid) WHERE p.name IN ('sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'fish', 'csh', 'tcsh') AND s.fd > 2 AND s.remote_port > 0 AND s.family IN (2, 10, 30);`,
      interval: 300,
      removed: false,
      table: 'process_open_sockets',
      description: 'Shells that hold a connection',
    },
    raw_sockets: {
      // Protocols 1, 58 and 255 are ICMP, ICMPv6 and raw IP; family 17 is AF_PACKET, of newer agents.
      query: `SELECT DISTINCT s.pid, s.family, s.protocol, p.name, p.path AS program, p.cmdline FROM process_open_sockets s JOIN processes p USING (pid) WHERE s.family = 17 OR (s.family IN (2, 10) AND s.protocol IN (1, 58, 255));`,
      interval: 900,
      platform: 'linux',
      removed: false,
      table: 'process_open_sockets',
      description: 'Programs that read or write packets themselves',
    },
    dns_resolvers: {
      query: "SELECT DISTINCT type, address FROM dns_resolvers WHERE type = 'nameserver';",
      interval: 3600,
      removed: false,
      table: 'dns_resolvers',
      description: 'Name servers that the host asks',
    },
    firewall_policies: {
      // One row a chain: with every rule beside it, each new rule would look like a new policy.
      query:
        "SELECT DISTINCT filter_name, chain, policy FROM iptables WHERE filter_name = 'filter' AND chain = 'INPUT' AND policy <> '';",
      interval: 600,
      platform: 'linux',
      removed: false,
      table: 'iptables',
      description: 'What the firewall does with what no rule speaks of; empty with nftables',
    },
    traffic_redirects: {
      query:
        "SELECT DISTINCT filter_name, chain, target, protocol, src_ip, src_mask, iniface, dst_ip, dst_mask, dst_port FROM iptables WHERE target IN ('DNAT', 'REDIRECT', 'TPROXY');",
      interval: 600,
      platform: 'linux',
      removed: false,
      table: 'iptables',
      description: 'Rules that lead packets elsewhere; empty with nftables',
    },
  },
})
