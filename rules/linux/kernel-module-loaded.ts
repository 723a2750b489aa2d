import { rule, table } from '../../src/detect/rule.ts'
import { EVERYDAY_MODULES } from '../data/everyday-modules.ts'

export default rule({
  id: 'linux.kernel-module-loaded',
  title: 'A module new to the host was loaded into the kernel',
  severity: 'info',
  // Far too many innocent causes to wake anyone; beside another alert it is what one wants to know.
  alert: false,
  on: table('kernel_modules'),
  attack: ['T1547.006'],
  initial: 'ignore',
  detect: ({ columns }) => columns.name !== '' && !EVERYDAY_MODULES.names.test(columns.name),
  alertTitle: ({ host, columns }) => `Module ${columns.name} was loaded into the kernel of ${host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  // Gone again at once: sequences/module-comes-and-goes.ts.
  sequenceKey: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  context: ({ columns }) => ({ module: columns.name, size: columns.size, status: columns.status }),
  means:
    'Code in the kernel can do and hide everything. A module that no package of the host brings is how rootkits get there; linux.kernel-tainted tells when the kernel itself finds a module to be unsigned or foreign.',
  check: "SELECT name, size, used_by, status, address FROM kernel_modules WHERE name NOT LIKE 'nf_%';",
  benign: 'New hardware, another file system, a VPN, a container runtime, drivers built by DKMS, sensors.',
  runbook:
    'Look where the module comes from (modinfo -n NAME) and whether the file belongs to a package (dpkg -S, rpm -qf) or to DKMS. A module without a file, or with one outside of /lib/modules, is to be treated as a rootkit.',
  references: ['https://attack.mitre.org/techniques/T1547/006/'],
  tests: [
    {
      name: 'a module nobody knows',
      match: true,
      columns: { name: 'helper', size: '16384', status: 'Live' },
      title: 'Module helper was loaded into the kernel of test-host',
      dedup: 'test-host-id helper',
      severity: 'info',
      context: { module: 'helper', size: '16384', status: 'Live' },
    },
    { name: 'a firewall rule', match: false, columns: { name: 'xt_MASQUERADE' } },
    { name: 'a stick', match: false, columns: { name: 'usb_storage' } },
    { name: 'no name', match: false, columns: { size: '1' } },
    { name: 'there before anyone looked', match: false, counter: '0', columns: { name: 'helper' } },
    { name: 'it is unloaded', match: false, action: 'removed', columns: { name: 'helper' } },
  ],
})
