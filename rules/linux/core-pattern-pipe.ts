import { isUnder, isWorldWritablePlace } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'linux.core-pattern-pipe',
  title: 'The kernel starts a strange program when another crashes',
  severity: 'high',
  on: table('system_controls'),
  attack: ['T1611', 'T1546'],
  detect: ({ columns }) => {
    const program = handlerOf(columns)
    if (program === null) return false
    // systemd-coredump, apport, abrt and their like are installed here.
    const isInstalled =
      isUnder(program, '/usr', '/lib', '/sbin', '/bin', '/opt') && !isUnder(program, '/usr/tmp')
    return !isInstalled || isWorldWritablePlace(program)
  },
  alertTitle: ({ host, columns }) => `Crashes on ${host} start ${handlerOf(columns) ?? 'a program'}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({ core_pattern: columns.current_value, program: handlerOf(columns) ?? '' }),
  means:
    'The kernel runs this program as root, outside of every container, whenever any program crashes. Whoever may write the setting from inside a container crashes a program of their own and is root on the host.',
  check: "SELECT name, current_value, config_value FROM system_controls WHERE name = 'kernel.core_pattern';",
  benign: 'A crash handler of a vendor in a folder of its own, a developer who collects dumps by a script.',
  runbook:
    'Look at the program: what is it, who wrote it and when? A path below /var/lib/docker, /var/lib/containerd or /proc is a container reaching for its host. Set the pattern back (sysctl kernel.core_pattern=core), isolate the host, find which container may write /proc/sys.',
  references: [
    'https://attack.mitre.org/techniques/T1611/',
    'https://man7.org/linux/man-pages/man5/core.5.html',
  ],
  tests: [
    {
      name: 'from the folder of a container',
      match: true,
      columns: { name: 'kernel.core_pattern', current_value: '|/var/lib/docker/overlay2/ab/diff/x %p' },
      title: 'Crashes on test-host start /var/lib/docker/overlay2/ab/diff/x',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        core_pattern: '|/var/lib/docker/overlay2/ab/diff/x %p',
        program: '/var/lib/docker/overlay2/ab/diff/x',
      },
    },
    {
      name: 'out of memory, there before anyone looked',
      match: true,
      counter: '0',
      columns: { name: 'kernel.core_pattern', current_value: '|/dev/shm/a' },
    },
    {
      name: 'by a roundabout path',
      match: true,
      columns: { name: 'kernel.core_pattern', current_value: '|/usr/../tmp/a %P' },
    },
    {
      name: 'systemd',
      match: false,
      columns: {
        name: 'kernel.core_pattern',
        current_value: '|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c %h',
      },
    },
    {
      name: 'Ubuntu',
      match: false,
      columns: {
        name: 'kernel.core_pattern',
        current_value: '|/usr/share/apport/apport -p%p -s%s -c%c -d%d -P%P',
      },
    },
    {
      name: 'Red Hat',
      match: false,
      columns: { name: 'kernel.core_pattern', current_value: '|/lib/abrt-hook-ccpp %s %c' },
    },
    {
      name: 'a file',
      match: false,
      columns: { name: 'kernel.core_pattern', current_value: '/tmp/core.%e.%p' },
    },
    { name: 'another setting', match: false, columns: { name: 'kernel.modprobe', current_value: '|/tmp/a' } },
    {
      name: 'the old value goes',
      match: false,
      action: 'removed',
      columns: { name: 'kernel.core_pattern', current_value: '|/tmp/a' },
    },
  ],
})

/** The program that the kernel starts, or null when it writes a file. */
function handlerOf({
  name,
  current_value: value,
}: {
  readonly name: string
  readonly current_value: string
}): string | null {
  if (name !== 'kernel.core_pattern' || !value.startsWith('|')) return null
  return value.slice(1).trimStart().split(' ', 1)[0] ?? ''
}
