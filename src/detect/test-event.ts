import {
  type HostFacts,
  type HostId,
  LOG_TYPES,
  type LogType,
  type OsqueryEvent,
  type Row,
  type RowId,
} from './event.ts'
import { rowOf } from './rows.ts'
import type { Rule } from './rule.ts'
import type { RuleTest } from './rule-test.ts'

/** Event time of test cases that name none: 2023-11-14 22:13:20 UTC. */
const TEST_TIME_SECONDS = 1_700_000_000

/** The host of a test case: `test-host`, with the id `test-host-id`. */
export function hostOf(test: RuleTest<Row>): HostFacts {
  const { host = 'test-host', platform = '', hostTags = [] } = test
  return { id: TEST_HOST_ID, name: host, platform, tags: hostTags }
}

/** Every host of a test has this id; test cases may expect it in a dedup string. */
const TEST_HOST_ID = 'test-host-id' as HostId // A brand is only a promise, made here.

/** The event of a test case: one that the rule's selector picks, changed by what the test says. */
export function eventOf(rule: Rule, test: RuleTest<Row>): OsqueryEvent {
  const status = test.message !== undefined || test.statusSeverity !== undefined
  const { query, pack, table, logType, action } = { ...selected(rule, status), ...given(test) }
  const at = (test.unixTime ?? TEST_TIME_SECONDS) * 1000
  return {
    name: status ? '' : pack === '' ? query : `pack_${pack}_${query}`,
    hostIdentifier: test.host ?? 'test-host',
    calendarTime: new Date(at).toUTCString(),
    unixTime: at / 1000,
    epoch: status ? '' : '0',
    counter: status ? '' : (test.counter ?? '1'),
    action,
    columns: status ? null : rowOf(table, test.columns ?? {}),
    decorations: rowOf('', test.decorations ?? {}),
    ...(status && {
      severity: test.statusSeverity ?? 1,
      message: test.message ?? '',
      filename: '',
      line: 0,
      version: '',
    }),
    extra: rowOf('', {}),
    p_log_type: logType,
    p_row_id: 'test-row-id' as RowId, // As above.
    p_event_time: at,
    p_parse_time: at,
    p_host_id: TEST_HOST_ID,
    p_pack: pack,
    p_query: query,
    p_table: table,
    p_flags: [],
    ...NO_INDICATORS,
  }
}

const NO_INDICATORS = {
  p_any_ip_addresses: [],
  p_any_domain_names: [],
  p_any_md5_hashes: [],
  p_any_sha1_hashes: [],
  p_any_sha256_hashes: [],
  p_any_usernames: [],
  p_any_emails: [],
  p_any_urls: [],
  p_any_mac_addresses: [],
} as const satisfies Partial<OsqueryEvent>

interface Place {
  readonly query: string
  readonly pack: string
  readonly table: string
  readonly logType: LogType
  readonly action: string
}

/** Where the rule's own selector and actions put an event. */
function selected({ on, actions }: Rule, status: boolean): Place {
  const [name = ''] = on.names
  const action = status ? '' : (actions?.[0] ?? 'added')
  const logType = action === 'snapshot' ? 'Osquery.Snapshot' : 'Osquery.Differential'
  const place: Place = {
    query: on.kind === 'query' || on.kind === 'table' ? name : 'a_query',
    pack: on.kind === 'pack' ? name : (on.served?.pack ?? ''),
    table: on.kind === 'table' ? name : '',
    logType: LOG_TYPES.find(known => known === name) ?? logType,
    action,
  }
  return status ? { ...place, query: '', logType: 'Osquery.Status' } : place
}

/** What the test case says of the place, without what it leaves out. */
function given({ query, pack, table, logType, action }: RuleTest<Row>): Partial<Place> {
  return {
    ...(query !== undefined && { query }),
    ...(pack !== undefined && { pack }),
    ...(table !== undefined && { table }),
    ...(logType !== undefined && { logType }),
    ...(action !== undefined && { action }),
  }
}
