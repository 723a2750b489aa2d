import { commandsOf, mayRun } from '../../src/detect/reading/command.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.aws-command',
  title: 'AWS command typed on a server',
  severity: 'info',
  on: joining(table('shell_history'), 'username'),
  attack: ['T1059.009', 'T1078.004'],
  // Shells that keep no time say 0: such rows are taken for new unless they are of a first result.
  freshness: { column: 'time', within: '24h', untimed: 'match' },
  dedup: ({ hostId, columns }) => `${hostId} ${columns.username || columns.uid}`,
  dedupPeriod: '24h',
  // Whoever works with the cloud does so from a Mac; on a server it is the server's own role that is used.
  detect: ({ columns, platform, decorations }) =>
    (platform || decorations['platform']) !== 'darwin' &&
    mayRun(columns.command, ['aws']) &&
    commandsOf(columns.command).some(({ program }) => program === 'aws'),
  alertTitle: ({ host, columns }) =>
    `${columns.username || `uid ${columns.uid}`} ran an aws command on ${host}: ${columns.command}`,
  context: ({ columns }) => ({
    user: columns.username ?? '',
    uid: columns.uid,
    command: columns.command,
    time: columns.time,
    history_file: columns.history_file,
  }),
  means:
    'Somebody used the command line of AWS on a server, with the keys or the role that lie there. It is how intruders look around after they have found such keys: who am I, which buckets, which other roles.',
  check:
    "SELECT u.username, h.time, h.command FROM users u CROSS JOIN shell_history h USING (uid) WHERE h.command LIKE '%aws %' ORDER BY h.time DESC;",
  benign: 'Administrators and deployments that work on the server itself; jump hosts.',
  runbook:
    'Ask the user by another way than this account. If it was not they: look at what else was typed, take the rights of the role or key away, and follow it in CloudTrail from the time of the first command.',
  references: [
    'https://attack.mitre.org/techniques/T1059/009/',
    'https://attack.mitre.org/techniques/T1078/004/',
  ],
  replaces: ['Osquery.Linux.AWSCommandExecuted'],
  tests: [
    {
      name: 'typed',
      match: true,
      columns: {
        command: 'aws s3 ls',
        uid: '1000',
        username: 'ada',
        time: '1699999700',
        history_file: '/home/ada/.bash_history',
      },
      title: 'ada ran an aws command on test-host: aws s3 ls',
      dedup: 'test-host-id ada',
      severity: 'info',
      context: {
        user: 'ada',
        uid: '1000',
        command: 'aws s3 ls',
        time: '1699999700',
        history_file: '/home/ada/.bash_history',
      },
    },
    {
      name: 'in a shell that keeps no time',
      match: true,
      columns: { command: 'aws s3 ls', uid: '0', time: '0' },
    },
    { name: 'with a variable before it', match: true, columns: { command: 'AWS_PROFILE=prod aws s3 ls' } },
    { name: 'as root', match: true, columns: { command: 'sudo aws s3 ls' } },
    { name: 'through aws-vault', match: true, columns: { command: 'aws-vault exec prod -- aws s3 ls' } },
    { name: 'by its path', match: true, columns: { command: '/usr/local/bin/aws s3 ls' } },
    {
      name: 'after another command',
      match: true,
      columns: { command: 'cd /srv && aws s3 sync . s3://example' },
    },
    {
      name: 'within another command',
      match: true,
      columns: { command: 'echo "$(aws sts get-caller-identity)"' },
    },
    { name: 'with a quote that never closes', match: true, columns: { command: 'aws s3 cp "a' } },
    {
      name: 'on a Mac',
      match: false,
      decorations: { platform: 'darwin' },
      columns: { command: 'aws sts get-caller-identity' },
    },
    {
      name: 'on a Mac, by its enrollment',
      match: false,
      platform: 'darwin',
      columns: { command: 'aws s3 ls' },
    },
    { name: 'only spoken of', match: false, columns: { command: 'grep aws /var/log/syslog' } },
    { name: 'a longer name', match: false, columns: { command: 'awslogs get group' } },
    { name: 'an open quote', match: false, columns: { command: "unopened '" } },
    { name: 'nothing', match: false, columns: { command: '' } },
    { name: 'blanks', match: false, columns: { command: '   ' } },
    { name: 'long ago', match: false, columns: { command: 'aws s3 ls', time: '1600000000' } },
    {
      name: 'when the history is first read',
      match: false,
      counter: '0',
      columns: { command: 'aws s3 ls', time: '0' },
    },
    { name: 'the history is cut', match: false, action: 'removed', columns: { command: 'aws s3 ls' } },
  ],
})
