import { pack } from '../../src/detect/pack.ts'

/** Whether the protections of a Mac are on, and what was given power over it. All are small tables. */
export const macosSecurity = pack({
  name: 'macos-security',
  description: 'Protections of macOS, and what has power over them',
  platform: 'darwin',
  queries: {
    sip_config: {
      query: 'SELECT config_flag, enabled, enabled_nvram FROM sip_config;',
      interval: 3600,
      table: 'sip_config',
      description: 'System Integrity Protection',
    },
    gatekeeper: {
      // The version changes with every update of its lists.
      query: 'SELECT assessments_enabled, dev_id_enabled FROM gatekeeper;',
      interval: 3600,
      table: 'gatekeeper',
      description: 'Whether downloaded programs are checked. osquery up to 5.21 reads it as on from macOS 15',
    },
    disk_encryption: {
      // FileVault is one state of the Mac, told with each volume.
      query:
        "SELECT filevault_status, MAX(encrypted) AS encrypted FROM disk_encryption WHERE filevault_status <> '' GROUP BY filevault_status;",
      interval: 21_600,
      table: 'disk_encryption',
      description: 'FileVault',
    },
    screenlock: {
      query: 'SELECT enabled, grace_period FROM screenlock;',
      interval: 21_600,
      table: 'screenlock',
      description: 'Password after sleep, as far as osqueryd can see it: it answers for its own session only',
    },
    alf_exceptions: {
      query: 'SELECT path, state FROM alf_exceptions;',
      interval: 3600,
      table: 'alf_exceptions',
      description: 'Programs that the firewall lets be reached, or not',
    },
    alf_explicit_auths: {
      query: 'SELECT process FROM alf_explicit_auths;',
      interval: 3600,
      table: 'alf_explicit_auths',
      description: 'Programs that the firewall lets be reached by name; empty since macOS 15',
    },
    kernel_extensions: {
      // Without version, size and index, which change with every update and start.
      query:
        "SELECT DISTINCT name, path FROM kernel_extensions WHERE path NOT LIKE '/System/%' AND name <> '__kernel__';",
      interval: 3600,
      removed: false,
      table: 'kernel_extensions',
      description: 'Kernel extensions that are not part of macOS',
    },
    system_extensions: {
      query:
        "SELECT DISTINCT identifier, team, category, state, mdm_managed FROM system_extensions WHERE state = 'activated_enabled';",
      interval: 3600,
      removed: false,
      table: 'system_extensions',
      description: 'System extensions at work',
    },
    keyboard_taps: {
      query:
        "SELECT DISTINCT t.enabled, t.event_tapped, p.name, p.path, s.identifier, s.authority, s.team_identifier FROM event_taps t JOIN processes p ON p.pid = t.tapping_process LEFT JOIN signature s ON s.path = p.path AND s.hash_resources = 0 WHERE t.enabled = 1 AND t.event_tapped IN ('EventKeyDown', 'EventKeyUp');",
      interval: 900,
      removed: false,
      table: 'event_taps',
      description: 'Programs that are told of every key, and who signed them',
    },
    root_certificates: {
      // Only this keychain: reading those of users is dear, and older versions of osquery can damage them on macOS 26.
      query:
        "SELECT common_name, subject, issuer, ca, self_signed, not_valid_before, not_valid_after, sha1, path FROM certificates WHERE path = '/Library/Keychains/System.keychain' AND ca = 1 AND self_signed = 1;",
      interval: 3600,
      removed: false,
      table: 'certificates',
      description: 'Root certificates that were added to the Mac',
    },
    insecure_updates: {
      query:
        "SELECT p.key, p.value, p.path FROM apps a CROSS JOIN plist p WHERE p.path = a.path || '/Contents/Info.plist' AND p.key = 'SUFeedURL' AND p.value LIKE 'http://%';",
      interval: 86_400,
      removed: false,
      table: 'plist',
      description: 'Apps that look for updates without encryption',
    },
    apps: {
      query: 'SELECT DISTINCT name, bundle_identifier, path FROM apps;',
      interval: 21_600,
      removed: false,
      table: 'apps',
      description: 'Apps, without their versions',
    },
  },
})
