import { pack } from '../../src/detect/pack.ts'

/**
 * Connections as they are made, by the audit of Linux: `--disable_audit=false --audit_allow_sockets=true`, and auditd must
 * not run beside osquery. Hosts without the flags answer with no rows.
 */
export const networkEvents = pack({
  name: 'network-events',
  description: 'Connections as they are made',
  platform: 'linux',
  queries: {
    socket_events: {
      query:
        "SELECT action, pid, path, auid, family, local_address, local_port, remote_address, remote_port, time, eid FROM socket_events WHERE family IN (2, 10) AND (remote_address <> '127.0.0.1' OR action = 'bind');",
      interval: 300,
      removed: false,
      table: 'socket_events',
      description: 'Needs --audit_allow_sockets',
    },
    bpf_socket_events: {
      query:
        "SELECT syscall, pid, parent, uid, path, family, local_address, local_port, remote_address, remote_port, time, eid FROM bpf_socket_events WHERE family IN (2, 10) AND syscall IN ('connect', 'bind');",
      interval: 300,
      removed: false,
      table: 'bpf_socket_events',
      description: 'Of agents up to 5.23, with --enable_bpf_events',
    },
  },
})
