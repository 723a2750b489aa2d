import { bool } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'

interface Source {
  readonly base_uri?: string
  readonly baseurl?: string
  readonly mirrorlist?: string
  readonly metalink?: string
  readonly gpgcheck?: string
}

export default rule({
  id: 'linux.new-package-source',
  title: 'Packages come from a new place',
  severity: 'low',
  on: table('apt_sources', 'yum_sources'),
  attack: ['T1195.002'],
  initial: 'ignore',
  // A rollout adds one source on many hosts, and is one thing to look at.
  dedup: ({ columns }) => placeOf(columns),
  dedupPeriod: '24h',
  detect: ({ columns }) => placeOf(columns) !== '' && bool(columns.enabled ?? '') !== false,
  // Nobody vouches for what comes unsigned.
  dynamicSeverity: ({ columns }) => (bool(columns.gpgcheck ?? '') === false ? 'medium' : undefined),
  alertTitle: ({ host, columns }) => `${host} takes packages from ${placeOf(columns)}`,
  context: ({ host, columns }) => ({
    host,
    name: columns.name,
    place: placeOf(columns),
    gpgcheck: columns.gpgcheck,
  }),
  means:
    'Whoever runs this place can put programs with root rights onto the host at its next upgrade. An intruder adds one to come back, or to install what the distribution does not carry.',
  check:
    'SELECT name, source, base_uri, release FROM apt_sources; SELECT name, baseurl, enabled, gpgcheck, gpgkey FROM yum_sources;',
  benign:
    "Installing a vendor's product, an upgrade of the distribution (many sources at once), a new mirror.",
  runbook:
    'Do you know the place, and is it part of a product you use? If not: see who wrote the file (times, owner, /var/log/apt/history.log), what was installed from it, take it out, and look at the host as if that somebody were root.',
  references: ['https://attack.mitre.org/techniques/T1195/002/'],
  tests: [
    {
      name: 'a new source of apt',
      match: true,
      table: 'apt_sources',
      columns: {
        name: 'packages.example.com/debian stable main',
        source: '/etc/apt/sources.list.d/example.list',
        base_uri: 'https://packages.example.com/debian',
      },
      title: 'test-host takes packages from https://packages.example.com/debian',
      dedup: 'https://packages.example.com/debian',
      severity: 'low',
      context: {
        host: 'test-host',
        name: 'packages.example.com/debian stable main',
        place: 'https://packages.example.com/debian',
      },
    },
    {
      name: 'one of yum that checks no signature',
      match: true,
      table: 'yum_sources',
      columns: { name: 'extras', baseurl: 'http://192.0.2.9/rpm', enabled: '1', gpgcheck: '0' },
      severity: 'medium',
    },
    {
      name: 'one of yum that checks them',
      match: true,
      table: 'yum_sources',
      columns: { name: 'extras', mirrorlist: 'https://mirrors.example.com/l', enabled: '1', gpgcheck: '1' },
      severity: 'low',
      title: 'test-host takes packages from https://mirrors.example.com/l',
    },
    {
      name: 'was there at first sight',
      match: false,
      counter: '0',
      table: 'apt_sources',
      columns: { name: 'x', base_uri: 'https://packages.example.com/debian' },
    },
    {
      name: 'one that is switched off',
      match: false,
      table: 'yum_sources',
      columns: { name: 'x', baseurl: 'https://rpm.example.com', enabled: '0' },
    },
    { name: 'no place', match: false, table: 'apt_sources', columns: { name: 'x' } },
    {
      name: 'taken out',
      match: false,
      action: 'removed',
      table: 'apt_sources',
      columns: { name: 'x', base_uri: 'https://packages.example.com/debian' },
    },
  ],
})

function placeOf({ base_uri = '', baseurl = '', mirrorlist = '', metalink = '' }: Source): string {
  return base_uri || baseurl || mirrorlist || metalink
}
