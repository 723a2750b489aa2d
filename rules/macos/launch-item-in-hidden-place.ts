import { loadedFiles } from '../../src/detect/reading/loads.ts'
import { isHiddenPath, isUserHome, isWorldWritablePlace, meantPath } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { isInDeveloperFolder } from '../data/developer-folders.ts'

export default rule({
  id: 'macos.launch-item-in-hidden-place',
  title: 'Launch item runs a program from a hidden place or a folder anyone can write to',
  severity: 'high',
  on: table('launchd'),
  attack: ['T1543.001', 'T1543.004', 'T1564.001'],
  means:
    'launchd starts this program at boot or at login, and it lies in a folder that any program may write to (/tmp, /Users/Shared) or in a hidden one. Software that is installed properly lies in /Applications or /Library; malware for macOS hides like this to come back after a restart.',
  check:
    "SELECT l.path, l.label, l.program, l.program_arguments, l.run_at_load, l.username, f.uid, f.btime, h.sha256 FROM launchd l JOIN file f ON f.path = l.path LEFT JOIN hash h ON h.path = l.program WHERE l.path NOT LIKE '/System/%';",
  benign:
    'A developer’s own job in a hidden folder of their home (rated lower; folders of well-known tools are left out), a game that keeps its updater in /Users/Shared.',
  detect: ({ columns }) => hiddenFile(columns) !== undefined,
  dynamicSeverity: ({ columns }) => (isOwnFolder(hiddenFile(columns) ?? '') ? 'medium' : undefined),
  alertTitle: ({ host, columns }) =>
    `Launch item ${columns.label || columns.name} on ${host} runs ${hiddenFile(columns) ?? 'a hidden program'}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path}`,
  context: ({ columns }) => ({
    item: columns.path,
    label: columns.label,
    program: columns.program,
    arguments: columns.program_arguments,
    runAtLoad: columns.run_at_load,
    user: columns.username,
  }),
  runbook:
    'Copy the program and the plist, with their times and owner, before they are gone. Who signed it (signature table), where was it downloaded from (com.apple.metadata:kMDItemWhereFroms), what does it talk to? If nobody owns up: isolate the Mac, launchctl bootout the item, remove both files, and treat passwords of the user as known to others.',
  references: [
    'https://attack.mitre.org/techniques/T1543/001/',
    'https://attack.mitre.org/techniques/T1543/004/',
  ],
  tests: [
    {
      name: 'a program in /tmp',
      match: true,
      columns: {
        path: '/Library/LaunchDaemons/com.example.sync.plist',
        name: 'com.example.sync.plist',
        label: 'com.example.sync',
        program: '/private/tmp/sync',
        run_at_load: '1',
      },
      severity: 'high',
      title: 'Launch item com.example.sync on test-host runs /private/tmp/sync',
      dedup: 'test-host-id /Library/LaunchDaemons/com.example.sync.plist',
      context: {
        item: '/Library/LaunchDaemons/com.example.sync.plist',
        label: 'com.example.sync',
        program: '/private/tmp/sync',
        arguments: '',
        runAtLoad: '1',
        user: '',
      },
    },
    {
      name: 'a script in /Users/Shared that a shell runs',
      match: true,
      columns: { name: 'a.plist', program_arguments: '/bin/sh /Users/Shared/start.sh' },
      title: 'Launch item a.plist on test-host runs /Users/Shared/start.sh',
      severity: 'high',
    },
    {
      name: 'hidden in the Library of the user',
      match: true,
      columns: { program_arguments: '/Users/ada/Library/.mina/mdworker -d' },
      severity: 'high',
    },
    {
      name: 'hidden in the Library of the Mac',
      match: true,
      columns: { program: '/Library/.rand/updateragent.app/Contents/MacOS/updateragent' },
      severity: 'high',
    },
    {
      name: 'a path with blanks',
      match: true,
      columns: { program: '/Users/Shared/My App/run' },
    },
    {
      name: 'hidden in the home',
      match: true,
      columns: { program: '/Users/ada/.hidden/agent' },
      severity: 'medium',
    },
    {
      name: 'the home of root',
      match: true,
      columns: { program: '/var/root/.hidden/agent' },
      severity: 'medium',
    },
    {
      name: 'a folder that only looks like that of a tool',
      match: true,
      columns: { program: '/Library/Caches/.docker/agent' },
      severity: 'high',
    },
    {
      name: 'a program of Homebrew',
      match: false,
      columns: { program_arguments: '/opt/homebrew/opt/redis/bin/redis-server /opt/homebrew/etc/redis.conf' },
    },
    {
      name: 'an updater in its application',
      match: false,
      columns: {
        program:
          '/Users/ada/Library/Application Support/Google/GoogleUpdater/Current/GoogleUpdater.app/Contents/MacOS/GoogleUpdater',
      },
    },
    {
      name: 'a tool for developers',
      match: false,
      columns: { program: '/Users/ada/.cargo/bin/watchexec' },
    },
    {
      name: 'the programs that people install for themselves',
      match: false,
      columns: { program: '/Users/ada/.local/bin/syncthing' },
    },
    {
      name: 'only writes its log there',
      match: false,
      columns: { program_arguments: '/usr/local/bin/job --log /tmp/job.log' },
    },
    {
      name: 'the item is gone',
      match: false,
      action: 'removed',
      columns: { program: '/tmp/sync' },
    },
  ],
})

/** The first file that the item loads from such a place. */
function hiddenFile(columns: {
  readonly program: string
  readonly program_arguments: string
}): string | undefined {
  return [columns.program, ...loadedFiles(columns.program_arguments)].find(
    file => isWorldWritablePlace(file) || (isHiddenPath(file) && !isInDeveloperFolder(file)),
  )
}

/** In a hidden folder of a home, but not in its Library, where no person keeps programs. */
function isOwnFolder(file: string): boolean {
  return isUserHome(file) && /^\/(?:Users\/[^/]+|var\/root)\/\./.test(meantPath(file))
}
