/**
 * Programs that are handed a connection as their standard input and output, by inetd, xinetd, launchd or systemd
 * (`StandardInput=socket`), from their manuals. Only trusted in the folders of the system.
 */
export const INETD_PROGRAMS = {
  checked: '2026-11-24',
  names: new Set<string>([
    'sshd',
    'sshd-session',
    'sshd-auth',
    'sshd-keygen-wrapper',
    'rsync',
    'git',
    'git-daemon',
    'in.tftpd',
    'in.telnetd',
    'in.ftpd',
    'in.fingerd',
    'in.identd',
    'in.rshd',
    'in.rlogind',
    'tftpd',
    'telnetd',
    'ftpd',
    'vsftpd',
    'proftpd',
    'pure-ftpd',
    'cups-lpd',
    'swat',
    'amandad',
    'uucico',
    'nbd-server',
    'qmail-smtpd',
    'exim4',
    'exim',
  ]),
  /** Scripts that are served this way: the shell that runs them has the connection. */
  scripts: ['/usr/bin/check_mk_agent'],
} as const
