import { int } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'
import type { Severity } from '../../src/detect/severity.ts'

export default rule({
  id: 'macos.firewall-off',
  title: 'Application firewall of macOS is off, or answers strangers',
  severity: 'medium',
  on: table('alf'),
  attack: ['T1562.004'],
  dedupPeriod: '24h',
  detect: ({ columns }) => isOff(columns.global_state) || isOff(columns.stealth_enabled),
  dynamicSeverity: ({ columns, event }): Severity => {
    // macOS comes with both off: how it was before anyone looked is a matter of policy, a change is not.
    if (event.counter === '0') return 'info'
    return isOff(columns.global_state) ? 'medium' : 'info'
  },
  alertTitle: ({ host, columns }) =>
    isOff(columns.global_state)
      ? `Application firewall is off on ${host}`
      : `Stealth mode of the application firewall is off on ${host}`,
  context: ({ columns }) => ({
    global_state: columns.global_state,
    stealth_enabled: columns.stealth_enabled,
    logging_enabled: columns.logging_enabled,
    version: columns.version,
  }),
  means:
    'Any program on this Mac may take connections from the network, without a question. Malware that waits for its operator switches the firewall off first. Without stealth mode the Mac only answers probes, which makes it easier to find.',
  check:
    'SELECT global_state, stealth_enabled, logging_enabled, allow_signed_enabled FROM alf; SELECT * FROM alf_exceptions;',
  benign:
    'The default of macOS; a user who made a game or a server reachable; a management profile that changed.',
  runbook:
    'Did the user or a management profile switch it off? If neither did: look at what listens (listening_ports) and at what started around that time. Switch it on again (System Settings, Network, Firewall), best by a profile that keeps it on.',
  references: [
    'https://attack.mitre.org/techniques/T1562/004/',
    'https://support.apple.com/guide/mac-help/mh34041/mac',
  ],
  replaces: ['Osquery.Mac.ApplicationFirewallSettings'],
  tests: [
    {
      name: 'switched off',
      match: true,
      columns: { global_state: '0', stealth_enabled: '0', logging_enabled: '0', version: '1.6' },
      title: 'Application firewall is off on test-host',
      dedup: 'test-host-id',
      severity: 'medium',
      context: { global_state: '0', stealth_enabled: '0', logging_enabled: '0', version: '1.6' },
    },
    {
      name: 'switched off, nothing else selected',
      match: true,
      columns: { global_state: '0' },
      severity: 'medium',
    },
    {
      name: 'only stealth mode',
      match: true,
      columns: { global_state: '1', stealth_enabled: '0' },
      severity: 'info',
      title: 'Stealth mode of the application firewall is off on test-host',
    },
    {
      name: 'off before anyone looked',
      match: true,
      counter: '0',
      columns: { global_state: '0' },
      severity: 'info',
    },
    { name: 'both on', match: false, columns: { global_state: '1', stealth_enabled: '1' } },
    { name: 'blocks everything', match: false, columns: { global_state: '2', stealth_enabled: '1' } },
    { name: 'nothing of it selected', match: false, columns: { version: '1.6' } },
    { name: 'empty', match: false, columns: { global_state: '', stealth_enabled: '' } },
    {
      name: 'switched on',
      match: false,
      action: 'removed',
      columns: { global_state: '0', stealth_enabled: '0' },
    },
  ],
})

function isOff(state: string): boolean {
  return int(state) === 0
}
