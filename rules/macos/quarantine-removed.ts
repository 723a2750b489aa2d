import { baseName, isHiddenPath, isUnder, isWorldWritablePlace } from '../../src/detect/reading/paths.ts'
import { isProgramStart } from '../../src/detect/reading/program-start.ts'
import { rule, table } from '../../src/detect/rule.ts'

interface Exec {
  readonly event_type: string
  readonly path: string
  readonly cmdline: string
}

export default rule({
  id: 'macos.quarantine-removed',
  title: 'A command takes the mark of a download off a program',
  severity: 'low',
  on: table('es_process_events'),
  attack: ['T1553.001'],
  means:
    'macOS marks what was downloaded and asks before it runs for the first time. A command took the mark off, so that it runs unasked. Done to a file in a hidden or shared folder it is what droppers do; done to a tool in the home it is mostly its user.',
  check:
    "SELECT e.time, e.pid, e.parent, e.cmdline, e.cwd, e.username, p.path AS parent_path FROM es_process_events e LEFT JOIN processes p ON p.pid = e.parent WHERE e.event_type = 'exec' AND e.path = '/usr/bin/xattr';",
  benign:
    'People who install a tool that nobody signed, package managers. Apps in /Applications are left out, for Homebrew and users do it to them.',
  detect: ({ columns }) => target(columns) !== undefined && !isUnder(target(columns) ?? '', '/Applications'),
  dynamicSeverity: ({ columns }) => (isDropPlace(target(columns) ?? '') ? 'high' : undefined),
  alertTitle: ({ host, columns }) => `Mark of a download taken off on ${host}: ${columns.cmdline}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.username}`,
  context: ({ columns }) => ({
    command: columns.cmdline,
    user: columns.username,
    pid: columns.pid,
    parent: columns.parent,
    folder: columns.cwd,
    time: columns.time,
  }),
  runbook:
    'What is the file, who signed it, and what started the command (parent)? If an installer or a script did it that the user took from the web, keep both, and see what started since from the same folder.',
  references: ['https://attack.mitre.org/techniques/T1553/001/'],
  tests: [
    {
      name: 'in a folder for everyone',
      match: true,
      columns: {
        event_type: 'exec',
        path: '/usr/bin/xattr',
        cmdline: 'xattr -d com.apple.quarantine /private/tmp/update',
        username: 'ada',
        pid: '7',
        parent: '6',
        cwd: '/',
        time: '1700000000',
      },
      title: 'Mark of a download taken off on test-host: xattr -d com.apple.quarantine /private/tmp/update',
      dedup: 'test-host-id ada',
      severity: 'high',
      context: {
        command: 'xattr -d com.apple.quarantine /private/tmp/update',
        user: 'ada',
        pid: '7',
        parent: '6',
        folder: '/',
        time: '1700000000',
      },
    },
    {
      name: 'all marks, of a hidden file',
      match: true,
      columns: { path: '/usr/bin/xattr', cmdline: 'xattr -cr /Users/ada/Library/.x/run' },
      severity: 'high',
    },
    {
      name: 'in the temporary folder of the user',
      match: true,
      columns: {
        path: '/usr/bin/xattr',
        cmdline: 'xattr -rd com.apple.quarantine /var/folders/ab/cd/T/x',
      },
      severity: 'high',
    },
    {
      name: 'a mounted image',
      match: true,
      columns: { path: '/usr/bin/xattr', cmdline: 'xattr -c /Volumes/Installer/x' },
      severity: 'high',
    },
    {
      name: 'a tool in the home',
      match: true,
      columns: { path: '/usr/bin/xattr', cmdline: 'xattr -d com.apple.quarantine ./terraform' },
      severity: 'low',
    },
    {
      name: 'an app where apps belong',
      match: false,
      columns: {
        path: '/usr/bin/xattr',
        cmdline: 'xattr -r -d com.apple.quarantine /Applications/Example.app',
      },
    },
    {
      name: 'an app with a blank in its name',
      match: false,
      columns: {
        path: '/usr/bin/xattr',
        cmdline: 'xattr -dr com.apple.quarantine /Applications/Visual Studio Code.app',
      },
    },
    {
      name: 'names no file',
      match: false,
      columns: { path: '/usr/bin/xattr', cmdline: 'xattr -d com.apple.quarantine' },
    },
    {
      name: 'lists the marks',
      match: false,
      columns: { path: '/usr/bin/xattr', cmdline: 'xattr -l /private/tmp/update' },
    },
    {
      name: 'prints the mark',
      match: false,
      columns: { path: '/usr/bin/xattr', cmdline: 'xattr -p com.apple.quarantine /private/tmp/update' },
    },
    {
      name: 'sets the mark',
      match: false,
      columns: {
        path: '/usr/bin/xattr',
        cmdline: '/usr/bin/xattr -w com.apple.quarantine 0181;0;x; /private/tmp/update',
      },
    },
    {
      name: 'another mark',
      match: false,
      columns: { path: '/usr/bin/xattr', cmdline: 'xattr -d com.apple.FinderInfo /private/tmp/update' },
    },
    {
      name: 'another program',
      match: false,
      columns: { path: '/usr/bin/grep', cmdline: 'grep -d com.apple.quarantine /private/tmp/update' },
    },
    {
      name: 'it ends',
      match: false,
      columns: { event_type: 'exit', path: '/usr/bin/xattr', cmdline: 'xattr -c /private/tmp/update' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: { path: '/usr/bin/xattr', cmdline: 'xattr -c /private/tmp/update' },
    },
  ],
})

/** The file whose mark is taken off, or undefined when that isn't what the command does. */
function target({ event_type, path, cmdline }: Exec): string | undefined {
  if (!isProgramStart({ event_type }) || baseName(path) !== 'xattr') return undefined
  const [, ...words] = cmdline.split(' ')
  const flags = words.filter(word => FLAGS.test(word)).join('')
  const deletes = flags.includes('d') && words.includes('com.apple.quarantine')
  if (!flags.includes('c') && !deletes) return undefined
  // Paths hold blanks, and osquery joins words with blanks: what is neither flag nor mark is the path.
  const start = words.findIndex(word => !FLAGS.test(word) && word !== 'com.apple.quarantine')
  return start === -1 ? undefined : words.slice(start).join(' ')
}

/** Several letters behind one dash: `-rd`. */
const FLAGS = /^-[a-z]{1,6}$/

function isDropPlace(file: string): boolean {
  return isWorldWritablePlace(file) || isUnder(file, '/var/folders', '/Volumes') || isHiddenPath(file)
}
