import { isBelow } from '../../src/detect/reading/versions.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { OSQUERY_VERSIONS } from '../data/osquery-versions.ts'

export default rule({
  id: 'agent.outdated',
  title: 'osquery is outdated',
  severity: 'info',
  on: table('osquery_info'),
  // One alert for each version, not for each host: it is one piece of work.
  dedup: ({ columns }) => columns.version,
  dedupPeriod: '24h',
  detect: ({ columns, event }) => {
    const least = leastAt(event.p_event_time)
    return least !== null && isBelow(columns.version, least) === true
  },
  alertTitle: ({ host, columns, event }) =>
    `osquery ${columns.version} on ${host} is older than ${leastAt(event.p_event_time) ?? ''}`,
  context: ({ columns, event }) => ({ version: columns.version, least: leastAt(event.p_event_time) }),
  attack: [],
  means:
    'The agent lacks fixes that matter here: faults that lose lines, tables that rules rely on, or holes in osquery itself. It is a gap to close, no attack.',
  check: 'SELECT version, build_platform, build_distro, start_time FROM osquery_info;',
  benign: 'A rollout that has not reached every host yet; a host that was off for long.',
  runbook:
    'See how many hosts run this version and why: is it pinned, does the package source still work, is the host gone? Update them. Where a version must stay, write an exception with an end.',
  references: ['https://github.com/osquery/osquery/releases'],
  replaces: ['Osquery.OutdatedAgent'],
  tests: [
    {
      name: 'older than the floor of today',
      match: true,
      unixTime: 1_795_478_400,
      columns: { version: '5.10.2' },
      title: 'osquery 5.10.2 on test-host is older than 5.12.0',
      dedup: '5.10.2',
      severity: 'info',
      context: { version: '5.10.2', least: '5.12.0' },
    },
    { name: 'as numbers, not as text', match: true, unixTime: 1_795_478_400, columns: { version: '5.9.1' } },
    { name: 'at first sight', match: true, counter: '0', columns: { version: '4.5.1' } },
    { name: 'the floor itself', match: false, unixTime: 1_795_478_400, columns: { version: '5.12.0' } },
    { name: 'newer', match: false, unixTime: 1_795_478_400, columns: { version: '5.23.1' } },
    { name: 'a version to come', match: false, unixTime: 1_795_478_400, columns: { version: '6.0.0' } },
    { name: 'good in its time', match: false, unixTime: 1_700_000_000, columns: { version: '5.10.2' } },
    {
      name: 'before there was a floor',
      match: false,
      unixTime: 1_512_000_000,
      columns: { version: '2.10.2' },
    },
    { name: 'a build of one’s own', match: false, columns: { version: 'main-4f2a' } },
    { name: 'not selected', match: false, columns: { config_valid: '1' } },
    { name: 'updated', match: false, action: 'removed', columns: { version: '4.5.1' } },
  ],
})

/** The floor at a time in milliseconds, or null before the first. */
function leastAt(at: number): string | null {
  return OSQUERY_VERSIONS.floors.findLast(({ since }) => Date.parse(since) <= at)?.least ?? null
}
