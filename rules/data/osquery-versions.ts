/**
 * Oldest versions of osquery to leave alone, by https://github.com/osquery/osquery/releases. An event is judged by the floor
 * of its own day, so that old logs are not measured by today's.
 *
 * - 3.2.0: the stable series of 2018
 * - 4.6.0: mends CVE-2020-26273 (SQL of a query could write files)
 * - 5.12.0: before it an agent hammers a server that is down (no backoff) and mangles names that are not ASCII
 */
export const OSQUERY_VERSIONS = {
  checked: '2026-11-24',
  /** The latest last. `since`: first day (UTC) of the floor. */
  floors: [
    { since: '2018-07-01', least: '3.2.0' },
    { since: '2021-07-01', least: '4.6.0' },
    { since: '2026-01-01', least: '5.12.0' },
  ],
} as const
