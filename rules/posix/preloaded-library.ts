import { oddPlaceOf } from '../../src/detect/reading/odd-place.ts'
import { isUserHome, meantPath } from '../../src/detect/reading/paths.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

const VARIABLES = new Set(['LD_PRELOAD', 'LD_AUDIT', 'DYLD_INSERT_LIBRARIES'])

/** A value that names more is judged by these. */
const LIBRARIES_MAX = 50

export default rule({
  id: 'posix.preloaded-library',
  title: 'Program is made to load a library from a place of users',
  severity: 'high',
  on: joining(table('process_envs'), 'program', 'cmdline'),
  attack: ['T1574.006'],
  dedup: ({ hostId, columns }) => `${hostId} ${oddLibrary(columns.value)}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => VARIABLES.has(columns.key) && oddLibrary(columns.value) !== '',
  // Steam and its like run games this way from a home.
  dynamicSeverity: ({ columns }) => (isUserHome(oddLibrary(columns.value)) ? 'low' : undefined),
  alertTitle: ({ host, columns }) =>
    `${columns.program ?? `Process ${columns.pid}`} on ${host} loads ${oddLibrary(columns.value)}`,
  context: ({ columns }) => ({
    pid: columns.pid,
    program: columns.program,
    command: columns.cmdline?.slice(0, 2000),
    variable: columns.key,
    value: columns.value.slice(0, 2000),
  }),
  means:
    'The library comes before all others, so whoever wrote it decides what the program sees and does: it can hide files and connections, or take down passwords.',
  check:
    "SELECT e.pid, p.path, p.cmdline, p.uid, e.key, e.value FROM processes p JOIN process_envs e USING (pid) WHERE e.key IN ('LD_PRELOAD', 'LD_AUDIT', 'DYLD_INSERT_LIBRARIES');",
  benign: 'Games, tools that measure memory, tests; most come from a home folder, which is rated low.',
  runbook:
    'Is the library part of something installed? If it lies in /tmp, /dev/shm or a hidden folder: copy it with its hash, see which processes have it (process_envs, process_memory_map), isolate the host and find who set the variable (profile files, units, cron).',
  references: ['https://attack.mitre.org/techniques/T1574/006/'],
  tests: [
    {
      name: 'out of shared memory',
      match: true,
      columns: {
        pid: '7',
        key: 'LD_PRELOAD',
        value: '/dev/shm/.x.so',
        program: '/usr/sbin/sshd',
        cmdline: '/usr/sbin/sshd -D',
      },
      title: '/usr/sbin/sshd on test-host loads /dev/shm/.x.so',
      dedup: 'test-host-id /dev/shm/.x.so',
      severity: 'high',
      context: {
        pid: '7',
        program: '/usr/sbin/sshd',
        command: '/usr/sbin/sshd -D',
        variable: 'LD_PRELOAD',
        value: '/dev/shm/.x.so',
      },
    },
    {
      name: 'behind a harmless one',
      match: true,
      columns: { pid: '7', key: 'LD_PRELOAD', value: 'libjemalloc.so.2:/usr/lib/.x/a.so' },
    },
    {
      name: 'a game',
      match: true,
      columns: {
        pid: '7',
        key: 'LD_PRELOAD',
        value: '/home/ada/.local/share/Steam/ubuntu12_32/gameoverlayrenderer.so',
      },
      severity: 'low',
    },
    {
      name: 'on a Mac',
      match: true,
      columns: { pid: '7', key: 'DYLD_INSERT_LIBRARIES', value: '/private/tmp/a.dylib' },
    },
    {
      name: 'another way to allot memory',
      match: false,
      columns: { key: 'LD_PRELOAD', value: '/usr/lib/x86_64-linux-gnu/libjemalloc.so.2' },
    },
    { name: 'by its name', match: false, columns: { key: 'LD_PRELOAD', value: 'libeatmydata.so' } },
    { name: 'an agent', match: false, columns: { key: 'LD_PRELOAD', value: '/opt/agent/lib/inject.so' } },
    {
      name: 'of an environment of Python',
      match: false,
      columns: { key: 'LD_PRELOAD', value: '/opt/ml/.venv/lib/libtcmalloc.so.4' },
    },
    { name: 'empty', match: false, columns: { key: 'LD_PRELOAD', value: '' } },
    { name: 'another variable', match: false, columns: { key: 'TMPDIR', value: '/tmp/a' } },
    { name: 'ended', match: false, action: 'removed', columns: { key: 'LD_PRELOAD', value: '/tmp/a.so' } },
  ],
})

/** The first library of the list that lies where users put files, or `''`. */
function oddLibrary(value: string): string {
  return (
    value
      .split(/[:\s]/, LIBRARIES_MAX)
      .map(meantPath)
      .find(path => path.startsWith('/') && (oddPlaceOf(path) !== null || isUserHome(path))) ?? ''
  )
}
