import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'macos.xprotect-report',
  title: 'macOS found malware',
  severity: 'high',
  on: table('xprotect_reports'),
  attack: ['T1204.002'],
  means:
    'XProtect, which is part of macOS, knew a file that the user was about to open as malware and stopped it. What brought the file there may have brought more.',
  check: 'SELECT name, user_action, time FROM xprotect_reports ORDER BY time DESC;',
  benign:
    'None known: Apple’s signatures are few and exact. Reports from before the first look at a host are old and only noted.',
  detect: ({ columns }) => columns.name !== '',
  dynamicSeverity: ({ event }) => (event.counter === '0' ? 'low' : undefined),
  alertTitle: ({ host, columns }) => `macOS found malware on ${host}: ${columns.name}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  context: ({ columns }) => ({
    malware: columns.name,
    userAction: columns.user_action,
    time: columns.time,
  }),
  runbook:
    'Ask the user what they opened and where it came from; keep the file if they did not throw it away. Look at what was downloaded and started in that hour and at new launch items. If anything ran before XProtect knew it, isolate the Mac.',
  references: [
    'https://attack.mitre.org/techniques/T1204/002/',
    'https://support.apple.com/guide/security/protecting-against-malware-sec469d47bd8/web',
  ],
  replaces: ['Osquery.Mac.OSXAttacks'],
  tests: [
    {
      name: 'a new report',
      match: true,
      columns: { name: 'OSX.Example.A', user_action: 'delete', time: '2023-11-14 22:13:20' },
      title: 'macOS found malware on test-host: OSX.Example.A',
      dedup: 'test-host-id OSX.Example.A',
      severity: 'high',
      context: { malware: 'OSX.Example.A', userAction: 'delete', time: '2023-11-14 22:13:20' },
    },
    {
      name: 'by another query',
      match: true,
      pack: 'execution',
      query: '3-xprotect-reports',
      columns: { name: 'OSX.Example.A' },
    },
    {
      name: 'an old report',
      match: true,
      counter: '0',
      columns: { name: 'OSX.Example.A' },
      severity: 'low',
    },
    { name: 'a report of nothing', match: false, columns: { name: '' } },
    { name: 'the report is gone', match: false, action: 'removed', columns: { name: 'OSX.Example.A' } },
  ],
})
