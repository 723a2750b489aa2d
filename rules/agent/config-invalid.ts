import { bool } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'agent.config-invalid',
  title: 'osquery runs without a valid configuration',
  severity: 'medium',
  on: table('osquery_info'),
  attack: ['T1562.001'],
  dedupPeriod: '24h',
  detect: ({ columns }) => bool(columns.config_valid) === false,
  alertTitle: ({ host, columns }) =>
    `osquery ${columns.version} on ${host} runs without a valid configuration`,
  context: ({ columns }) => ({ version: columns.version, extensions: columns.extensions }),
  means:
    'The agent could not use the configuration it was last given. It goes on with an older one or with none, so queries that were added since do not run there, and the rules that need them see nothing of this host.',
  check: 'SELECT version, config_hash, config_valid, start_time, extensions FROM osquery_info;',
  benign: 'A mistake in a pack or in an option, and then on many hosts at once; a full disk.',
  runbook:
    'Many hosts: look at the last change of packs and options and take it back. One host: read its status lines (updateSource failed to parse config), check the disk, restart osqueryd. If somebody edited the flags or files of osquery on the host, find out who.',
  references: ['https://osquery.readthedocs.io/en/stable/deployment/configuration/'],
  tests: [
    {
      name: 'a configuration that was refused',
      match: true,
      columns: { version: '5.23.1', config_valid: '0', extensions: 'active' },
      title: 'osquery 5.23.1 on test-host runs without a valid configuration',
      severity: 'medium',
      dedup: 'test-host-id',
      context: { version: '5.23.1', extensions: 'active' },
    },
    { name: 'at first sight', match: true, counter: '0', columns: { config_valid: '0' } },
    { name: 'a valid one', match: false, columns: { version: '5.23.1', config_valid: '1' } },
    { name: 'not selected', match: false, columns: { version: '5.23.1' } },
    { name: 'mended', match: false, action: 'removed', columns: { config_valid: '0' } },
  ],
})
