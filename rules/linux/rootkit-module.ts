import { rule, table } from '../../src/detect/rule.ts'
import { ROOTKIT_MODULES } from '../data/rootkit-modules.ts'

export default rule({
  id: 'linux.rootkit-module',
  title: 'Kernel module of a known rootkit',
  severity: 'critical',
  on: table('kernel_modules'),
  attack: ['T1014', 'T1547.006'],
  // The kernel takes `-` and `_` in names of modules for the same.
  detect: ({ columns }) => ROOTKIT_MODULES.names.has(columns.name.toLowerCase().replaceAll('-', '_')),
  alertTitle: ({ host, columns }) => `Rootkit module ${columns.name} in the kernel of ${host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({ module: columns.name, size: columns.size, status: columns.status }),
  means:
    'A module of this name is known from a published rootkit: code in the kernel that hides files, processes and connections and gives root to whoever knows how to ask. Most hide themselves at once, so to see one means that it was caught in the act or badly built.',
  check: 'SELECT name, size, used_by, status, address FROM kernel_modules;',
  benign: 'A lab host on which somebody tries rootkits.',
  runbook:
    'Believe nothing that the host says of itself. Isolate it from outside, keep memory and disk, and find in other records (logins, sudo, the network) when and by whom it was loaded. Rebuild the host and change every secret it held.',
  references: [
    'https://attack.mitre.org/techniques/T1014/',
    'https://attack.mitre.org/techniques/T1547/006/',
  ],
  tests: [
    {
      name: 'by its name',
      match: true,
      columns: { name: 'diamorphine', size: '16384', status: 'Live' },
      title: 'Rootkit module diamorphine in the kernel of test-host',
      dedup: 'test-host-id diamorphine',
      severity: 'critical',
      context: { module: 'diamorphine', size: '16384', status: 'Live' },
    },
    { name: 'there before anyone looked', match: true, counter: '0', columns: { name: 'reptile_module' } },
    { name: 'in another spelling', match: true, columns: { name: 'Adore-NG' } },
    { name: 'a driver', match: false, columns: { name: 'e1000' } },
    { name: 'a longer name', match: false, columns: { name: 'adored' } },
    { name: 'no name', match: false, columns: { status: 'Live' } },
    { name: 'it is unloaded', match: false, action: 'removed', columns: { name: 'diamorphine' } },
  ],
})
