import { rule, table } from '../../src/detect/rule.ts'
import { EVERYDAY_MODULES } from '../data/everyday-modules.ts'

export default rule({
  id: 'linux.kernel-module-unloaded',
  title: 'A module is no longer among those of the kernel',
  severity: 'info',
  // By itself of no interest; soon after it came it is: sequences/module-comes-and-goes.ts.
  alert: false,
  on: table('kernel_modules'),
  actions: ['removed'],
  attack: ['T1014', 'T1547.006'],
  detect: ({ columns }) => columns.name !== '' && !EVERYDAY_MODULES.names.test(columns.name),
  alertTitle: ({ host, columns }) => `Module ${columns.name} is no longer in the kernel of ${host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  sequenceKey: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  context: ({ columns }) => ({ module: columns.name, size: columns.size, status: columns.status }),
  means:
    'The kernel no longer lists a module that it had. It was unloaded, or it hides: rootkits take themselves out of the list as soon as they run.',
  check: 'SELECT name, size, used_by, status, address FROM kernel_modules;',
  benign: 'Hardware that was unplugged, a VPN that ended, drivers that were updated, a start of the system.',
  runbook:
    'Did somebody unload it (rmmod, modprobe -r, an update)? If nobody did, ask the kernel in other ways: /sys/module still names some that hide, and dmesg tells what was loaded.',
  references: ['https://attack.mitre.org/techniques/T1014/'],
  tests: [
    {
      name: 'a module nobody knows',
      match: true,
      columns: { name: 'helper', size: '16384', status: 'Live' },
      title: 'Module helper is no longer in the kernel of test-host',
      dedup: 'test-host-id helper',
      severity: 'info',
      context: { module: 'helper', size: '16384', status: 'Live' },
    },
    { name: 'a firewall rule', match: false, columns: { name: 'xt_MASQUERADE' } },
    { name: 'a stick', match: false, columns: { name: 'usb_storage' } },
    { name: 'no name', match: false, columns: { size: '1' } },
    { name: 'it is loaded', match: false, action: 'added', columns: { name: 'helper' } },
  ],
})
