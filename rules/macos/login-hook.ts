import { isUnder } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

const HOOKS = new Set(['LoginHook', 'LogoutHook'])
const LAUNCHED = 'AutoLaunchedApplicationDictionary'

export default rule({
  id: 'macos.login-hook',
  title: 'Login window starts a program',
  severity: 'high',
  on: table('plist'),
  attack: ['T1037.002', 'T1547.015'],
  means:
    'The login window runs this at every login or logout: a hook as root, an entry of AutoLaunchedApplicationDictionary as the user. Apple gave both up long ago, so hardly anything but malware and very old management uses them.',
  check:
    "SELECT key, subkey, value, path FROM plist WHERE path IN ('/Library/Preferences/com.apple.loginwindow.plist', '/var/root/Library/Preferences/com.apple.loginwindow.plist') AND key IN ('LoginHook', 'LogoutHook', 'AutoLaunchedApplicationDictionary');",
  benign: 'Login scripts of an old device management or of a computer room.',
  detect: ({ columns }) =>
    isOfLoginWindow(columns.path) &&
    columns.value !== '' &&
    (HOOKS.has(columns.key) ||
      (columns.key === LAUNCHED && columns.value.startsWith('/') && !isUnder(columns.value, '/System'))),
  dynamicSeverity: ({ columns }) => (columns.key === LAUNCHED ? 'medium' : undefined),
  alertTitle: ({ host, columns }) => `Login window on ${host} starts ${columns.value} (${columns.key})`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.key} ${columns.value}`,
  context: ({ columns }) => ({ key: columns.key, value: columns.value, file: columns.path }),
  runbook:
    'Read the script or look at the program, with its times, owner and signer. If no administrator owns up: take the key out (defaults delete com.apple.loginwindow LoginHook), keep the file, isolate the Mac and find what wrote it.',
  references: [
    'https://attack.mitre.org/techniques/T1037/002/',
    'https://attack.mitre.org/techniques/T1547/015/',
  ],
  tests: [
    {
      name: 'a hook',
      match: true,
      columns: {
        key: 'LoginHook',
        value: '/Users/Shared/login.sh',
        path: '/var/root/Library/Preferences/com.apple.loginwindow.plist',
      },
      title: 'Login window on test-host starts /Users/Shared/login.sh (LoginHook)',
      dedup: 'test-host-id LoginHook /Users/Shared/login.sh',
      severity: 'high',
      context: {
        key: 'LoginHook',
        value: '/Users/Shared/login.sh',
        file: '/var/root/Library/Preferences/com.apple.loginwindow.plist',
      },
    },
    {
      name: 'at logout, from a query that did not select the file',
      match: true,
      query: 'loginwindow1',
      columns: { key: 'LogoutHook', value: '/tmp/x' },
    },
    {
      name: 'an app for the user',
      match: true,
      columns: {
        key: 'AutoLaunchedApplicationDictionary',
        subkey: '0/Path',
        value: '/Users/ada/Library/Example.app',
        path: '/Users/ada/Library/Preferences/loginwindow.plist',
      },
      severity: 'medium',
    },
    {
      name: 'whether the app is hidden',
      match: false,
      columns: { key: 'AutoLaunchedApplicationDictionary', subkey: '0/Hide', value: '1' },
    },
    {
      name: 'an app of macOS',
      match: false,
      columns: {
        key: 'AutoLaunchedApplicationDictionary',
        value: '/System/Library/CoreServices/AirPort Base Station Agent.app',
      },
    },
    {
      name: 'who logged in last',
      match: false,
      columns: {
        key: 'lastUserName',
        value: 'ada',
        path: '/Library/Preferences/com.apple.loginwindow.plist',
      },
    },
    { name: 'an empty hook', match: false, columns: { key: 'LoginHook', value: '' } },
    {
      name: 'the same key of another program',
      match: false,
      columns: {
        key: 'LoginHook',
        value: 'https://example.com/login',
        path: '/Users/ada/Library/Preferences/com.example.chat.plist',
      },
    },
    {
      name: 'is gone',
      match: false,
      action: 'removed',
      columns: { key: 'LoginHook', value: '/tmp/x' },
    },
  ],
})

/** The osquery pack incident-response asks for these files and does not say which. */
function isOfLoginWindow(path: string): boolean {
  return path === '' || path.endsWith('loginwindow.plist')
}
