import { type Command, commandsOf, isProgram } from '../../src/detect/reading/command.ts'
import { isHiddenPath, isWorldWritablePlace } from '../../src/detect/reading/paths.ts'
import {
  asTyped,
  isProgramStart,
  mentions,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { systemFileKind } from '../../src/detect/reading/system-files.ts'
import { anyOf } from '../../src/detect/reading/words.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const WORDS = anyOf('chattr')

export default rule({
  id: 'linux.makes-immutable',
  title: 'File that decides something is made unchangeable, or changeable again',
  severity: 'medium',
  on: joining(table('process_events', 'bpf_process_events'), 'parent_path'),
  attack: ['T1222.002'],
  detect: ({ columns }) =>
    isProgramStart(columns) &&
    mentions(columns.cmdline, WORDS) &&
    commandsOf(asTyped(columns.cmdline)).some(setsFlagOfInterest),
  alertTitle: ({ host, columns }) => `${host}: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'chattr +i keeps even root from changing a file. Intruders protect their keys, cron jobs and programs with it from those who clean up, and take it from files that the owner protected.',
  check:
    "SELECT path, mode, uid, mtime, ctime, attributes FROM file WHERE path IN ('/etc/passwd', '/etc/ld.so.preload', '/root/.ssh/authorized_keys');",
  benign:
    'Administrators who harden hosts, control panels for hosting, a resolv.conf that must stay as it is.',
  runbook:
    'Who ran it, and is it part of your hardening? If not: lsattr the file, take the flag off, and look at what is in it that someone wants to keep.',
  references: ['https://attack.mitre.org/techniques/T1222/002/'],
  tests: [
    {
      name: 'keeps a key',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/chattr',
        cmdline: 'chattr +ia /root/.ssh/authorized_keys',
        pid: '7',
        parent: '1',
        uid: '0',
        cwd: '/',
      },
      title: 'test-host: chattr +ia /root/.ssh/authorized_keys',
      dedup: 'test-host-id',
      severity: 'medium',
      context: {
        program: '/usr/bin/chattr',
        command: 'chattr +ia /root/.ssh/authorized_keys',
        pid: '7',
        parent: '1',
        folder: '/',
        uid: '0',
        euid: '',
        login: '',
        time: '',
      },
    },
    {
      name: 'opens the accounts',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'sudo chattr -i /etc/passwd /etc/shadow' },
    },
    {
      name: 'keeps a program in tmp',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'chattr +i /tmp/.x/a', syscall: 'execve' },
    },
    {
      name: 'a resolv.conf that stays',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'chattr +i /etc/resolv.conf' },
    },
    {
      name: 'no copies on write',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'chattr +C /var/lib/mysql' },
    },
    {
      name: 'recursively, elsewhere',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'chattr -R -i /srv/www' },
    },
    { name: 'looks', match: false, table: 'process_events', columns: { cmdline: 'lsattr /etc/passwd' } },
    {
      name: 'a fork',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'chattr -i /etc/passwd', syscall: 'clone' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'chattr -i /etc/passwd' },
    },
  ],
})

function setsFlagOfInterest(command: Command): boolean {
  if (!isProgram(command, 'chattr')) return false
  const sets = command.args.some(arg => /^[+=-][A-Za-z]{0,16}[ia]/.test(arg))
  return (
    sets &&
    command.args.some(
      arg =>
        arg.startsWith('/') &&
        (systemFileKind(arg) !== null || (isWorldWritablePlace(arg) && isHiddenPath(arg))),
    )
  )
}
