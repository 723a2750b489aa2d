import { pack } from '../../src/detect/pack.ts'
import { SUSPECT_PROGRAMS } from '../data/suspect-programs.ts'

const START =
  's.pid, s.path, s.cmdline, s.cwd, s.parent, s.uid, s.time, s.eid, p.path AS parent_path, p.name AS parent_name'

/**
 * Programs as they start: of the thousands an hour only those that a rule may have a word to say about, chosen on the host
 * by what stands in their path and command line. process-events.test.ts holds the choice to the rules' own tests.
 *
 * Linux: `--disable_events=false --disable_audit=false --audit_allow_process_events=true`; auditd must not run beside
 * osquery, which then gets its events. macOS: `--disable_endpointsecurity=false` and Full Disk Access. Hosts without the
 * flags answer with no rows; of them the query "running" tells what still runs at the time.
 */
export const processEvents = pack({
  name: 'process-events',
  description: 'Programs that start, where attacks show',
  platform: 'posix',
  version: '5.0.0',
  queries: {
    process_events: {
      query: `SELECT ${START}, s.euid, s.auid, s.mode, s.cmdline_size, s.syscall FROM process_events s LEFT JOIN processes p ON p.pid = s.parent WHERE ${suspect('s', 'p')} OR s.cmdline_size > 3500;`,
      interval: 120,
      platform: 'linux',
      removed: false,
      table: 'process_events',
      description: 'Needs --disable_audit=false --audit_allow_process_events=true',
    },
    bpf_process_events: {
      query: `SELECT ${START}, s.syscall FROM bpf_process_events s LEFT JOIN processes p ON p.pid = s.parent WHERE ${suspect('s', 'p')};`,
      interval: 120,
      platform: 'linux',
      removed: false,
      table: 'bpf_process_events',
      description: 'Of agents up to 5.23, with --enable_bpf_events',
    },
    es_process_events: {
      query: `SELECT ${START}, s.euid, s.username, s.event_type, s.signing_id, s.team_id, s.platform_binary FROM es_process_events s LEFT JOIN processes p ON p.pid = s.parent WHERE s.event_type = 'exec' AND (${suspect('s', 'p')});`,
      interval: 120,
      platform: 'darwin',
      removed: false,
      table: 'es_process_events',
      description: 'Needs --disable_endpointsecurity=false and Full Disk Access',
    },
    running: {
      query: `SELECT s.pid, s.name, s.path, s.cmdline, s.cwd, s.uid, s.euid, s.parent, s.on_disk, s.start_time, p.path AS parent_path, p.name AS parent_name FROM processes s LEFT JOIN processes p ON p.pid = s.parent WHERE ${suspect('s', 'p')};`,
      interval: 300,
      removed: false,
      table: 'processes',
      description: 'The same choice of the programs that run right now, for hosts without events',
    },
  },
})

/** SQL that is true of a program worth a look. LIKE of SQLite does not tell case, and takes `_` for any character. */
function suspect(program: string, parent: string): string {
  const { words, folders, programs, servers, askedByServers } = SUSPECT_PROGRAMS
  const any = (column: string, patterns: readonly string[]) =>
    patterns.map(pattern => `${column} LIKE '${pattern}'`).join(' OR ')
  return [
    any(
      `${program}.cmdline`,
      words.map(word => `%${word}%`),
    ),
    any(`${program}.path`, [...folders.map(folder => `${folder}/%`), ...programs.map(name => `%/${name}`)]),
    `(${program}.path LIKE '%/.%' AND NOT (${any(`${program}.path`, ['/home/%', '/Users/%', '/root/%', '/opt/%'])}))`,
    `((${any(
      `${parent}.name`,
      servers.map(name => `${name}%`),
    )}) AND (${any(
      `${program}.path`,
      askedByServers.map(name => `%/${name}`),
    )}))`,
  ].join(' OR ')
}
