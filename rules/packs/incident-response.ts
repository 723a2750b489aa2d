import { pack } from '../../src/detect/pack.ts'

/**
 * What a responder asks first: who was here, what starts by itself, what listens. Cheap tables often, dear ones hourly.
 * Columns that change without meaning (`used_by`, addresses, sockets) are left out: each change would be two rows.
 */
export const incidentResponse = pack({
  name: 'incident-response',
  description: 'Logins, persistence and listeners',
  queries: {
    crontab: {
      query: 'SELECT event, minute, hour, day_of_month, month, day_of_week, command, path FROM crontab;',
      interval: 300,
      platform: 'posix',
      table: 'crontab',
      description: 'Jobs of cron, system and users',
    },
    last: {
      // wtmp grows for years; only what is new can be a new login. Rows that leave the window are no news.
      query:
        'SELECT username, tty, pid, type, time, host FROM last WHERE time > (SELECT unix_time - 172800 FROM time);',
      interval: 300,
      platform: 'posix',
      removed: false,
      table: 'last',
      description: 'Logins and logouts of the last two days',
    },
    logged_in_users: {
      query: 'SELECT type, user, tty, host, time, pid FROM logged_in_users;',
      interval: 600,
      table: 'logged_in_users',
      description: 'Sessions that are open',
    },
    listening_ports: {
      // Families 2, 10, 23 and 30 are IPv4, and IPv6 on Linux, Windows and macOS; UNIX sockets are left out.
      query:
        'SELECT l.pid, l.port, l.protocol, l.family, l.address, l.path, p.name, p.path AS program FROM listening_ports l LEFT JOIN processes p USING (pid) WHERE l.port <> 0 AND l.family IN (2, 10, 23, 30);',
      interval: 600,
      table: 'listening_ports',
      description: 'Programs that take connections',
    },
    shell_history: {
      query:
        'SELECT u.username, h.uid, h.time, h.command, h.history_file FROM users u CROSS JOIN shell_history h USING (uid);',
      interval: 3600,
      platform: 'posix',
      removed: false,
      table: 'shell_history',
      description: 'Commands that people typed',
    },
    authorized_keys: {
      query:
        'SELECT u.username, k.uid, k.algorithm, k.key, k.options, k.comment, k.key_file FROM users u CROSS JOIN authorized_keys k USING (uid);',
      interval: 900,
      platform: 'posix',
      table: 'authorized_keys',
      description: 'Keys that open an account over SSH',
    },
    startup_items: {
      // Units of systemd are left out: they would be a new row each time a service starts or stops.
      query:
        "SELECT name, path, args, type, source, status, username FROM startup_items WHERE type <> 'systemd unit';",
      interval: 3600,
      table: 'startup_items',
      description: 'What starts with the system or a session',
    },
    launchd: {
      query:
        'SELECT path, name, label, program, program_arguments, run_at_load, keep_alive, username FROM launchd;',
      interval: 3600,
      platform: 'darwin',
      table: 'launchd',
      description: 'Daemons and agents of launchd',
    },
    kernel_modules: {
      query: 'SELECT name, size, status FROM kernel_modules;',
      interval: 300,
      platform: 'linux',
      table: 'kernel_modules',
      description: 'Modules in the kernel',
    },
    etc_hosts: {
      query: 'SELECT address, hostnames FROM etc_hosts;',
      interval: 3600,
      table: 'etc_hosts',
      description: 'Names that the host resolves by itself',
    },
  },
})
