import { rule, table } from '../../src/detect/rule.ts'

/** Of `Good`, `Poor`, `Snoozed`, `Not Monitored`, `Error` and `Unknown` (a server has no Security Center) those that are news. */
const BAD = new Set(['poor', 'snoozed', 'not monitored'])

export default rule({
  id: 'windows.security-center-warns',
  title: 'Windows says that its antivirus or firewall is down',
  severity: 'medium',
  on: table('windows_security_center'),
  attack: ['T1562.001', 'T1562.004'],
  means:
    'The Security Center of Windows no longer holds antivirus or firewall for good: off, out of date, or no longer watched. Attackers turn them off; so do failing updates.',
  check: 'SELECT type, name, state, signatures_up_to_date FROM windows_security_products;',
  benign:
    'An antivirus that is being updated or replaced, signatures that are late after a holiday, the minutes after a start. What was so when the host came is not told.',
  runbook:
    'Which product is it, and is it off or only out of date (check)? Off, and nobody replaces it: look at who was logged on and what ran, turn it on, and scan.',
  references: ['https://attack.mitre.org/techniques/T1562/001/'],
  initial: 'ignore',
  detect: ({ columns }) => down(columns).length > 0,
  alertTitle: ({ host, columns }) => `Windows on ${host} warns of ${down(columns).join(' and ')}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    antivirus: columns.antivirus,
    firewall: columns.firewall,
    uac: columns.user_account_control,
  }),
  tests: [
    {
      name: 'no antivirus',
      match: true,
      columns: { antivirus: 'Poor', firewall: 'Good', user_account_control: 'Good' },
      title: 'Windows on test-host warns of antivirus Poor',
      dedup: 'test-host-id',
      severity: 'medium',
    },
    {
      name: 'antivirus and firewall',
      match: true,
      columns: { antivirus: 'Snoozed', firewall: 'Not Monitored' },
      title: 'Windows on test-host warns of antivirus Snoozed and firewall Not Monitored',
    },
    {
      name: 'so when the host came',
      match: false,
      counter: '0',
      columns: { antivirus: 'Poor', firewall: 'Good' },
    },
    { name: 'all is well', match: false, columns: { antivirus: 'Good', firewall: 'Good' } },
    { name: 'a server', match: false, columns: { antivirus: 'Error', firewall: 'Error' } },
    {
      name: 'updates only',
      match: false,
      columns: { antivirus: 'Good', firewall: 'Good', autoupdate: 'Poor' },
    },
    { name: 'well again', match: false, action: 'removed', columns: { antivirus: 'Poor', firewall: 'Good' } },
  ],
})

function down({
  antivirus,
  firewall,
}: {
  readonly antivirus: string
  readonly firewall: string
}): readonly string[] {
  const parts = [
    ['antivirus', antivirus],
    ['firewall', firewall],
  ] as const
  return parts.flatMap(([part, health]) => (BAD.has(health.toLowerCase()) ? [`${part} ${health}`] : []))
}
