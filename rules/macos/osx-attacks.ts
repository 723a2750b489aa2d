import { knownPack, rule } from '../../src/detect/rule.ts'
import { MACOS_ADWARE } from '../data/macos-malware.ts'
import { SHIPPED_PACKS } from '../data/shipped-packs.ts'

const ADWARE: ReadonlySet<string> = new Set(Object.keys(MACOS_ADWARE.families))

/** Finds what a program does rather than what it is called: a script of an administrator may do the same. */
const BEHAVIOUR = 'Behavioral_Reverse_Shell'

export default rule({
  id: 'macos.osx-attacks',
  title: 'Trace of malware for macOS',
  severity: 'critical',
  on: knownPack('osx-attacks', SHIPPED_PACKS.queries['osx-attacks']),
  attack: ['T1204.002', 'T1543.001', 'T1543.004'],
  means:
    'A launch item, file, process or setting carries the name that a known family of malware for macOS gives it. Somebody else can run programs on this Mac as its user, at every login. Adware of the same list shows advertisements and changes searches, and is rated lower.',
  check:
    "SELECT l.path, l.label, l.program, l.program_arguments, l.run_at_load, f.btime, f.uid FROM launchd l JOIN file f ON f.path = l.path WHERE l.path NOT LIKE '/System/%' ORDER BY f.btime DESC;",
  benign:
    'The remains of an infection that was cleaned long ago; a product that took over an old name (a file of the same name, signed by a known developer). A shell with a network connection and no terminal can be an administrator’s script.',
  detect: () => true,
  // What listens to keys is mostly a launcher, and what XProtect found it has stopped: macos.keyboard-listener and
  // macos.xprotect-report tell of them.
  exclude: ({ query }) => query === 'Keyboard_Event_Taps' || query === 'xprotect_reports',
  dynamicSeverity: ({ columns, query }) => {
    const family = columns['family'] || query
    if (ADWARE.has(family)) return 'medium'
    return family === BEHAVIOUR ? 'high' : 'critical'
  },
  alertTitle: ({ host, columns, query }) => {
    const family = columns['family'] || query
    const trace = columns['path'] || columns['name']
    return trace ? `Malware trace ${family} on ${host}: ${trace}` : `Malware trace ${family} on ${host}`
  },
  dedup: ({ hostId, columns, query }) => `${hostId} ${columns['family'] || query}`,
  context: ({ columns, query }) => ({ query, ...columns }),
  runbook:
    'The family, or the name of the query, says which malware it is. Look up the hash of the program that the row names and where it was downloaded from. If it is what it seems: isolate the Mac, keep the file, remove the launch item, and treat what the user typed since as known to others.',
  references: [
    'https://attack.mitre.org/techniques/T1543/001/',
    'https://attack.mitre.org/techniques/T1204/002/',
    'https://github.com/osquery/osquery/blob/master/packs/osx-attacks.conf',
  ],
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
      name: 'a query that looks for many families at once',
      match: true,
      query: 'launch_items',
      columns: { family: 'DevilRobber', path: '/Library/LaunchAgents/com.apple.legion.plist' },
      title: 'Malware trace DevilRobber on test-host: /Library/LaunchAgents/com.apple.legion.plist',
      severity: 'critical',
      dedup: 'test-host-id DevilRobber',
      context: {
        query: 'launch_items',
        family: 'DevilRobber',
        path: '/Library/LaunchAgents/com.apple.legion.plist',
      },
    },
    {
      name: 'adware, by the name of the query',
      match: true,
      query: 'Genieo',
      columns: { name: 'com.genieo.engine.plist' },
      severity: 'medium',
    },
    {
      name: 'adware, by the family in the row',
      match: true,
      query: 'launch_items',
      columns: { family: 'Spigot', path: '/Users/ada/Library/LaunchAgents/com.spigot.x.plist' },
      severity: 'medium',
    },
    {
      name: 'a shell that talks to the network',
      match: true,
      query: 'Behavioral_Reverse_Shell',
      columns: { name: 'bash', path: '/bin/bash' },
      severity: 'high',
    },
    {
      name: 'XProtect found it first',
      match: false,
      query: 'xprotect_reports',
      columns: { name: 'OSX.Example.A' },
    },
    {
      name: 'a row that names nothing',
      match: true,
      query: 'OSX_MaMi_DNS_Servers',
      title: 'Malware trace OSX_MaMi_DNS_Servers on test-host',
    },
    { name: 'a program that taps the keyboard', match: false, query: 'Keyboard_Event_Taps' },
    {
      name: 'in a pack of another name, as Fleet logs it',
      match: true,
      pack: 'team-1',
      query: 'OSX_Snake',
      columns: { path: '/Library/LaunchDaemons/com.example.plist' },
    },
    { name: 'in no pack', match: true, pack: '', query: 'Tibet.D' },
    { name: 'the trace is gone', match: false, action: 'removed', query: 'Leverage-A_1' },
    { name: 'another pack', match: false, pack: 'incident-response', query: 'launchd' },
  ],
})
