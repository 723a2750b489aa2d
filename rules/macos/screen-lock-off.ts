import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'macos.screen-lock-off',
  title: 'Screen lock is off',
  severity: 'low',
  on: table('screenlock'),
  attack: [],
  means:
    'The Mac asks for no password after it slept: whoever opens it is its user. A matter of policy rather than an attack.',
  check: 'SELECT enabled, grace_period FROM screenlock;',
  benign:
    'Displays and meeting rooms. osquery answers for the session it runs in only, so many Macs never tell.',
  detect: ({ columns }) => columns.enabled === '0' || columns.grace_period === '-1',
  dynamicSeverity: ({ event }) => (event.counter === '0' ? 'info' : undefined),
  alertTitle: ({ host }) => `Screen lock is off on ${host}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({ enabled: columns.enabled, gracePeriod: columns.grace_period }),
  runbook:
    'Set it by a profile of the device management. If a profile sets it already, find out why this Mac lost it.',
  references: ['https://support.apple.com/guide/mac-help/mchlp2270/mac'],
  tests: [
    {
      name: 'switched off',
      match: true,
      columns: { enabled: '0', grace_period: '-1' },
      title: 'Screen lock is off on test-host',
      severity: 'low',
      context: { enabled: '0', gracePeriod: '-1' },
    },
    { name: 'never asks', match: true, columns: { enabled: '1', grace_period: '-1' } },
    {
      name: 'was off before anyone looked',
      match: true,
      counter: '0',
      columns: { enabled: '0' },
      severity: 'info',
    },
    { name: 'at once', match: false, columns: { enabled: '1', grace_period: '0' } },
    { name: 'after a while', match: false, columns: { enabled: '1', grace_period: '300' } },
    { name: 'not selected', match: false, columns: {} },
    { name: 'it was off', match: false, action: 'removed', columns: { enabled: '0' } },
  ],
})
