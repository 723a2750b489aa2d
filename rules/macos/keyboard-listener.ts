import { isHiddenPath, isUnder, isWorldWritablePlace } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { KEYBOARD_LISTENER_TEAMS } from '../data/keyboard-listeners.ts'

const KNOWN: ReadonlySet<string> = new Set(Object.keys(KEYBOARD_LISTENER_TEAMS.teams))
const KEYS = new Set(['EventKeyDown', 'EventKeyUp'])
/** macOS itself, and apps that Apple has looked at before it sold them. */
const APPLE = new Set(['Software Signing', 'Apple Mac OS Application Signing'])

export default rule({
  id: 'macos.keyboard-listener',
  title: 'Program is told of every key',
  severity: 'medium',
  on: table('event_taps', 'signature'),
  attack: ['T1056.001'],
  means:
    'A program that is on no list has an event tap on the keyboard: it sees whatever is typed, passwords too. The user had to allow it in System Settings, or it is root.',
  check:
    'SELECT t.event_tapped, t.enabled, p.pid, p.path, p.cmdline, p.uid, p.start_time, s.authority, s.identifier FROM event_taps t JOIN processes p ON p.pid = t.tapping_process LEFT JOIN signature s ON s.path = p.path;',
  benign:
    'Launchers, window managers, text expanders, remote desktops, drivers of keyboards and mice. Those of known makers are left out by their signature.',
  detect: ({ columns }) =>
    KEYS.has(columns.event_tapped ?? '') &&
    columns.enabled !== '0' &&
    // Without the signature there is nothing to judge by.
    columns.authority !== undefined &&
    !APPLE.has(columns.authority) &&
    !KNOWN.has(columns.team_identifier ?? ''),
  dynamicSeverity: ({ columns, event }) => {
    const path = columns.path ?? ''
    const hides = isWorldWritablePlace(path) || isHiddenPath(path) || isUnder(path, '/var/folders')
    if (hides) return 'high'
    const unsigned = columns.authority === ''
    // What people had before anyone looked is mostly what they want.
    if (event.counter === '0') return unsigned ? 'low' : 'info'
    return unsigned ? 'high' : undefined
  },
  alertTitle: ({ host, columns }) => `Program on ${host} is told of every key: ${columns.path ?? ''}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path ?? ''}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    program: columns.path,
    signedBy: columns.authority,
    identifier: columns.identifier,
    team: columns.team_identifier,
  }),
  runbook:
    'Ask the user whether they know the program and gave it the right (System Settings, Privacy & Security, Input Monitoring and Accessibility). If not: isolate the Mac, keep the program, and treat everything typed since it started as known to others. If it is wanted, add its team to the list.',
  references: ['https://attack.mitre.org/techniques/T1056/001/'],
  tests: [
    {
      name: 'signed by an unknown developer',
      match: true,
      columns: {
        event_tapped: 'EventKeyDown',
        enabled: '1',
        path: '/Applications/Example.app/Contents/MacOS/Example',
        authority: 'Developer ID Application: Example (ABCDE12345)',
        identifier: 'com.example',
        team_identifier: 'ABCDE12345',
      },
      title: 'Program on test-host is told of every key: /Applications/Example.app/Contents/MacOS/Example',
      dedup: 'test-host-id /Applications/Example.app/Contents/MacOS/Example',
      severity: 'medium',
      context: {
        program: '/Applications/Example.app/Contents/MacOS/Example',
        signedBy: 'Developer ID Application: Example (ABCDE12345)',
        identifier: 'com.example',
        team: 'ABCDE12345',
      },
    },
    {
      name: 'signed by nobody',
      match: true,
      columns: { event_tapped: 'EventKeyUp', enabled: '1', path: '/Users/ada/Desktop/x', authority: '' },
      severity: 'high',
    },
    {
      name: 'hidden, with a signature',
      match: true,
      columns: {
        event_tapped: 'EventKeyUp',
        path: '/Users/ada/Library/.x/run',
        authority: 'Developer ID Application: Example (ABCDE12345)',
        team_identifier: 'ABCDE12345',
      },
      severity: 'high',
    },
    {
      name: 'was there before anyone looked',
      match: true,
      counter: '0',
      columns: {
        event_tapped: 'EventKeyDown',
        path: '/Applications/Example.app/Contents/MacOS/Example',
        authority: 'Developer ID Application: Example (ABCDE12345)',
        team_identifier: 'ABCDE12345',
      },
      severity: 'info',
    },
    {
      name: 'signed by nobody, before anyone looked',
      match: true,
      counter: '0',
      columns: { event_tapped: 'EventKeyDown', path: '/opt/homebrew/bin/skhd', authority: '' },
      severity: 'low',
    },
    {
      name: 'a launcher',
      match: false,
      columns: {
        event_tapped: 'EventKeyDown',
        path: '/Applications/Alfred 5.app/Contents/MacOS/Alfred',
        authority: 'Developer ID Application: Running with Crayons Ltd (XZZXE9SED4)',
        team_identifier: 'XZZXE9SED4',
      },
    },
    {
      name: 'part of macOS',
      match: false,
      columns: {
        event_tapped: 'EventKeyDown',
        path: '/System/Library/CoreServices/Siri.app/Contents/MacOS/Siri',
        authority: 'Software Signing',
      },
    },
    {
      name: 'only the mouse',
      match: false,
      columns: { event_tapped: 'EventScrollWheel', path: '/Applications/Example', authority: '' },
    },
    {
      name: 'switched off',
      match: false,
      columns: { event_tapped: 'EventKeyDown', enabled: '0', path: '/Applications/Example', authority: '' },
    },
    {
      name: 'a query that did not ask who signed it',
      match: false,
      columns: { event_tapped: 'EventKeyDown', enabled: '1', tapping_process: '7' },
    },
    {
      name: 'it ended',
      match: false,
      action: 'removed',
      columns: { event_tapped: 'EventKeyDown', path: '/Users/ada/Desktop/x', authority: '' },
    },
  ],
})
