import { rule, table } from '../../src/detect/rule.ts'

/** Settings of the kernel and the value that takes a defence away, with what that means. */
const OFF: ReadonlyMap<string, string> = new Map([
  ['kernel.randomize_va_space=0', 'programs lie at the same addresses each time, which makes exploits easy'],
  ['kernel.yama.ptrace_scope=0', 'a program may read the memory of others of its user'],
  ['kernel.kptr_restrict=0', 'anyone may read the addresses of the kernel'],
  ['kernel.unprivileged_bpf_disabled=0', 'anyone may load programs into the kernel'],
  ['fs.protected_hardlinks=0', 'anyone may link to files of others in /tmp'],
  ['fs.protected_symlinks=0', 'anyone may lead programs of others astray in /tmp'],
  ['fs.suid_dumpable=1', 'programs that run as root leave their memory behind when they crash'],
  ['vm.mmap_min_addr=0', 'faults of the kernel can be used to become root'],
])

export default rule({
  id: 'linux.kernel-defence-off',
  title: 'A defence of the kernel was switched off',
  severity: 'medium',
  on: table('system_controls'),
  attack: ['T1562'],
  initial: 'ignore',
  detect: ({ columns }) => OFF.has(setting(columns)),
  alertTitle: ({ host, columns }) => `${setting(columns)} on ${host}`,
  context: ({ columns }) => ({ setting: setting(columns), means: OFF.get(setting(columns)) ?? '' }),
  means:
    'The kernel makes common attacks hard by settings like this one. Someone who can change it is root already, and does so to make an exploit work, to read the memory of other programs, or to be able to come back.',
  check:
    "SELECT name, current_value, config_value FROM system_controls WHERE name IN ('kernel.randomize_va_space', 'kernel.yama.ptrace_scope', 'kernel.kptr_restrict', 'kernel.unprivileged_bpf_disabled', 'fs.protected_symlinks');",
  benign:
    'Debugging (gdb -p, perf, rr), fuzzing, old software that can not live with it; a reboot into another kernel with other defaults.',
  runbook:
    'Ask the owner of the host. If nobody knows of it: set it back with sysctl, see who was root (last, shell_history), and look at what ran right after the change.',
  references: [
    'https://attack.mitre.org/techniques/T1562/',
    'https://docs.kernel.org/admin-guide/sysctl/kernel.html',
  ],
  tests: [
    {
      name: 'addresses are no longer random',
      match: true,
      columns: { name: 'kernel.randomize_va_space', current_value: '0' },
      title: 'kernel.randomize_va_space=0 on test-host',
      dedup: 'test-host-id',
      severity: 'medium',
      context: {
        setting: 'kernel.randomize_va_space=0',
        means: 'programs lie at the same addresses each time, which makes exploits easy',
      },
    },
    {
      name: 'memory of others',
      match: true,
      columns: { name: 'kernel.yama.ptrace_scope', current_value: '0' },
    },
    { name: 'on again', match: false, columns: { name: 'kernel.randomize_va_space', current_value: '2' } },
    { name: 'another setting', match: false, columns: { name: 'kernel.panic', current_value: '0' } },
    { name: 'no value', match: false, columns: { name: 'kernel.randomize_va_space' } },
    {
      name: 'so before anyone looked',
      match: false,
      counter: '0',
      columns: { name: 'kernel.yama.ptrace_scope', current_value: '0' },
    },
    {
      name: 'the old value goes',
      match: false,
      action: 'removed',
      columns: { name: 'kernel.randomize_va_space', current_value: '0' },
    },
  ],
})

function setting({
  name,
  current_value: value,
}: {
  readonly name: string
  readonly current_value: string
}): string {
  return `${name}=${value.trim()}`
}
