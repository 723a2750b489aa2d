import { pack } from '../../src/detect/pack.ts'

/** What a Linux host runs by itself, how its kernel is set, and whether it still keeps its logs. */
export const linuxSystem = pack({
  name: 'linux-system',
  description: 'Units, kernel settings and logs',
  platform: 'linux',
  queries: {
    systemd_units: {
      // Some hundred calls to systemd, so not too often. Without the states, which change whenever a service starts.
      query:
        "SELECT id, description, fragment_path, source_path, user, unit_file_state FROM systemd_units WHERE fragment_path <> '' AND (id LIKE '%.service' OR id LIKE '%.timer' OR id LIKE '%.socket' OR id LIKE '%.path') AND fragment_path NOT LIKE '/run/systemd/%';",
      interval: 1800,
      table: 'systemd_units',
      description: 'Services, timers, sockets and paths of systemd, by the file that describes them',
    },
    system_controls: {
      query:
        "SELECT name, current_value FROM system_controls WHERE name IN ('kernel.tainted', 'kernel.core_pattern', 'kernel.randomize_va_space', 'kernel.yama.ptrace_scope', 'kernel.kptr_restrict', 'kernel.unprivileged_bpf_disabled', 'fs.protected_hardlinks', 'fs.protected_symlinks', 'fs.suid_dumpable', 'vm.mmap_min_addr', 'net.ipv4.ip_forward', 'net.ipv4.conf.all.forwarding', 'net.ipv6.conf.all.forwarding');",
      interval: 900,
      removed: false,
      table: 'system_controls',
      description: 'Settings of the kernel that are defences, and whether it took in foreign code',
    },
    log_files: {
      // A log that was just rotated is empty too, but then its former self lies beside it, moved in the same hour.
      query:
        "WITH kept(path, is_history) AS (VALUES ('/var/log/wtmp', 0), ('/var/log/btmp', 0), ('/var/log/auth.log', 0), ('/var/log/secure', 0), ('/var/log/syslog', 0), ('/var/log/messages', 0), ('/var/log/audit/audit.log', 0) UNION ALL SELECT directory || '/.bash_history', 1 FROM users WHERE shell LIKE '%/bash') SELECT k.path, CASE WHEN f.path IS NULL THEN 'missing' WHEN k.is_history = 1 AND f.symlink = 1 THEN 'led away' WHEN f.size > 0 OR EXISTS (SELECT 1 FROM file r WHERE r.path LIKE k.path || '%' AND r.path <> k.path AND abs(r.ctime - f.ctime) < 3600) THEN 'kept' ELSE 'emptied' END AS state FROM kept k LEFT JOIN file f ON f.path = k.path;",
      interval: 900,
      description: 'Whether logs and histories are there, empty or led away',
    },
  },
})
