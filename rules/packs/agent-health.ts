import { pack } from '../../src/detect/pack.ts'
import { OSQUERY_FLAGS } from '../data/osquery-flags.ts'

const FLAGS = [...OSQUERY_FLAGS.blinding, ...OSQUERY_FLAGS.logging].map(({ name }) => `'${name}'`).join(', ')

/** What costs visibility without falling silent: a bad configuration, queries given up, events that no longer come. */
export const agentHealth = pack({
  name: 'agent-health',
  description: 'Whether the agent sees what it should',
  queries: {
    agent: {
      query: 'SELECT version, config_valid, extensions, watcher, build_platform FROM osquery_info;',
      interval: 3600,
      removed: false,
      denylist: false,
      table: 'osquery_info',
      description: 'Version of the agent, and whether its configuration and watchdog work',
    },
    denied_queries: {
      // Up to 4.3 the column is called "blacklisted"; of such agents the status lines tell it (agent.loses-data).
      query: 'SELECT name, interval, denylisted FROM osquery_schedule WHERE denylisted = 1;',
      interval: 3600,
      version: '4.4.0',
      removed: false,
      denylist: false,
      table: 'osquery_schedule',
      description: 'Queries that the watchdog has taken out of the schedule',
    },
    subscribers: {
      // Without the count of events, which would make every row new at each run.
      query: "SELECT name, publisher, type, active FROM osquery_events WHERE type = 'subscriber';",
      interval: 3600,
      removed: false,
      denylist: false,
      table: 'osquery_events',
      description: 'Sources of events, and whether they work',
    },
    deaf_subscribers: {
      query:
        "SELECT e.name, e.publisher, e.active, e.events FROM osquery_events e CROSS JOIN osquery_info i CROSS JOIN time t WHERE e.type = 'subscriber' AND e.active = 1 AND e.events = 0 AND e.name IN ('process_events', 'bpf_process_events', 'es_process_events', 'process_etw_events') AND t.unix_time - i.start_time > 3600;",
      interval: 3600,
      removed: false,
      denylist: false,
      table: 'osquery_events',
      description: 'Sources of process events that have seen no process in an hour',
    },
    flags: {
      query: `SELECT name, value, default_value FROM osquery_flags WHERE name IN (${FLAGS});`,
      interval: 3600,
      removed: false,
      denylist: false,
      table: 'osquery_flags',
      description: 'Settings that decide what the agent sees and where it sends it',
    },
  },
})
