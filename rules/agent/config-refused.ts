import { logType, rule } from '../../src/detect/rule.ts'

/** What osqueryd says of a config that it can't use (osquery/config/config.cpp); all of the config follows. */
const SIGN = 'updateSource failed to parse config'

export default rule({
  id: 'agent.config-refused',
  title: 'osquery refused the configuration it was given',
  severity: 'medium',
  on: logType('Osquery.Status'),
  attack: ['T1562.001'],
  dedupPeriod: '24h',
  detect: ({ event }) => event.message?.startsWith(SIGN) === true,
  alertTitle: ({ host }) => `osquery on ${host} refused the configuration it was given`,
  context: ({ event }) => ({ message: event.message?.slice(0, 500) }),
  means:
    'The agent got a configuration that it could not read and goes on with the one before, or, after a start, with none at all: then it runs no queries and every rule is blind on this host.',
  check: 'SELECT version, config_hash, config_valid, start_time FROM osquery_info;',
  benign: 'A mistake in a pack, and then on many hosts at once; a proxy that changes or cuts answers.',
  runbook:
    'Many hosts: take back the last change of packs or options. One host: what did it get? The message has the beginning of it: a page of a proxy or firewall is no configuration. An old version may not know what a new one does. If it is a file on the host, see who edited it.',
  references: ['https://osquery.readthedocs.io/en/stable/deployment/configuration/'],
  tests: [
    {
      name: 'a config that is no JSON',
      match: true,
      message: 'updateSource failed to parse config, of source: tls_plugin and content: {"schedule": ',
      title: 'osquery on test-host refused the configuration it was given',
      severity: 'medium',
      dedup: 'test-host-id',
      context: {
        message: 'updateSource failed to parse config, of source: tls_plugin and content: {"schedule": ',
      },
    },
    { name: 'an ordinary status line', match: false, message: 'Refreshing configuration state' },
    {
      name: 'another message that speaks of it',
      match: false,
      message: 'Executing scheduled query x: SELECT "updateSource failed to parse config"',
    },
    {
      name: 'a result that speaks of it',
      match: false,
      logType: 'Osquery.Differential',
      columns: { command: 'grep "updateSource failed to parse config" /var/log/osquery' },
    },
  ],
})
