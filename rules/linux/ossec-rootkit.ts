import { knownPack, rule } from '../../src/detect/rule.ts'
import { SHIPPED_PACKS } from '../data/shipped-packs.ts'

export default rule({
  id: 'linux.ossec-rootkit',
  title: 'File of a known rootkit',
  severity: 'critical',
  on: knownPack('ossec-rootkit', SHIPPED_PACKS.queries['ossec-rootkit']),
  attack: ['T1014'],
  detect: () => true,
  alertTitle: ({ host, columns, query }) => `Rootkit file on ${host}: ${columns['path'] || query} (${query})`,
  dedup: ({ hostId, query }) => `${hostId} ${query}`,
  context: ({ columns, query }) => ({ query, ...columns }),
  means:
    'A file stands under a name that a known rootkit or worm uses and nothing else should. Rootkits hide their own files, so one that shows is old, badly built, or was caught before it hid.',
  check:
    "SELECT path, uid, gid, mode, size, mtime, ctime, sha256 FROM file JOIN hash USING (path) WHERE path IN ('/usr/bin/adore', '/dev/.pula', '/usr/src/.puta', '/tmp/mcliZokhb');",
  benign:
    'A file of one’s own under one of the shorter names (/tmp/httpd), a lab host, a scanner that plants test files.',
  runbook:
    'Do not trust what the host says of itself. Isolate it, keep memory and disk, and look at the file from outside: owner, times, content. A few names of the list are short enough to be an accident (/tmp/httpd): if the file is harmless, exclude it here. Otherwise rebuild the host and change every secret it held.',
  references: [
    'https://attack.mitre.org/techniques/T1014/',
    'https://github.com/osquery/osquery/blob/master/packs/ossec-rootkit.conf',
  ],
  replaces: ['Osquery.OSSECRootkitDetected'],
  tests: [
    {
      name: 'a file of the list appears',
      match: true,
      query: 'reptile_rootkit',
      columns: { path: '/reptile/reptile_cmd' },
      title: 'Rootkit file on test-host: /reptile/reptile_cmd (reptile_rootkit)',
      dedup: 'test-host-id reptile_rootkit',
      severity: 'critical',
    },
    {
      name: 'there since before the first look',
      match: true,
      query: 'bash_door',
      counter: '0',
      columns: { path: '/tmp/mcliZokhb' },
    },
    {
      name: 'in a pack of another name, as Fleet logs it',
      match: true,
      pack: 'Global',
      query: 'mithra`s_rootkit',
      columns: { path: '/usr/lib/locale/uboot' },
    },
    { name: 'in no pack', match: true, pack: '', query: '55808.a_worm', columns: { path: '/tmp/.../a' } },
    { name: 'the file is gone', match: false, action: 'removed', columns: { path: '/tmp/mcliZokhb' } },
    {
      name: 'the schedule of another pack speaks of a query of this one',
      match: false,
      pack: 'osquery-monitoring',
      query: 'schedule',
      columns: { name: 'pack_ossec-rootkit_reptile_rootkit' },
    },
  ],
})
