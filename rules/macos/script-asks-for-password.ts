import { baseName } from '../../src/detect/reading/paths.ts'
import { isProgramStart } from '../../src/detect/reading/program-start.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'macos.script-asks-for-password',
  title: 'A script asks the user for a password',
  severity: 'high',
  on: table('es_process_events'),
  attack: ['T1056.002', 'T1059.002'],
  means:
    'osascript showed a dialog with a field that hides what is typed. Stealers for macOS get the password of the user like this and unlock the keychain with it.',
  check:
    "SELECT e.time, e.pid, e.parent, e.cmdline, e.cwd, e.username, p.path AS parent_path, p.cmdline AS parent_command FROM es_process_events e LEFT JOIN processes p ON p.pid = e.parent WHERE e.event_type = 'exec' AND e.path = '/usr/bin/osascript';",
  benign:
    'Scripts of the device management that ask for the password to renew the FileVault key or to bind the Mac; small tools of administrators.',
  detect: ({ columns: { event_type, path, cmdline } }) =>
    isProgramStart({ event_type }) && baseName(path) === 'osascript' && hidesAnswer(cmdline.toLowerCase()),
  alertTitle: ({ host, columns }) =>
    `A script asks ${columns.username || 'a user'} for a password on ${host}: ${columns.cmdline}`,
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
    'Read the text of the dialog: is it one of the fleet’s own? If not, ask the user what they had just opened and whether they typed it in. Isolate the Mac, end all their sessions, change their passwords, and look at what the parent of the script did next (archives, uploads).',
  references: [
    'https://attack.mitre.org/techniques/T1056/002/',
    'https://attack.mitre.org/techniques/T1059/002/',
  ],
  tests: [
    {
      name: 'as stealers do',
      match: true,
      columns: {
        event_type: 'exec',
        path: '/usr/bin/osascript',
        cmdline:
          'osascript -e display dialog "macOS needs your password." default answer "" with icon caution with title "System Preferences" with hidden answer',
        username: 'ada',
        pid: '7',
        parent: '6',
        cwd: '/Volumes/Setup',
        time: '1700000000',
      },
      title:
        'A script asks ada for a password on test-host: osascript -e display dialog "macOS needs your password." default answer "" with icon caution with title "System Preferences" with hidden answer',
      dedup: 'test-host-id ada',
      severity: 'high',
      context: {
        command:
          'osascript -e display dialog "macOS needs your password." default answer "" with icon caution with title "System Preferences" with hidden answer',
        user: 'ada',
        pid: '7',
        parent: '6',
        folder: '/Volumes/Setup',
        time: '1700000000',
      },
    },
    {
      name: 'in the other spelling, over lines',
      match: true,
      columns: {
        path: '/usr/bin/osascript',
        cmdline: 'osascript -e Display Dialog "Password:"\ndefault answer ""\nhidden answer true',
      },
    },
    {
      name: 'in JavaScript',
      match: true,
      columns: {
        path: '/usr/bin/osascript',
        cmdline:
          'osascript -l JavaScript -e app.displayDialog("Password", {defaultAnswer: "", hiddenAnswer: true})',
      },
    },
    {
      name: 'a message',
      match: false,
      columns: {
        path: '/usr/bin/osascript',
        cmdline: 'osascript -e display dialog "The update is installed." buttons {"OK"}',
      },
    },
    {
      name: 'asks for a name',
      match: false,
      columns: {
        path: '/usr/bin/osascript',
        cmdline: 'osascript -e display dialog "Name of the Mac?" default answer ""',
      },
    },
    {
      name: 'the dialog of macOS itself',
      match: false,
      columns: {
        path: '/usr/bin/osascript',
        cmdline: 'osascript -e do shell script "/bin/ls" with administrator privileges',
      },
    },
    {
      name: 'another program',
      match: false,
      columns: { path: '/bin/echo', cmdline: 'echo display dialog with hidden answer' },
    },
    {
      name: 'it ends',
      match: false,
      columns: {
        event_type: 'exit',
        path: '/usr/bin/osascript',
        cmdline: 'osascript -e display dialog "Password:" with hidden answer',
      },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: {
        path: '/usr/bin/osascript',
        cmdline: 'osascript -e display dialog "Password:" with hidden answer',
      },
    },
  ],
})

function hidesAnswer(script: string): boolean {
  return (
    (script.includes('display dialog') && script.includes('hidden answer')) ||
    (script.includes('displaydialog') && script.includes('hiddenanswer'))
  )
}
