import { pack, rule } from '../../src/detect/rule.ts'

export default rule({
  id: 'macos.osx-attacks',
  title: 'Trace of malware for macOS',
  severity: 'critical',
  on: pack('osx-attacks'),
  attack: ['T1204.002'],
  detect: () => true,
  // Any program that listens to keys, which is what launchers and remote desktops do; a matter for a rule of its own.
  exclude: ({ query }) => query === 'Keyboard_Event_Taps',
  // macOS has stopped it already.
  dynamicSeverity: ({ query }) => (query === 'xprotect_reports' ? 'high' : 'critical'),
  alertTitle: ({ host, columns, query }) => {
    const trace = columns['path'] || columns['name']
    return trace ? `Malware trace ${query} on ${host}: ${trace}` : `Malware trace ${query} on ${host}`
  },
  dedup: ({ hostId, query }) => `${hostId} ${query}`,
  context: ({ columns, query }) => ({ query, ...columns }),
  runbook:
    'The name of the query is the malware family. Look up the hash of the program that the row names and where it was downloaded from. If it is what it seems: isolate the Mac, keep the file, remove the launch item, and treat what the user typed since as known to others.',
  replaces: ['Osquery.Mac.OSXAttacks'],
  tests: [
    {
      name: 'a launch item of a known family',
      match: true,
      query: 'Leverage-A_1',
      columns: { path: '/Users/ada/Library/LaunchAgents/UserEvent.System.plist' },
      title:
        'Malware trace Leverage-A_1 on test-host: /Users/ada/Library/LaunchAgents/UserEvent.System.plist',
      severity: 'critical',
      dedup: 'test-host-id Leverage-A_1',
    },
    {
      name: 'XProtect found it first',
      match: true,
      query: 'xprotect_reports',
      columns: { name: 'OSX.Example.A' },
      severity: 'high',
      title: 'Malware trace xprotect_reports on test-host: OSX.Example.A',
    },
    {
      name: 'a row that names nothing',
      match: true,
      query: 'OSX_MaMi_DNS_Servers',
      title: 'Malware trace OSX_MaMi_DNS_Servers on test-host',
    },
    { name: 'a program that taps the keyboard', match: false, query: 'Keyboard_Event_Taps' },
    { name: 'the trace is gone', match: false, action: 'removed', query: 'Leverage-A_1' },
    { name: 'another pack', match: false, pack: 'incident-response', query: 'launchd' },
  ],
})
