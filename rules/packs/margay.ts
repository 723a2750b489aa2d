import { pack } from '../../src/detect/pack.ts'

/** What Margay itself needs to know of its hosts. */
export const margay = pack({
  name: 'margay',
  description: 'Signs of life',
  queries: {
    // How often it ran before numbers the pulses, so that one that is lost leaves a hole. The id of the config that a host
    // runs is written into the query when the config is compiled (src/agent/config.ts).
    // A snapshot is sent at every run, changed or not: with osquery's defaults a healthy host with nothing new is silent.
    heartbeat: {
      query:
        "SELECT u.total_seconds AS uptime_seconds, i.version, i.config_hash, i.config_valid, i.start_time, s.executions AS pulse_number, '' AS config_id FROM osquery_info i CROSS JOIN uptime u LEFT JOIN osquery_schedule s ON s.name = 'pack_margay_heartbeat';",
      interval: 300,
      snapshot: true,
      denylist: false,
      table: 'osquery_info',
      description:
        'A pulse through the way that results take, and whether the host runs the configuration it was given',
    },
  },
})
