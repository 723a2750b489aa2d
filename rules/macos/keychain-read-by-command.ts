import { baseName } from '../../src/detect/reading/paths.ts'
import { isProgramStart } from '../../src/detect/reading/program-start.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'macos.keychain-read-by-command',
  title: 'Passwords of a keychain are read by a command',
  severity: 'high',
  on: table('es_process_events'),
  attack: ['T1555.001', 'T1555.003'],
  means:
    'The command security was told to print a whole keychain, or the key by which a browser encrypts its stored passwords and cookies. That is what stealers for macOS do in their first minute.',
  check:
    "SELECT e.time, e.pid, e.parent, e.path, e.cmdline, e.username, p.path AS parent_path FROM es_process_events e LEFT JOIN processes p ON p.pid = e.parent WHERE e.event_type = 'exec' AND e.path = '/usr/bin/security';",
  benign:
    'An administrator who looks into a keychain. Tools that take cookies out of the user’s own browser (downloaders of videos, test suites) ask for the key of the browser, so that is rated lower.',
  detect: ({ columns }) => isExec(columns) && (dumps(columns) || asksForBrowserKey(columns)),
  dynamicSeverity: ({ columns }) => (dumps(columns) ? undefined : 'medium'),
  alertTitle: ({ host, columns }) =>
    `Keychain of ${columns.username || 'a user'} on ${host} read: ${columns.cmdline}`,
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
    'Which program started it (parent), and did the user just open a download or paste a command? If they can’t explain it: isolate the Mac, end all sessions of the user, and change every password and token that was in the keychain or the browsers.',
  references: [
    'https://attack.mitre.org/techniques/T1555/001/',
    'https://attack.mitre.org/techniques/T1555/003/',
  ],
  tests: [
    {
      name: 'a whole keychain',
      match: true,
      columns: {
        event_type: 'exec',
        path: '/usr/bin/security',
        cmdline: 'security dump-keychain -d /Users/ada/Library/Keychains/login.keychain-db',
        username: 'ada',
        pid: '411',
        parent: '410',
        cwd: '/Users/ada',
        time: '1700000000',
      },
      title:
        'Keychain of ada on test-host read: security dump-keychain -d /Users/ada/Library/Keychains/login.keychain-db',
      dedup: 'test-host-id ada',
      severity: 'high',
      context: {
        command: 'security dump-keychain -d /Users/ada/Library/Keychains/login.keychain-db',
        user: 'ada',
        pid: '411',
        parent: '410',
        folder: '/Users/ada',
        time: '1700000000',
      },
    },
    {
      name: 'the key of a browser, by its account',
      match: true,
      columns: { path: '/usr/bin/security', cmdline: 'security find-generic-password -wa Chrome' },
      severity: 'medium',
    },
    {
      name: 'the key of a browser, by its service',
      match: true,
      columns: {
        path: '/usr/bin/security',
        cmdline: 'security find-generic-password -w -s Microsoft Edge Safe Storage',
      },
      severity: 'medium',
    },
    {
      name: 'a token of a build',
      match: false,
      columns: { path: '/usr/bin/security', cmdline: 'security find-generic-password -s build-token -w' },
    },
    {
      name: 'whether the browser has a key, without the key',
      match: false,
      columns: {
        path: '/usr/bin/security',
        cmdline: 'security find-generic-password -s Chrome Safe Storage',
      },
    },
    {
      name: 'unlocks a keychain',
      match: false,
      columns: { path: '/usr/bin/security', cmdline: 'security unlock-keychain -p x build.keychain' },
    },
    {
      name: 'only speaks of it',
      match: false,
      columns: { path: '/usr/bin/grep', cmdline: 'grep -r dump-keychain .' },
    },
    {
      name: 'it ends',
      match: false,
      columns: { event_type: 'exit', path: '/usr/bin/security', cmdline: 'security dump-keychain' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: { path: '/usr/bin/security', cmdline: 'security dump-keychain' },
    },
  ],
})

function isExec({ event_type, path }: { readonly event_type: string; readonly path: string }): boolean {
  return isProgramStart({ event_type }) && baseName(path) === 'security'
}

function dumps({ cmdline }: { readonly cmdline: string }): boolean {
  return cmdline.split(' ').includes('dump-keychain')
}

/** `-w` prints the secret itself; it may stand together with other letters, as in `-wa`. */
function asksForBrowserKey({ cmdline }: { readonly cmdline: string }): boolean {
  if (!cmdline.includes('find-generic-password')) return false
  const words = cmdline.split(' ')
  const prints = words.some(word => /^-[a-z]{0,4}w[a-z]{0,4}$/.test(word))
  return prints && (cmdline.includes('Safe Storage') || words.some(word => BROWSER_ACCOUNTS.has(word)))
}

/** Accounts under which browsers made of Chromium keep their key. */
const BROWSER_ACCOUNTS = new Set(['Chrome', 'Chromium', 'Brave', 'Opera', 'Vivaldi', 'Arc'])
