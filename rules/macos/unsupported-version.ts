import { compareVersions } from '../../src/detect/reading/versions.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { MACOS_VERSIONS } from '../data/macos-versions.ts'

export default rule({
  id: 'macos.unsupported-version',
  title: 'macOS gets no security updates any more',
  severity: 'low',
  on: table('os_version'),
  // One alert for each version, not for each Mac: it is one piece of work.
  dedup: ({ columns }) => columns.version,
  dedupPeriod: '24h',
  detect: ({ columns, platform, event }) =>
    (columns.platform || platform) === 'darwin' &&
    columns.version !== '' &&
    isEnded(columns.version, event.p_event_time),
  alertTitle: ({ host, columns }) => `macOS ${columns.version} on ${host} gets no security updates any more`,
  context: ({ columns }) => ({ version: columns.version, build: columns.build, name: columns.name }),
  attack: [],
  means:
    'Holes that are public and used against newer versions stay open on this Mac. Browsers and Apple’s own apps stop being mended first.',
  check: 'SELECT name, version, build, platform FROM os_version;',
  benign:
    'A Mac that can’t run a newer version and waits for its replacement; a test machine kept on purpose.',
  runbook:
    'Update the Mac, or replace it when it can’t be. Until then keep it off what matters: no admin work, no production keys. Where it must stay, write an exception with an end.',
  references: ['https://support.apple.com/100100'],
  replaces: ['Osquery.UnsupportedMacOS'],
  tests: [
    {
      name: 'its time was up years ago',
      match: true,
      unixTime: 1_795_478_400,
      columns: { platform: 'darwin', version: '10.15.7', build: '19H2026', name: 'macOS' },
      title: 'macOS 10.15.7 on test-host gets no security updates any more',
      dedup: '10.15.7',
      severity: 'low',
      context: { version: '10.15.7', build: '19H2026', name: 'macOS' },
    },
    {
      name: 'older than the list',
      match: true,
      unixTime: 1_795_478_400,
      columns: { platform: 'darwin', version: '10.9.5' },
    },
    {
      name: 'numbered anew',
      match: true,
      unixTime: 1_795_478_400,
      columns: { platform: 'darwin', version: '13.7.8' },
    },
    {
      name: 'at first sight',
      match: true,
      counter: '0',
      columns: { platform: 'darwin', version: '10.14.6' },
    },
    {
      name: 'a platform known from the enrollment',
      match: true,
      platform: 'darwin',
      columns: { version: '10.14.6' },
    },
    {
      name: 'a version that can’t be read, whenever',
      match: true,
      unixTime: 1_536_682_461,
      columns: { platform: 'darwin', version: 'Not Supported' },
    },
    {
      name: 'the year before last',
      match: false,
      unixTime: 1_795_478_400,
      columns: { platform: 'darwin', version: '15.7.2' },
    },
    {
      name: 'the latest',
      match: false,
      unixTime: 1_795_478_400,
      columns: { platform: 'darwin', version: '26.1' },
    },
    {
      name: 'supported in its time',
      match: false,
      unixTime: 1_600_000_000,
      columns: { platform: 'darwin', version: '10.15.2' },
    },
    {
      name: 'before the list',
      match: false,
      unixTime: 1_536_682_461,
      columns: { platform: 'darwin', version: '10.11.6' },
    },
    { name: 'Linux', match: false, columns: { platform: 'ubuntu', version: '10.04' } },
    { name: 'no version', match: false, columns: { platform: 'darwin' } },
    { name: 'updated', match: false, action: 'removed', columns: { platform: 'darwin', version: '10.14.6' } },
  ],
})

/** Whether the version was without updates at a time in milliseconds. What is no version can't be said to get any. */
function isEnded(version: string, at: number): boolean {
  const series = seriesOf(version)
  if (compareVersions(series, '0') === null) return true
  const last = MACOS_VERSIONS.ended.findLast(({ ended }) => Date.parse(ended) <= at)
  const order = last === undefined ? null : compareVersions(series, last.version)
  return order !== null && order <= 0
}

/** What gets updates together: `10.15` of `10.15.7`, and since 11 the first number alone. */
function seriesOf(version: string): string {
  const [major = '', minor] = version.split('.', 2)
  return major === '10' && minor !== undefined ? `10.${minor}` : major
}
