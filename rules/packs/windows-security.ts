import { pack } from '../../src/detect/pack.ts'
import { SECURITY_SERVICES } from '../data/windows-security-services.ts'

/** As in windows-persistence: without `mtime`. */
const REGISTRY = 'SELECT key, path, name, type, data FROM registry WHERE'
const SOFTWARE = 'HKEY_LOCAL_MACHINE\\SOFTWARE'
const SYSTEM = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet'
const SERVICES = SECURITY_SERVICES.services.map(({ name }) => `'${name}'`).join(', ')

const CERTIFICATE =
  'c.common_name, c.subject, c.issuer, c.self_signed, c.not_valid_before, c.not_valid_after, c.sha1, c.path, c.store, c.store_location, c.username'
const ROOT_KEYS = [
  'Microsoft\\SystemCertificates\\ROOT\\Certificates',
  'Policies\\Microsoft\\SystemCertificates\\Root\\Certificates',
  'Microsoft\\EnterpriseCertificates\\Root\\Certificates',
]
  .map(key => `'${SOFTWARE}\\${key}'`)
  .join(', ')

/** What guards Windows, whether it is on, and who may do what. */
export const windowsSecurity = pack({
  name: 'windows-security',
  description: 'Protection, accounts and openings of Windows',
  platform: 'windows',
  queries: {
    security_services: {
      query: `SELECT name, display_name, status, start_type, win32_exit_code FROM services WHERE lower(name) IN (${SERVICES});`,
      interval: 300,
      removed: false,
      table: 'services',
      description: 'Services that guard the host or tell of it',
    },
    settings: {
      query: [
        `${REGISTRY} key IN ('${SOFTWARE}\\Microsoft\\Windows\\CurrentVersion\\Policies\\System') AND name IN ('EnableLUA', 'ConsentPromptBehaviorAdmin', 'LocalAccountTokenFilterPolicy')`,
        `${REGISTRY} key IN ('${SYSTEM}\\Control\\SecurityProviders\\WDigest') AND name = 'UseLogonCredential'`,
        `${REGISTRY} key IN ('${SYSTEM}\\Control\\Lsa') AND name IN ('RunAsPPL', 'LsaCfgFlags', 'NoLMHash', 'DisableRestrictedAdmin')`,
        `${REGISTRY} key IN ('${SYSTEM}\\Services\\LanmanServer\\Parameters') AND name = 'SMB1'`,
        `${REGISTRY} key IN ('${SYSTEM}\\Control\\Terminal Server', '${SYSTEM}\\Control\\Terminal Server\\WinStations\\RDP-Tcp', '${SOFTWARE}\\Policies\\Microsoft\\Windows NT\\Terminal Services') AND name IN ('fDenyTSConnections', 'UserAuthentication')`,
        `${REGISTRY} key IN ('${SOFTWARE}\\Policies\\Microsoft\\Windows Defender', '${SOFTWARE}\\Policies\\Microsoft\\Windows Defender\\Real-Time Protection', '${SOFTWARE}\\Microsoft\\Windows Defender\\Real-Time Protection') AND name LIKE 'Disable%'`,
        `${REGISTRY} key LIKE '${SOFTWARE}\\Policies\\Microsoft\\Windows\\PowerShell\\%' AND name LIKE 'Enable%'`,
        `${REGISTRY} key LIKE '${SOFTWARE}\\Policies\\Microsoft\\PowerShellCore\\%' AND name LIKE 'Enable%'`,
        `${REGISTRY} key = '${SOFTWARE}\\Microsoft\\Windows Script\\Settings' AND name = 'AmsiEnable'`,
        `${REGISTRY} key LIKE 'HKEY_USERS\\%\\Software\\Microsoft\\Windows Script\\Settings' AND name = 'AmsiEnable'`,
      ].join(' UNION ALL '),
      interval: 900,
      removed: false,
      table: 'registry',
      description: 'Settings that attackers weaken',
    },
    defender_exclusions: {
      query: `${REGISTRY} key LIKE '${SOFTWARE}\\Microsoft\\Windows Defender\\Exclusions\\%' AND type <> 'subkey' UNION ALL ${REGISTRY} key LIKE '${SOFTWARE}\\Policies\\Microsoft\\Windows Defender\\Exclusions\\%' AND type <> 'subkey';`,
      interval: 900,
      removed: false,
      table: 'registry',
      description: 'What Microsoft Defender does not look at',
    },
    bitlocker_info: {
      query:
        'SELECT device_id, drive_letter, conversion_status, protection_status, encryption_method FROM bitlocker_info;',
      interval: 3600,
      removed: false,
      table: 'bitlocker_info',
      description: 'Encryption of drives',
    },
    windows_security_center: {
      query:
        'SELECT firewall, autoupdate, antivirus, internet_settings, windows_security_center_service, user_account_control FROM windows_security_center;',
      interval: 900,
      removed: false,
      table: 'windows_security_center',
      description: 'What Windows thinks of its own protection',
    },
    secureboot: {
      query: 'SELECT secure_boot, setup_mode FROM secureboot;',
      interval: 86_400,
      removed: false,
      table: 'secureboot',
      description: 'Whether Windows starts only what is signed',
    },
    deviceguard_status: {
      query:
        'SELECT version, vbs_status, code_integrity_policy_enforcement_status, running_security_services FROM deviceguard_status;',
      interval: 86_400,
      removed: false,
      table: 'deviceguard_status',
      description: 'Virtualization-based security',
    },
    tpm_info: {
      query: 'SELECT activated, enabled, owned, manufacturer_name, spec_version FROM tpm_info;',
      interval: 86_400,
      removed: false,
      table: 'tpm_info',
      description: 'The chip that holds the keys of the disk',
    },
    root_certificates: {
      // What was put there: the table also shows, under Root, the roots that Windows fetches by itself, and shows to every
      // user those of the machine. The registry holds what a store really has.
      query: `SELECT ${CERTIFICATE} FROM certificates c WHERE c.self_signed = 1 AND c.store_location = 'LocalMachine' AND c.sha1 IN (SELECT name FROM registry WHERE key IN (${ROOT_KEYS}) AND type = 'subkey') UNION SELECT ${CERTIFICATE} FROM registry r JOIN certificates c ON c.sha1 = r.name WHERE r.key LIKE 'HKEY_USERS\\%\\Software\\Microsoft\\SystemCertificates\\Root\\Certificates' AND r.type = 'subkey' AND c.self_signed = 1 AND c.store_location = 'Users' AND c.sid <> '' AND r.key LIKE '%\\' || c.sid || '\\%';`,
      interval: 3600,
      removed: false,
      table: 'certificates',
      description: 'Root certificates that were put on this host, for all or for one user',
    },
    security_profile_info: {
      query:
        'SELECT enable_admin_account, enable_guest_account, new_guest_name, new_administrator_name FROM security_profile_info;',
      interval: 3600,
      version: '5.8.2',
      removed: false,
      table: 'security_profile_info',
      description: 'Whether Guest and Administrator are enabled',
    },
    local_admins: {
      query:
        'SELECT g.uid, g.gid, u.username, u.uuid, u.type FROM user_groups g LEFT JOIN users u USING (uid) WHERE g.gid = 544;',
      interval: 900,
      removed: false,
      table: 'user_groups',
      description: 'Members of Administrators',
    },
    shared_resources: {
      query: 'SELECT name, path, description, type FROM shared_resources;',
      interval: 900,
      removed: false,
      table: 'shared_resources',
      description: 'Folders that others reach over the network',
    },
    windows_firewall_rules: {
      query:
        "SELECT name, app_name, action, enabled, direction, protocol, local_ports, remote_addresses, service_name FROM windows_firewall_rules WHERE enabled = 1 AND direction LIKE 'In%';",
      interval: 3600,
      version: '5.2.3',
      removed: false,
      table: 'windows_firewall_rules',
      description: 'What the firewall lets in',
    },
    logon_sessions: {
      query:
        "SELECT user, logon_domain, logon_type, logon_time, logon_sid, authentication_package, logon_server FROM logon_sessions WHERE logon_type LIKE '%Interactive';",
      interval: 900,
      removed: false,
      table: 'logon_sessions',
      description: 'Who is logged on, at the keyboard and from afar',
    },
    drivers: {
      query:
        'SELECT device_id, device_name, image, description, service, version, inf, class, provider, manufacturer, signed FROM drivers WHERE signed = 0;',
      interval: 86_400,
      removed: false,
      table: 'drivers',
      description: 'Drivers of devices that nobody signed',
    },
  },
})
