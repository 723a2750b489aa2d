import { pack } from '../../src/detect/pack.ts'
import { ATTACK_TOOLS } from '../data/attack-tools.ts'
import { BAD_PACKAGES } from '../data/bad-packages.ts'
import { SECURITY_AGENTS } from '../data/security-agents.ts'

const TOOLS = quoted(ATTACK_TOOLS.packages)
const SECURITY = quoted(SECURITY_AGENTS.packages)

/** What is installed and where it comes from. Hosts are asked only for the names that matter, not for all they have. */
export const software = pack({
  name: 'software',
  description: 'Packages that do harm, that protect, and where packages come from',
  platform: 'posix',
  queries: {
    bad_python_packages: {
      // PyPI takes `_` and `.` for `-`.
      query: `SELECT name, version, path, directory FROM python_packages WHERE replace(replace(lower(name), '_', '-'), '.', '-') IN (${quoted(BAD_PACKAGES.python.keys())});`,
      interval: 21_600,
      removed: false,
      table: 'python_packages',
      description: 'Packages of PyPI that were made or taken over to do harm, in any version',
    },
    bad_npm_packages: {
      query: `SELECT name, version, path, directory FROM npm_packages WHERE name IN (${quoted(BAD_PACKAGES.npm.keys())});`,
      interval: 21_600,
      removed: false,
      table: 'npm_packages',
      description: 'Packages of npm that were made or taken over to do harm, in any version',
    },
    deb_attack_tools: {
      query: `SELECT name, version, status FROM deb_packages WHERE name IN (${TOOLS});`,
      interval: 21_600,
      platform: 'linux',
      removed: false,
      table: 'deb_packages',
      description: 'Packages made for breaking in',
    },
    rpm_attack_tools: {
      query: `SELECT name, version, vendor, install_time FROM rpm_packages WHERE name IN (${TOOLS});`,
      interval: 21_600,
      platform: 'linux',
      removed: false,
      table: 'rpm_packages',
      description: 'Packages made for breaking in',
    },
    homebrew_attack_tools: {
      query: `SELECT name, version, path FROM homebrew_packages WHERE name IN (${TOOLS});`,
      interval: 21_600,
      platform: 'darwin',
      removed: false,
      table: 'homebrew_packages',
      description: 'Packages made for breaking in',
    },
    // Without versions: an upgrade must not look like a removal.
    deb_security_packages: {
      query: `SELECT name, 'deb' AS kind FROM deb_packages WHERE status LIKE '% ok installed' AND name IN (${SECURITY});`,
      interval: 900,
      platform: 'linux',
      description: 'Packages that watch or protect the host',
    },
    rpm_security_packages: {
      query: `SELECT DISTINCT name, 'rpm' AS kind FROM rpm_packages WHERE name IN (${SECURITY});`,
      interval: 900,
      platform: 'linux',
      description: 'Packages that watch or protect the host',
    },
    apt_sources: {
      query: 'SELECT DISTINCT name, source, base_uri, release FROM apt_sources;',
      interval: 3600,
      platform: 'linux',
      removed: false,
      table: 'apt_sources',
      description: 'Where packages of Debian and Ubuntu come from',
    },
    yum_sources: {
      query: 'SELECT name, baseurl, mirrorlist, metalink, enabled, gpgcheck FROM yum_sources;',
      interval: 3600,
      platform: 'linux',
      removed: false,
      table: 'yum_sources',
      description: 'Where packages of Red Hat and its kin come from',
    },
  },
})

function quoted(names: Iterable<string>): string {
  return Array.from(names, name => `'${name}'`).join(', ')
}
