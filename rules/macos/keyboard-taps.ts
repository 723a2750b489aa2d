import { isHiddenPath, isUnder, isWorldWritablePlace } from '../../src/detect/reading/paths.ts'
import { query, rule } from '../../src/detect/rule.ts'

/** Folders that only macOS itself writes to. `/usr/local` is not among them. */
const OF_MACOS = ['/System', '/usr/bin', '/usr/sbin', '/usr/libexec', '/bin', '/sbin'] as const

/** Where administrators put programs, which then run for all users of the Mac. */
const FOR_ALL = ['/Applications', '/Library', '/opt', '/usr/local'] as const

export default rule({
  id: 'macos.keyboard-taps',
  title: 'Program taps the keyboard from a strange place',
  severity: 'medium',
  // The query of osquery's pack osx-attacks, and ours: which of them it is shows in what they tell.
  on: query('Keyboard_Event_Taps', 'keyboard_taps'),
  attack: ['T1056.001'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns['path'] ?? ''}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => {
    const path = columns['path'] ?? ''
    return path !== '' && !isUnder(path, ...OF_MACOS)
  },
  // Where the query tells who signed it, macos.keyboard-listener judges by that.
  exclude: ({ columns }) => columns['authority'] !== undefined,
  dynamicSeverity: ({ columns }) => {
    const path = columns['path'] ?? ''
    if (isWorldWritablePlace(path) || isHiddenPath(path) || isUnder(path, '/var')) return 'high'
    return isUnder(path, ...FOR_ALL) ? 'info' : 'medium'
  },
  alertTitle: ({ host, columns }) => `Program taps the keyboard of ${host}: ${columns['path'] ?? ''}`,
  context: ({ columns }) => ({ program: columns['path'], name: columns['name'], pid: columns['pid'] }),
  means:
    'The program sees every key that is pressed, passwords too. From a download folder, a desktop or a temporary folder this is what keyloggers do; the user had to allow it once, or it is root.',
  check:
    'SELECT t.event_tapped, t.enabled, p.pid, p.path, p.cmdline, p.uid, p.start_time, s.authority, s.identifier FROM event_taps t JOIN processes p ON p.pid = t.tapping_process LEFT JOIN signature s ON s.path = p.path;',
  benign:
    'Launchers, window managers, text expanders, remote desktops and drivers, which lie in /Applications or /Library and are rated lower there.',
  runbook:
    'Find out who signed the program (check) and whether the user knows it. If not: isolate the Mac, keep the program, take its right away (System Settings, Privacy & Security, Input Monitoring and Accessibility), and treat everything typed since it started as known to others.',
  references: [
    'https://attack.mitre.org/techniques/T1056/001/',
    'https://github.com/osquery/osquery/blob/master/packs/osx-attacks.conf',
  ],
  replaces: ['Osquery.Mac.OSXAttacksKeyboardEvents'],
  tests: [
    {
      name: 'from a desktop',
      match: true,
      pack: 'osx-attacks',
      columns: { path: '/Users/ada/Desktop/Siri.app/Contents/MacOS/Siri', name: 'Siri', pid: '100' },
      title: 'Program taps the keyboard of test-host: /Users/ada/Desktop/Siri.app/Contents/MacOS/Siri',
      dedup: 'test-host-id /Users/ada/Desktop/Siri.app/Contents/MacOS/Siri',
      severity: 'medium',
      context: { program: '/Users/ada/Desktop/Siri.app/Contents/MacOS/Siri', name: 'Siri', pid: '100' },
    },
    { name: 'as Fleet names it', match: true, pack: 'team-1', columns: { path: '/Users/ada/Downloads/a' } },
    {
      name: 'from a temporary folder',
      match: true,
      columns: { path: '/private/var/tmp/a' },
      severity: 'high',
    },
    { name: 'by a hidden program', match: true, columns: { path: '/Users/ada/.a/b' }, severity: 'high' },
    {
      name: 'not all of /usr is of macOS',
      match: true,
      columns: { path: '/usr/local/bin/a' },
      severity: 'info',
    },
    {
      name: 'a launcher',
      match: true,
      columns: { path: '/Applications/Example.app/Contents/MacOS/Example' },
      severity: 'info',
    },
    {
      name: 'a part of macOS',
      match: false,
      columns: { path: '/System/Library/CoreServices/Siri.app/Contents/MacOS/Siri', name: 'Siri' },
    },
    { name: 'a way around', match: true, columns: { path: '/System/../Users/ada/a' } },
    { name: 'its file is gone', match: false, columns: { path: '' } },
    {
      name: 'the query tells who signed it',
      match: false,
      query: 'keyboard_taps',
      columns: { path: '/Users/ada/Desktop/a', authority: '' },
    },
    { name: 'it ended', match: false, action: 'removed', columns: { path: '/Users/ada/Desktop/a' } },
  ],
})
