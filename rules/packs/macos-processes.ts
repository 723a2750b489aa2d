import { pack } from '../../src/detect/pack.ts'

/**
 * Programs as they start, out of Endpoint Security: only what a rule looks at, since a Mac starts thousands an hour. Needs
 * osquery's own signed build with Full Disk Access, and the flags `--disable_events=false` and
 * `--disable_endpointsecurity=false`.
 */
export const macosProcesses = pack({
  name: 'macos-processes',
  description: 'Programs that start, where attacks show',
  platform: 'darwin',
  version: '5.0.0',
  queries: {
    suspect_execs: {
      query: `SELECT time, event_type, pid, parent, path, cmdline, cwd, username, uid, euid, signing_id, team_id, cdhash, platform_binary FROM es_process_events WHERE event_type = 'exec' AND (
        path IN ('/usr/bin/osascript', '/usr/bin/xattr', '/usr/libexec/PlistBuddy', '/usr/bin/csrutil', '/usr/sbin/spctl', '/usr/bin/fdesetup', '/usr/libexec/ApplicationFirewall/socketfilterfw', '/usr/bin/dscl', '/usr/sbin/sysadminctl', '/usr/sbin/dseditgroup')
        OR (path = '/usr/bin/security' AND (cmdline LIKE '%dump-keychain%' OR cmdline LIKE '%find-generic-password%'))
        OR (path = '/usr/bin/defaults' AND cmdline LIKE '%com.apple.alf%')
        OR (platform_binary = 0 AND team_id = '' AND (path LIKE '/tmp/%' OR path LIKE '/private/tmp/%' OR path LIKE '/private/var/tmp/%' OR path LIKE '/private/var/folders/%' OR path LIKE '/Users/Shared/%')));`,
      interval: 120,
      removed: false,
      table: 'es_process_events',
      description:
        'Programs that change accounts, protections and passwords, and unsigned ones from folders for everyone. Needs --disable_events=false --disable_endpointsecurity=false',
    },
    tools: {
      // One row for each user, tool and run: how often is no matter, and build scripts start these by the thousand.
      query:
        "SELECT MAX(time) AS time, event_type, pid, parent, path, cmdline, cwd, username, uid, euid, signing_id, team_id, cdhash, platform_binary FROM es_process_events WHERE event_type = 'exec' AND path IN ('/usr/bin/find', '/usr/bin/crontab', '/usr/sbin/screencapture', '/usr/bin/openssl', '/usr/bin/curl', '/usr/bin/killall', '/usr/bin/funzip', '/opt/homebrew/bin/wget', '/usr/local/bin/wget') GROUP BY username, path;",
      interval: 300,
      removed: false,
      table: 'es_process_events',
      description:
        'Tools of the system that intruders use together. Needs --disable_events=false --disable_endpointsecurity=false',
    },
  },
})
