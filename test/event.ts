import type { HostId, OsqueryEvent, RowId } from '../src/detect/event.ts'

/** An ordinary event of a differential query, for tests that don't care how it was made. */
export function eventOf(overrides: Partial<OsqueryEvent> = {}): OsqueryEvent {
  return {
    name: 'pack/incident-response/crontab',
    hostIdentifier: 'web-1.example.com',
    calendarTime: 'Tue Nov 24 11:59:58 2026 UTC',
    unixTime: 1_795_521_598,
    epoch: '0',
    counter: '1',
    action: 'added',
    columns: { command: '/usr/bin/true' },
    decorations: {},
    extra: {},
    p_log_type: 'Osquery.Differential',
    p_row_id: '0000000000000-0' as RowId, // a test that stores the event gives it an id of its own
    p_event_time: 1_795_521_598_000,
    p_parse_time: 1_795_521_600_000,
    p_host_id: 'host-1' as HostId, // any text is a host id to code below the agent routes
    p_pack: 'incident-response',
    p_query: 'crontab',
    p_table: 'crontab',
    p_flags: [],
    p_any_ip_addresses: [],
    p_any_domain_names: [],
    p_any_md5_hashes: [],
    p_any_sha1_hashes: [],
    p_any_sha256_hashes: [],
    p_any_usernames: [],
    p_any_emails: [],
    p_any_urls: [],
    p_any_mac_addresses: [],
    ...overrides,
  }
}
