import { baseName } from '../../src/detect/reading/paths.ts'
import { isProgramStart } from '../../src/detect/reading/program-start.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'macos.launch-item-made-by-command',
  title: 'A command writes a launch item',
  severity: 'medium',
  on: table('es_process_events'),
  attack: ['T1543.001', 'T1543.004', 'T1647'],
  means:
    'PlistBuddy wrote a launch item that starts by itself, line by line, instead of an installer that brings it as a file. Malware does this to leave nothing in its package that a scanner could find.',
  check:
    "SELECT l.path, l.label, l.program, l.program_arguments, l.run_at_load, f.btime, f.uid FROM launchd l JOIN file f ON f.path = l.path WHERE l.path NOT LIKE '/System/%' ORDER BY f.btime DESC LIMIT 20;",
  benign: 'Scripts of administrators and developers, the script in the package of a small product.',
  detect: ({ columns: { event_type, path, cmdline } }) =>
    isProgramStart({ event_type }) &&
    baseName(path) === 'PlistBuddy' &&
    /\/Launch(?:Agents|Daemons)\//.test(cmdline) &&
    WRITES.some(verb => cmdline.includes(verb)) &&
    STARTS.some(key => cmdline.includes(key)),
  alertTitle: ({ host, columns }) => `A command writes a launch item on ${host}: ${columns.cmdline}`,
  // An item takes several commands.
  dedup: ({ hostId, columns }) => `${hostId} ${columns.cmdline.split(' ').at(-1) ?? ''}`,
  context: ({ columns }) => ({
    command: columns.cmdline,
    user: columns.username,
    pid: columns.pid,
    parent: columns.parent,
    folder: columns.cwd,
    time: columns.time,
  }),
  runbook:
    'Read the launch item: what does it start, and who signed that? Which program ran the command (parent), and where was it downloaded from? If no administrator owns up: launchctl bootout the item, keep the files, isolate the Mac.',
  references: [
    'https://attack.mitre.org/techniques/T1543/001/',
    'https://attack.mitre.org/techniques/T1647/',
    'https://redcanary.com/blog/clipping-silver-sparrows-wings/',
  ],
  tests: [
    {
      name: 'starts at login',
      match: true,
      columns: {
        event_type: 'exec',
        path: '/usr/libexec/PlistBuddy',
        cmdline: 'PlistBuddy -c Add :RunAtLoad bool true /Users/ada/Library/LaunchAgents/init.plist',
        username: 'ada',
        pid: '7',
        parent: '6',
        cwd: '/',
        time: '1700000000',
      },
      title:
        'A command writes a launch item on test-host: PlistBuddy -c Add :RunAtLoad bool true /Users/ada/Library/LaunchAgents/init.plist',
      dedup: 'test-host-id /Users/ada/Library/LaunchAgents/init.plist',
      severity: 'medium',
      context: {
        command: 'PlistBuddy -c Add :RunAtLoad bool true /Users/ada/Library/LaunchAgents/init.plist',
        user: 'ada',
        pid: '7',
        parent: '6',
        folder: '/',
        time: '1700000000',
      },
    },
    {
      name: 'what it runs',
      match: true,
      columns: {
        path: '/usr/libexec/PlistBuddy',
        cmdline:
          'PlistBuddy -c Set :ProgramArguments:0 string /tmp/a /Library/LaunchDaemons/com.example.plist',
      },
    },
    {
      name: 'reads an item',
      match: false,
      columns: {
        path: '/usr/libexec/PlistBuddy',
        cmdline: 'PlistBuddy -c Print :RunAtLoad /Library/LaunchDaemons/com.example.plist',
      },
    },
    {
      name: 'another setting of an item',
      match: false,
      columns: {
        path: '/usr/libexec/PlistBuddy',
        cmdline: 'PlistBuddy -c Set :StandardOutPath /var/log/a.log /Library/LaunchDaemons/com.example.plist',
      },
    },
    {
      name: 'the version of an app that is built',
      match: false,
      columns: {
        path: '/usr/libexec/PlistBuddy',
        cmdline: 'PlistBuddy -c Set :CFBundleVersion 7 Info.plist',
      },
    },
    {
      name: 'another program',
      match: false,
      columns: {
        path: '/bin/echo',
        cmdline: 'echo Add :RunAtLoad bool true /Users/ada/Library/LaunchAgents/init.plist',
      },
    },
    {
      name: 'it ends',
      match: false,
      columns: {
        event_type: 'exit',
        path: '/usr/libexec/PlistBuddy',
        cmdline: 'PlistBuddy -c Add :RunAtLoad bool true /Users/ada/Library/LaunchAgents/init.plist',
      },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: {
        path: '/usr/libexec/PlistBuddy',
        cmdline: 'PlistBuddy -c Add :RunAtLoad bool true /Users/ada/Library/LaunchAgents/init.plist',
      },
    },
  ],
})

const WRITES = ['Add ', 'Set ', 'Merge ', 'Import ']
/** What makes an item start, and what it then runs. */
const STARTS = [':RunAtLoad', ':KeepAlive', ':StartInterval', ':ProgramArguments', ':Program ']
