import { query, rule } from '../../src/detect/rule.ts'
import { storage } from '../packs/storage.ts'

export default rule({
  id: 'linux.root-not-encrypted',
  title: 'The disk of the system is not encrypted',
  severity: 'info',
  // Only the join with the mount at / tells the disk of the system from all the others.
  on: query(storage.queries.root_encryption),
  attack: ['T1052'],
  alert: false,
  dedupPeriod: '24h',
  detect: ({ columns }) => columns['path'] === '/' && columns['encrypted'] === '0',
  alertTitle: ({ host, columns }) => `${columns['name'] ?? 'The disk'} of ${host} is not encrypted`,
  context: ({ columns }) => ({ device: columns['name'], type: columns['type'] }),
  means:
    'Whoever takes the disk or the machine has its data: keys, tokens and passwords among them. It is a matter of policy, and of laptops more than of servers.',
  check:
    'SELECT d.name, d.encrypted, d.type, m.path FROM disk_encryption d JOIN mounts m ON m.device = d.name;',
  benign: 'Servers and virtual machines, whose disks are encrypted below the host or stand behind a door.',
  runbook: 'A laptop: have it set up anew with LUKS. A server: note why it need not be.',
  references: ['https://osquery.io/schema/'],
  tests: [
    {
      name: 'a bare disk',
      match: true,
      counter: '0',
      columns: { name: '/dev/nvme0n1p2', encrypted: '0', type: '', path: '/' },
      title: '/dev/nvme0n1p2 of test-host is not encrypted',
      dedup: 'test-host-id',
      severity: 'info',
      context: { device: '/dev/nvme0n1p2', type: '' },
    },
    {
      name: 'an encrypted one',
      match: false,
      columns: { name: '/dev/mapper/root', encrypted: '1', type: 'LUKS2', path: '/' },
    },
    { name: 'another mount', match: false, columns: { name: '/dev/sr0', encrypted: '0', path: '/media/cd' } },
    { name: 'not selected', match: false, columns: { name: '/dev/sda1', path: '/' } },
    {
      name: 'set up anew',
      match: false,
      action: 'removed',
      columns: { name: '/dev/sda1', encrypted: '0', path: '/' },
    },
  ],
})
