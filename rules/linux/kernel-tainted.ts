import { int } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Bits of kernel.tainted (the kernel's admin-guide/tainted-kernels). */
const PROPRIETARY = 1
const FORCED = 2
const OUT_OF_TREE = 4096
const UNSIGNED = 8192

export default rule({
  id: 'linux.kernel-tainted',
  title: 'The kernel took in a module that nobody signed',
  severity: 'high',
  on: table('system_controls'),
  attack: ['T1014', 'T1547.006'],
  initial: 'ignore',
  detect: ({ columns }) =>
    columns.name === 'kernel.tainted' && (taintOf(columns.current_value) & (UNSIGNED | FORCED)) !== 0,
  // A proprietary driver (NVIDIA, ZFS) is not signed either on hosts without Secure Boot.
  dynamicSeverity: ({ columns }) =>
    (taintOf(columns.current_value) & PROPRIETARY) !== 0 ? 'medium' : undefined,
  alertTitle: ({ host, columns }) =>
    `The kernel of ${host} took in a module that nobody signed (tainted ${columns.current_value})`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    tainted: columns.current_value,
    unsigned: (taintOf(columns.current_value) & UNSIGNED) !== 0,
    forced: (taintOf(columns.current_value) & FORCED) !== 0,
    out_of_tree: (taintOf(columns.current_value) & OUT_OF_TREE) !== 0,
    proprietary: (taintOf(columns.current_value) & PROPRIETARY) !== 0,
  }),
  means:
    'The kernel remembers that since it started a module was loaded that its builders did not sign, or by force. A rootkit can hide its module from the list; few think of this number. It stays until the next start.',
  check:
    "SELECT m.name, m.size, m.status, t.current_value AS tainted FROM kernel_modules m, system_controls t WHERE t.name = 'kernel.tainted';",
  benign:
    'A driver built on the host for the first time: DKMS, VirtualBox, VMware, NVIDIA, ZFS, some sensors. Those that are loaded at each start make no new row.',
  runbook:
    'Which module is it? The kernel wrote it down when it happened (journalctl -k, "module verification failed"), also when the module is hidden now. Does the file belong to a package or to DKMS? If the log names a module that is not in kernel_modules, treat the host as taken over: isolate it, keep memory.',
  references: [
    'https://attack.mitre.org/techniques/T1014/',
    'https://docs.kernel.org/admin-guide/tainted-kernels.html',
  ],
  tests: [
    {
      name: 'unsigned and foreign',
      match: true,
      columns: { name: 'kernel.tainted', current_value: '12288' },
      title: 'The kernel of test-host took in a module that nobody signed (tainted 12288)',
      dedup: 'test-host-id',
      severity: 'high',
      context: { tainted: '12288', unsigned: true, forced: false, out_of_tree: true, proprietary: false },
    },
    { name: 'by force', match: true, columns: { name: 'kernel.tainted', current_value: '2' } },
    {
      name: 'a proprietary driver',
      match: true,
      severity: 'medium',
      columns: { name: 'kernel.tainted', current_value: '12289' },
    },
    { name: 'clean', match: false, columns: { name: 'kernel.tainted', current_value: '0' } },
    {
      name: 'a warning and a live patch',
      match: false,
      columns: { name: 'kernel.tainted', current_value: '33280' },
    },
    { name: 'another setting', match: false, columns: { name: 'kernel.pid_max', current_value: '8192' } },
    { name: 'no number', match: false, columns: { name: 'kernel.tainted', current_value: '' } },
    {
      name: 'so before anyone looked',
      match: false,
      counter: '0',
      columns: { name: 'kernel.tainted', current_value: '12288' },
    },
    {
      name: 'the old value goes',
      match: false,
      action: 'removed',
      columns: { name: 'kernel.tainted', current_value: '12288' },
    },
  ],
})

/** The low 31 bits, of which the kernel uses fewer than 20. */
function taintOf(value: string): number {
  const number = int(value)
  return number === null || number < 0 ? 0 : number % 2 ** 31
}
