import { effectiveVersion, inRange } from '../../src/detect/reading/versions.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { XZ_VERSIONS } from '../data/xz-versions.ts'

/** Packages made from the sources of XZ Utils; `liblzma5`, `liblzma-dev`, `liblzma.so` begin alike. */
const NAME = /^(?:xz|xz-utils|xz-libs|xz-devel|xz-static|liblzma.*)$/

export default rule({
  id: 'posix.xz-backdoor',
  title: 'XZ Utils with the backdoor of 2024 is installed',
  severity: 'high',
  on: table('deb_packages', 'rpm_packages', 'homebrew_packages'),
  attack: ['T1195.002', 'T1554'],
  dedupPeriod: '24h',
  detect: ({ columns }) => NAME.test(columns.name) && isBackdoored(columns.version),
  // The backdoor was only put into packages for Debian and Red Hat and their kin.
  dynamicSeverity: ({ table: from }) => (from === 'homebrew_packages' ? 'low' : undefined),
  alertTitle: ({ host, columns }) =>
    `${columns.name} ${columns.version} on ${host} holds the backdoor CVE-2024-3094`,
  context: ({ columns, table: from }) => ({ package: columns.name, version: columns.version, from }),
  means:
    'These releases carry code that sshd loads by way of systemd: whoever holds the key of the attackers runs commands as root before logging in. The host was open since the package was installed and sshd restarted.',
  check:
    "SELECT name, version, revision, status FROM deb_packages WHERE name LIKE '%lzma%' OR name LIKE 'xz%'; SELECT name, version, release, install_time FROM rpm_packages WHERE name LIKE 'xz%';",
  benign: 'A rolling distribution of spring 2024 that was never updated; an image kept for research.',
  runbook:
    'Take the host off the internet, or at least close SSH. Update or go back to a clean version and restart sshd. If SSH was open to the internet while the version was there, rebuild the host and change every secret it held: the backdoor leaves nothing in the logs.',
  references: ['https://nvd.nist.gov/vuln/detail/CVE-2024-3094', 'https://tukaani.org/xz-backdoor/'],
  replaces: ['Osquery.Linux.Mac.VulnerableXZliblzma'],
  tests: [
    {
      name: 'of Debian',
      match: true,
      columns: { name: 'liblzma5', version: '5.6.1-1' },
      title: 'liblzma5 5.6.1-1 on test-host holds the backdoor CVE-2024-3094',
      dedup: 'test-host-id',
      severity: 'high',
      context: { package: 'liblzma5', version: '5.6.1-1', from: 'deb_packages' },
    },
    { name: 'of Fedora', match: true, table: 'rpm_packages', columns: { name: 'xz-libs', version: '5.6.0' } },
    {
      name: 'with an epoch',
      match: true,
      table: 'rpm_packages',
      columns: { name: 'xz', version: '1:5.6.0-1' },
    },
    {
      name: 'of Homebrew',
      match: true,
      table: 'homebrew_packages',
      columns: { name: 'xz', version: '5.6.1' },
      severity: 'low',
    },
    {
      name: 'was there before anyone looked',
      match: true,
      counter: '0',
      columns: { name: 'xz-utils', version: '5.6.0-0.2' },
    },
    {
      name: 'Debian’s way back',
      match: false,
      columns: { name: 'xz-utils', version: '5.6.1+really5.4.5-1' },
    },
    {
      name: 'Ubuntu’s way back',
      match: false,
      columns: { name: 'xz-utils', version: '5.6.1+really5.4.5-1ubuntu0.2' },
    },
    {
      name: 'openSUSE’s way back',
      match: false,
      table: 'rpm_packages',
      columns: { name: 'xz', version: '5.6.1.revertto5.4' },
    },
    { name: 'the version before', match: false, columns: { name: 'xz-utils', version: '5.4.6-1' } },
    { name: 'the version after', match: false, columns: { name: 'xz-utils', version: '5.6.2-1' } },
    { name: 'a version that begins alike', match: false, columns: { name: 'xz-utils', version: '5.6.10-1' } },
    {
      name: 'another package of this version',
      match: false,
      columns: { name: 'libxml2', version: '5.6.1-1' },
    },
    { name: 'a name that begins alike', match: false, columns: { name: 'xzgv', version: '5.6.1-1' } },
    { name: 'taken out', match: false, action: 'removed', columns: { name: 'xz-utils', version: '5.6.1-1' } },
  ],
})

function isBackdoored(version: string): boolean {
  return inRange(effectiveVersion(version), { from: XZ_VERSIONS.from, to: XZ_VERSIONS.to }) === true
}
