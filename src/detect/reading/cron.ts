/**
 * What stands in front of a job and is no user: a path, or a program that no account is called by. Logs and hand-made rows
 * name the file of the system without the user in the command.
 */
const NO_USER =
  /^\s*(?:[./~$"'(]|(?:nc|ncat|netcat|socat|telnet|curl|wget|dig|sh|bash|dash|zsh|ksh|python[\d.]*|perl|php|ruby|node|env|sudo|nohup|nice|cd|test|echo|find|tar|rsync)\s)/

/**
 * The command of a row of osquery's `crontab` table as the shell gets it: without the user, whom jobs of /etc/crontab and
 * /etc/cron.d name first and osquery leaves in the command, and with `\%` as `%` (crontab(5)).
 *
 * @example cronCommand({ command: 'root   /usr/bin/job', path: '/etc/crontab' }) // '/usr/bin/job'
 */
export function cronCommand({ command, path }: CronJob): string {
  if (last.command !== command || last.path !== path) last = { command, path, line: lineOf(command, path) }
  return last.line
}

interface CronJob {
  readonly command: string
  readonly path: string
}

/** The job last asked about: every rule about cron asks for the same row. */
let last: CronJob & { readonly line: string } = { command: '', path: '', line: '' }

function lineOf(command: string, path: string): string {
  const namesUser = /^\/etc\/cron(?:tab$|\.d\/)/.test(path) || /^root\s/.test(command)
  const own = namesUser && !NO_USER.test(command) ? command.replace(/^\s*\S+\s+/, '') : command
  return own.replaceAll('\\%', '%')
}
