import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'macos.gatekeeper-off',
  title: 'Gatekeeper is off',
  severity: 'high',
  on: table('gatekeeper'),
  attack: ['T1553.001'],
  means:
    'macOS no longer checks who signed a downloaded program and whether Apple has seen it: a double click on anything runs it. Switching it off is a step of malware, and of guides to pirated software.',
  check: 'SELECT assessments_enabled, dev_id_enabled, version FROM gatekeeper;',
  benign:
    'A developer or power user who wants no questions. Seen on the first look at a host it is rated lower. From macOS 15, osquery up to 5.21 reads it as on, so silence proves nothing there.',
  // dev_id_enabled 0 allows the App Store only, which is stricter: no finding.
  detect: ({ columns }) => columns.assessments_enabled === '0',
  dynamicSeverity: ({ event }) => (event.counter === '0' ? 'low' : undefined),
  alertTitle: ({ host }) => `Gatekeeper is off on ${host}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({ assessmentsEnabled: columns.assessments_enabled }),
  runbook:
    'Ask the user whether they did it. If not, look at what was downloaded and started shortly before (quarantine events, shell_history). Switch it on again with spctl --global-enable, or better by a profile that users can’t change.',
  references: ['https://attack.mitre.org/techniques/T1553/001/'],
  tests: [
    {
      name: 'switched off',
      match: true,
      columns: { assessments_enabled: '0', dev_id_enabled: '0' },
      title: 'Gatekeeper is off on test-host',
      severity: 'high',
      context: { assessmentsEnabled: '0' },
    },
    {
      name: 'was off before anyone looked',
      match: true,
      counter: '0',
      columns: { assessments_enabled: '0' },
      severity: 'low',
    },
    { name: 'on', match: false, columns: { assessments_enabled: '1', dev_id_enabled: '1' } },
    {
      name: 'the App Store only',
      match: false,
      columns: { assessments_enabled: '1', dev_id_enabled: '0' },
    },
    { name: 'not selected', match: false, columns: { version: '8.0' } },
    { name: 'it was off', match: false, action: 'removed', columns: { assessments_enabled: '0' } },
  ],
})
