/**
 * The command of a row of osquery's `crontab` table as the shell gets it: without the user, whom jobs of /etc/crontab and
 * /etc/cron.d name first and osquery leaves in the command, and with `\%` as `%` (crontab(5)).
 *
 * @example cronCommand({ command: 'root   /usr/bin/job', path: '/etc/crontab' }) // '/usr/bin/job'
 */
export function cronCommand({ command, path }: { readonly command: string; readonly path: string }): string {
  const namesUser = /^\/etc\/cron(?:tab$|\.d\/)/.test(path) || /^root\s/.test(command)
  const own = namesUser ? command.replace(/^\s*\S+\s+/, '') : command
  return own.replaceAll('\\%', '%')
}
