import { joining, rule, table } from '../../src/detect/rule.ts'

/** Variables that keep a shell from writing its history, and the values that do it. */
const OFF: Readonly<Record<string, readonly string[]>> = {
  HISTFILE: ['/dev/null', '/dev/zero'],
  HISTSIZE: ['0'],
  HISTFILESIZE: ['0'],
}

export default rule({
  id: 'posix.history-off',
  title: 'Shell was told to keep no history',
  severity: 'low',
  on: joining(table('process_envs'), 'program', 'cmdline', 'uid'),
  attack: ['T1562.003'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.uid ?? ''}`,
  dedupPeriod: '24h',
  detect: ({ columns }) =>
    Object.hasOwn(OFF, columns.key) && OFF[columns.key]?.includes(columns.value) === true,
  alertTitle: ({ host, columns }) =>
    `${columns.program ?? `Process ${columns.pid}`} on ${host} keeps no history (${columns.key}=${columns.value})`,
  context: ({ columns }) => ({
    pid: columns.pid,
    program: columns.program,
    command: columns.cmdline?.slice(0, 2000),
    uid: columns.uid,
    variable: columns.key,
    value: columns.value,
  }),
  means:
    'What is typed in this shell will not be found in its history. Intruders set it first; it also travels to all programs that the shell starts.',
  check:
    "SELECT e.pid, p.path, p.cmdline, p.uid, p.start_time, e.key, e.value FROM processes p JOIN process_envs e USING (pid) WHERE e.key IN ('HISTFILE', 'HISTSIZE', 'HISTFILESIZE');",
  benign:
    'Images of containers and accounts of automation that want no history, people who work with passwords on the command line.',
  runbook:
    'Is it set in an image or profile of yours? If a person set it by hand: whose session is it (logged_in_users, parent), and what else did it do (process events)?',
  references: ['https://attack.mitre.org/techniques/T1562/003/'],
  tests: [
    {
      name: 'to nowhere',
      match: true,
      columns: {
        pid: '7',
        key: 'HISTFILE',
        value: '/dev/null',
        program: '/usr/bin/bash',
        cmdline: '-bash',
        uid: '0',
      },
      title: '/usr/bin/bash on test-host keeps no history (HISTFILE=/dev/null)',
      dedup: 'test-host-id 0',
      severity: 'low',
      context: {
        pid: '7',
        program: '/usr/bin/bash',
        command: '-bash',
        uid: '0',
        variable: 'HISTFILE',
        value: '/dev/null',
      },
    },
    { name: 'no lines', match: true, columns: { pid: '7', key: 'HISTSIZE', value: '0' } },
    { name: 'its usual place', match: false, columns: { key: 'HISTFILE', value: '/home/ada/.bash_history' } },
    { name: 'many lines', match: false, columns: { key: 'HISTSIZE', value: '10000' } },
    { name: 'another variable', match: false, columns: { key: 'OUTPUT', value: '/dev/null' } },
    { name: 'a name of every object', match: false, columns: { key: 'constructor', value: '0' } },
    {
      name: 'ended',
      match: false,
      action: 'removed',
      columns: { key: 'HISTFILE', value: '/dev/null' },
    },
  ],
})
