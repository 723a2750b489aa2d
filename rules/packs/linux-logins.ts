import { pack } from '../../src/detect/pack.ts'

/**
 * Logins as the kernel's audit tells them, which takes the audit connection from auditd: only for hosts that carry the tag.
 */
export const linuxLogins = pack({
  name: 'linux-logins',
  description: 'Attempts to log in, by the kernel’s audit',
  platform: 'linux',
  tags: ['audit'],
  flags: { disable_audit: false, audit_allow_config: true, audit_allow_user_events: true },
  queries: {
    user_events: {
      query:
        "SELECT uid, auid, pid, type, message, path, address, terminal, time FROM user_events WHERE type IN (1100, 1105, 1109, 1112) AND address NOT IN ('', '?');",
      interval: 60,
      removed: false,
      table: 'user_events',
      description:
        'Passwords asked for and sessions opened over the network. Needs disable_audit=false, audit_allow_user_events',
    },
  },
})
