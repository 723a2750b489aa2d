import { pack } from '../../src/detect/pack.ts'

/** What every host should have: versions that are mended, protections that are on. Cheap, and rarely new. */
export const posture = pack({
  name: 'posture',
  description: 'Versions and protections',
  queries: {
    os_version: {
      query: 'SELECT name, version, build, platform FROM os_version;',
      interval: 3600,
      platform: 'darwin',
      removed: false,
      table: 'os_version',
      description: 'Version of macOS',
    },
    alf: {
      query:
        'SELECT global_state, stealth_enabled, logging_enabled, allow_signed_enabled, firewall_unload, version FROM alf;',
      interval: 3600,
      platform: 'darwin',
      removed: false,
      table: 'alf',
      description: 'State of the application firewall',
    },
    software_update: {
      query:
        "SELECT DISTINCT domain, key, value, forced, path FROM preferences WHERE domain = 'com.apple.SoftwareUpdate' AND key IN ('AutomaticCheckEnabled', 'CriticalUpdateInstall', 'ConfigDataInstall');",
      interval: 3600,
      platform: 'darwin',
      removed: false,
      table: 'preferences',
      description: 'Whether macOS updates itself',
    },
    deb_xz: {
      query: "SELECT name, version, status FROM deb_packages WHERE name LIKE 'xz%' OR name LIKE 'liblzma%';",
      interval: 21_600,
      platform: 'linux',
      removed: false,
      table: 'deb_packages',
      description: 'Packages of XZ Utils',
    },
    rpm_xz: {
      query:
        "SELECT name, version, release, epoch FROM rpm_packages WHERE name LIKE 'xz%' OR name LIKE 'liblzma%';",
      interval: 21_600,
      platform: 'linux',
      removed: false,
      table: 'rpm_packages',
      description: 'Packages of XZ Utils',
    },
    homebrew_xz: {
      query: "SELECT name, version, path FROM homebrew_packages WHERE name = 'xz';",
      interval: 21_600,
      platform: 'darwin',
      removed: false,
      table: 'homebrew_packages',
      description: 'Packages of XZ Utils',
    },
  },
})
