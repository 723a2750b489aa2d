import { pack } from '../../src/detect/pack.ts'

/**
 * What the audit of Linux tells of SELinux, AppArmor and of who writes which file: `--disable_audit=false` with
 * `--audit_allow_selinux_events`, `--audit_allow_apparmor_events`, `--audit_allow_fim_events`, and auditd must not run beside
 * osquery. Hosts without the flags answer with no rows.
 */
export const linuxSecurityEvents = pack({
  name: 'linux-security-events',
  description: 'Denials of SELinux and AppArmor, and programs that write the files of accounts',
  platform: 'linux',
  queries: {
    selinux_events: {
      query: "SELECT type, message, time, eid FROM selinux_events WHERE type IN ('AVC', 'MAC_STATUS');",
      interval: 300,
      removed: false,
      table: 'selinux_events',
      description: 'Needs --audit_allow_selinux_events',
    },
    apparmor_events: {
      query:
        "SELECT type, message, apparmor, operation, profile, name, pid, comm, time, eid FROM apparmor_events WHERE apparmor = 'DENIED';",
      interval: 300,
      version: '4.6.0',
      removed: false,
      table: 'apparmor_events',
      description: 'Needs --audit_allow_apparmor_events',
    },
    process_file_events: {
      query:
        "SELECT operation, pid, ppid, executable, path, dest_path, uid, auid, time, eid FROM process_file_events WHERE path LIKE '/etc/%' OR dest_path LIKE '/etc/%' OR path LIKE '%/security/pam_%' OR dest_path LIKE '%/security/pam_%';",
      interval: 300,
      removed: false,
      table: 'process_file_events',
      description: 'Needs --audit_allow_fim_events, and /etc among the watched paths',
    },
  },
})
