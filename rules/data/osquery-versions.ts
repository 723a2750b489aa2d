/**
 * osquery's releases, by https://github.com/osquery/osquery/releases. Older than `least` an agent hammers a server that is
 * down (no backoff before 5.12.0) and mangles names that are not ASCII; since 5.12.0 its logger can be set by configuration.
 */
export const OSQUERY_VERSIONS = {
  checked: '2026-11-24',
  /** Oldest version to leave alone. */
  least: '5.12.0',
} as const
