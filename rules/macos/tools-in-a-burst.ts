import { baseName } from '../../src/detect/reading/paths.ts'
import { isProgramStart } from '../../src/detect/reading/program-start.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Tools of the system that look around, fetch, pack and cover up. */
const TOOLS = new Set(['find', 'crontab', 'screencapture', 'openssl', 'curl', 'wget', 'killall', 'funzip'])

export default rule({
  id: 'macos.tools-in-a-burst',
  title: 'One user starts many of the tools that intruders use',
  severity: 'low',
  on: table('es_process_events'),
  attack: ['T1059.004', 'T1083', 'T1105'],
  means:
    'Within a quarter of an hour one account used four or more of the tools that scripts of malware for macOS are made of: search, download, decrypt, unpack, take the screen, kill, plan. Each alone is ordinary.',
  check:
    "SELECT time, pid, parent, path, cmdline, cwd, username FROM es_process_events WHERE event_type = 'exec' AND path IN ('/usr/bin/find', '/usr/bin/crontab', '/usr/sbin/screencapture', '/usr/bin/openssl', '/usr/bin/curl', '/usr/bin/killall', '/usr/bin/funzip') ORDER BY time;",
  benign:
    'Install and build scripts of developers, maintenance scripts. Root is left out, for its scripts do this daily.',
  detect: ({ columns: { event_type, path, username } }) =>
    isProgramStart({ event_type }) && username !== 'root' && TOOLS.has(baseName(path)),
  threshold: 4,
  unique: ({ columns }) => baseName(columns.path),
  dedupPeriod: '15m',
  dedup: ({ hostId, columns }) => `${hostId} ${columns.username}`,
  alertTitle: ({ host, columns }) =>
    `${columns.username || 'A user'} on ${host} starts many of the tools that intruders use`,
  context: ({ columns }) => ({
    program: columns.path,
    command: columns.cmdline,
    user: columns.username,
    pid: columns.pid,
    parent: columns.parent,
    time: columns.time,
  }),
  runbook:
    'Read the command lines in order: one script, or a person? Which program started them? crontab, screencapture and openssl enc together with a download are the telling ones. If the user can’t explain it, treat it as an intrusion.',
  references: ['https://attack.mitre.org/techniques/T1059/004/'],
  tests: [
    {
      name: 'one of the tools',
      match: true,
      columns: {
        event_type: 'exec',
        path: '/usr/bin/curl',
        cmdline: 'curl -O http://192.0.2.7/a',
        username: 'ada',
        pid: '7',
        parent: '6',
        time: '1700000000',
      },
      title: 'ada on test-host starts many of the tools that intruders use',
      dedup: 'test-host-id ada',
      unique: 'curl',
      severity: 'low',
      context: {
        program: '/usr/bin/curl',
        command: 'curl -O http://192.0.2.7/a',
        user: 'ada',
        pid: '7',
        parent: '6',
        time: '1700000000',
      },
    },
    {
      name: 'the same tool elsewhere counts once',
      match: true,
      columns: { path: '/opt/homebrew/bin/wget', username: 'ada' },
      unique: 'wget',
    },
    { name: 'another tool', match: false, columns: { path: '/bin/ls', username: 'ada' } },
    { name: 'root', match: false, columns: { path: '/usr/bin/find', username: 'root' } },
    {
      name: 'it ends',
      match: false,
      columns: { event_type: 'exit', path: '/usr/bin/curl', username: 'ada' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: { path: '/usr/bin/curl', username: 'ada' },
    },
  ],
})
