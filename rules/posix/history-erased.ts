import { type Command, commandsOf, hasOption, isProgram } from '../../src/detect/reading/command.ts'
import { baseName, meantPath } from '../../src/detect/reading/paths.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

/** Variables that say where and how much of a history is kept. */
const HISTORY_VARIABLE = /^(?:HISTFILE|HISTSIZE|HISTFILESIZE|SAVEHIST|HISTCONTROL|HISTIGNORE)$/
const SWITCHED_OFF = /^(?:HISTFILE=(?:\/dev\/null|)|HISTSIZE=0|HISTFILESIZE=0|SAVEHIST=0|HISTIGNORE=\*)$/
const HISTORY_FILE = /^\.(?:bash|zsh|sh|python|mysql|psql)_history$|^\.zhistory$/
/** `> ~/.bash_history`, `cat /dev/null > …`: redirections are no words of a command. */
const OVERWRITTEN = /(?:^|[^>0-9&])>\|?\s{0,8}(?:\S{0,200}\/)?\.(?:bash|zsh|sh)_history(?:\s|;|&|$)/

export default rule({
  id: 'posix.history-erased',
  title: 'Somebody hid what they typed',
  severity: 'medium',
  on: joining(table('shell_history'), 'username'),
  attack: ['T1070.003', 'T1562.003'],
  freshness: { column: 'time', within: '24h', untimed: 'match' },
  detect: ({ columns: { command } }) =>
    /hist|HIST/.test(command) && (commandsOf(command).some(erases) || OVERWRITTEN.test(command)),
  alertTitle: ({ host, columns }) =>
    `${columns.username || `uid ${columns.uid}`} on ${host} hid what they typed: ${columns.command}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.uid}`,
  context: ({ columns }) => ({
    user: columns.username ?? '',
    uid: columns.uid,
    command: columns.command,
    time: columns.time,
    history_file: columns.history_file,
  }),
  means:
    'The shell was told to forget or not to write down what is typed. That this line was kept all the same means that it came too late, or that another session wrote it. What was typed before is what somebody did not want to be seen.',
  check:
    'SELECT u.username, h.time, h.command, h.history_file FROM users u CROSS JOIN shell_history h USING (uid) ORDER BY h.time;',
  benign:
    'People who typed a password by mistake, preparation of an image, settings that somebody copied from the web.',
  runbook:
    'Margay keeps the rows of shell_history that were sent before: read them for this account. What ran since is in process_events. Ask the person; if it was not they, treat the account as taken over.',
  references: [
    'https://attack.mitre.org/techniques/T1070/003/',
    'https://attack.mitre.org/techniques/T1562/003/',
  ],
  tests: [
    {
      name: 'forgets the session',
      match: true,
      unixTime: 1_700_000_000,
      columns: {
        uid: '1000',
        username: 'ada',
        command: 'history -c && exit',
        time: '1699999000',
        history_file: '/home/ada/.bash_history',
      },
      title: 'ada on test-host hid what they typed: history -c && exit',
      dedup: 'test-host-id 1000',
      severity: 'medium',
      context: {
        user: 'ada',
        uid: '1000',
        command: 'history -c && exit',
        time: '1699999000',
        history_file: '/home/ada/.bash_history',
      },
    },
    {
      name: 'keeps nothing',
      match: true,
      columns: { command: 'unset HISTFILE HISTSAVE HISTLOG', time: '0' },
    },
    { name: 'keeps it nowhere', match: true, columns: { command: 'export HISTFILE=/dev/null', time: '0' } },
    {
      name: 'for one program',
      match: true,
      columns: { command: 'HISTFILE=/dev/null HISTSIZE=0 bash', time: '0' },
    },
    { name: 'by an option', match: true, columns: { command: 'set +o history', time: '0' } },
    { name: 'deletes the file', match: true, columns: { command: 'rm -f ~/.bash_history', time: '0' } },
    {
      name: 'tears it up',
      match: true,
      columns: { command: 'sudo shred -u /root/.bash_history', time: '0' },
    },
    {
      name: 'leads it away',
      match: true,
      columns: { command: 'ln -sf /dev/null ~/.bash_history', time: '0' },
    },
    {
      name: 'empties it',
      match: true,
      columns: { command: 'cat /dev/null > ~/.bash_history && history -c', time: '0' },
    },
    { name: 'empties it the short way', match: true, columns: { command: '>~/.bash_history', time: '0' } },
    { name: 'reads it', match: false, columns: { command: 'history | grep ssh', time: '0' } },
    { name: 'deletes one line', match: false, columns: { command: 'history -d 512', time: '0' } },
    { name: 'keeps more', match: false, columns: { command: 'export HISTSIZE=100000', time: '0' } },
    { name: 'adds to it', match: false, columns: { command: 'echo x >> ~/.bash_history', time: '0' } },
    { name: 'looks for it', match: false, columns: { command: 'grep -r HISTFILE /etc', time: '0' } },
    { name: 'another program of this name', match: false, columns: { command: 'git history -c', time: '0' } },
    {
      name: 'long ago',
      match: false,
      unixTime: 1_700_000_000,
      columns: { command: 'history -c', time: '1690000000' },
    },
    {
      name: 'before anyone looked',
      match: false,
      counter: '0',
      columns: { command: 'history -c', time: '0' },
    },
    {
      name: 'the line leaves the history',
      match: false,
      action: 'removed',
      columns: { command: 'history -c', time: '0' },
    },
  ],
})

function erases(command: Command): boolean {
  const { args, assignments, program } = command
  if (assignments.some(isSwitchedOff)) return true
  switch (program) {
    case 'history':
      return hasOption(command, 'c')
    case 'unset':
      return args.some(word => HISTORY_VARIABLE.test(word))
    case 'export':
    case 'set':
    case 'declare':
    case 'typeset':
      return args.some(isSwitchedOff) || (program === 'set' && args[0] === '+o' && args[1] === 'history')
    default:
      return isProgram(command, 'rm', 'shred', 'unlink', 'truncate', 'ln', 'srm') && args.some(isHistoryFile)
  }
}

function isSwitchedOff(word: string): boolean {
  return SWITCHED_OFF.test(word)
}

function isHistoryFile(word: string): boolean {
  return HISTORY_FILE.test(baseName(meantPath(word)))
}
