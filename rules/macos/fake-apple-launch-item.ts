import { isInterpreter, isShell } from '../../src/detect/reading/interpreters.ts'
import { baseName, isUnder } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Names of certificates by which Apple signs macOS, and its own apps in the App Store. */
const APPLE = new Set(['Software Signing', 'Apple Mac OS Application Signing'])

/** Places that System Integrity Protection keeps for Apple. */
const APPLE_PLACES = ['/System', '/Library/Apple', '/bin', '/sbin', '/usr/bin', '/usr/libexec', '/usr/sbin']

export default rule({
  id: 'macos.fake-apple-launch-item',
  title: 'Launch item pretends to be Apple’s',
  severity: 'high',
  on: table('launchd', 'signature'),
  attack: ['T1036.004', 'T1543.001', 'T1543.004'],
  means:
    'A launch item outside of macOS itself has a name that begins with com.apple, and what it runs is not signed by Apple, or is a shell that could run anything. Malware takes such names so that nobody looks twice.',
  check:
    "SELECT l.path, l.label, l.program, l.program_arguments, s.authority, s.identifier, f.btime, f.uid FROM launchd l LEFT JOIN signature s ON s.path = l.program LEFT JOIN file f ON f.path = l.path WHERE l.label LIKE 'com.apple.%' AND l.path NOT LIKE '/System/%';",
  benign:
    'A home-made job that was named after the Apple program it tunes (key mappings, limits). Rated lower when the query did not ask who signed the program.',
  detect: ({ columns }) => saysApple(columns) && !isAppleItem(columns.path) && !runsAppleProgram(columns),
  dynamicSeverity: ({ columns }) => (columns.authority === undefined ? 'medium' : undefined),
  alertTitle: ({ host, columns }) =>
    `Launch item on ${host} pretends to be Apple’s: ${columns.label || columns.name || ''} runs ${columns.program || columns.program_arguments || ''}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path}`,
  context: ({ columns }) => ({
    item: columns.path,
    label: columns.label,
    program: columns.program,
    arguments: columns.program_arguments,
    runAtLoad: columns.run_at_load,
    user: columns.username,
    signedBy: columns.authority,
    team: columns.team_identifier,
  }),
  runbook:
    'Copy the program and the plist with their times and owner. Look up the hash and the signer; ask the user and the administrators whether they made the item. If not: isolate the Mac, launchctl bootout the item, remove both files, and look for what brought them.',
  references: [
    'https://attack.mitre.org/techniques/T1036/004/',
    'https://attack.mitre.org/techniques/T1543/004/',
  ],
  tests: [
    {
      name: 'a program that nobody signed',
      match: true,
      columns: {
        path: '/Library/LaunchDaemons/com.apple.audio.driver.plist',
        label: 'com.apple.audio.driver',
        program: '/Library/Audio/driver',
        authority: '',
      },
      severity: 'high',
      title:
        'Launch item on test-host pretends to be Apple’s: com.apple.audio.driver runs /Library/Audio/driver',
      dedup: 'test-host-id /Library/LaunchDaemons/com.apple.audio.driver.plist',
    },
    {
      name: 'signed by another developer, named by its file only',
      match: true,
      columns: {
        path: '/Users/ada/Library/LaunchAgents/com.apple.dock.plist',
        name: 'com.apple.dock.plist',
        label: 'dock',
        program_arguments: '/Users/ada/Library/Dock/dockd --run',
        authority: 'Developer ID Application: Example (ABCDE12345)',
      },
      severity: 'high',
    },
    {
      name: 'a shell of Apple’s with a script of another',
      match: true,
      columns: {
        path: '/Library/LaunchAgents/com.apple.update.plist',
        label: 'com.apple.update',
        program_arguments: '/bin/bash /Library/Scripts/u.sh',
        authority: 'Software Signing',
      },
      severity: 'high',
    },
    {
      name: 'nobody asked for the signature',
      match: true,
      columns: {
        path: '/Library/LaunchAgents/com.apple.xpcd.plist',
        label: 'com.apple.xpcd',
        program: '/Library/.random/xpcd',
      },
      severity: 'medium',
    },
    {
      name: 'part of macOS',
      match: false,
      columns: {
        path: '/System/Library/LaunchDaemons/com.apple.mdworker.plist',
        label: 'com.apple.mdworker',
        program: '/System/Library/Frameworks/CoreServices.framework/mdworker',
      },
    },
    {
      name: 'an update of macOS',
      match: false,
      columns: {
        path: '/Library/Apple/System/Library/LaunchDaemons/com.apple.XProtect.daemon.scan.plist',
        label: 'com.apple.XProtect.daemon.scan',
        program: '/Library/Apple/System/Library/CoreServices/XProtect.app/Contents/MacOS/XProtect',
      },
    },
    {
      name: 'Apple’s own item outside of macOS, by its signature',
      match: false,
      columns: {
        path: '/Library/LaunchDaemons/com.apple.installer.cleanupinstaller.plist',
        label: 'com.apple.installer.cleanupinstaller',
        program_arguments: '/macOS Install Data/Locked Files/cleanup_installer',
        authority: 'Software Signing',
      },
    },
    {
      name: 'a key mapping with a program of Apple’s',
      match: false,
      columns: {
        path: '/Users/ada/Library/LaunchAgents/com.apple.keymapping.plist',
        label: 'com.apple.keymapping',
        program_arguments: '/usr/bin/hidutil property --set {}',
      },
    },
    {
      name: 'another maker',
      match: false,
      columns: {
        path: '/Library/LaunchDaemons/com.example.apple.plist',
        label: 'com.example.apple',
        program: '/Library/Example/agent',
        authority: '',
      },
    },
    {
      name: 'the item is gone',
      match: false,
      action: 'removed',
      columns: {
        path: '/Library/LaunchAgents/com.apple.xpcd.plist',
        label: 'com.apple.xpcd',
        program: '/Library/.random/xpcd',
      },
    },
  ],
})

interface Item {
  readonly path: string
  readonly name?: string
  readonly label?: string
  readonly program?: string
  readonly program_arguments?: string
  readonly authority?: string
}

function saysApple({ label = '', name = '' }: Item): boolean {
  return label.startsWith('com.apple.') || name.startsWith('com.apple.')
}

function isAppleItem(path: string): boolean {
  return isUnder(path, '/System', '/Library/Apple')
}

function runsAppleProgram(item: Item): boolean {
  const program = executable(item)
  const name = baseName(program)
  if (isShell(name) || isInterpreter(name)) return false
  return APPLE.has(item.authority ?? '') || isUnder(program, ...APPLE_PLACES)
}

/** The program, or the first word of the arguments: where it holds a blank, it is none of the places above anyway. */
function executable({ program = '', program_arguments = '' }: Item): string {
  return program || (program_arguments.split(' ', 1)[0] ?? '')
}
