import { int } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'

interface Scanned {
  readonly target_path?: string
  readonly path?: string
  readonly pid?: string
}

export default rule({
  id: 'posix.yara-match',
  title: 'YARA knows a file or process',
  severity: 'high',
  on: table('yara_events', 'yara_process', 'yara_file', 'yara'),
  attack: ['T1204.002', 'T1587.001'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.matches} ${scanned(columns)}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => (int(columns.count) ?? 0) > 0,
  alertTitle: ({ host, columns }) => `YARA knows ${scanned(columns)} on ${host} as ${columns.matches}`,
  context: ({ columns }) => ({
    scanned: scanned(columns),
    matches: columns.matches,
    strings: columns.strings.slice(0, 2000),
    tags: columns.tags,
    action: columns.action,
    signatures: columns.sigfile || columns.sig_group,
  }),
  means:
    'What you wrote the signature for is here. How sure that is depends on the signature: one for a single family is as good as proof, one for a packer is not.',
  check:
    'SELECT target_path, category, action, matches, count, strings, tags, time FROM yara_events WHERE count > 0;',
  benign:
    'Broad signatures, the signatures themselves, samples kept by security staff, caches of mail and downloads.',
  runbook:
    'Read the signature that matched and what it says of itself. Keep the file with its hash and times, see who wrote and who runs it (process events), and isolate the host when the signature is narrow. A broad one that fires often: make it narrower or take it out.',
  references: ['https://osquery.readthedocs.io/en/stable/deployment/yara/'],
  tests: [
    {
      name: 'a file as it was written',
      match: true,
      table: 'yara_events',
      columns: {
        target_path: '/var/www/html/a.php',
        action: 'CREATED',
        matches: 'php_web_shell',
        count: '1',
        strings: '$a:2f',
        tags: 'webshell',
      },
      title: 'YARA knows /var/www/html/a.php on test-host as php_web_shell',
      dedup: 'test-host-id php_web_shell /var/www/html/a.php',
      severity: 'high',
      context: {
        scanned: '/var/www/html/a.php',
        matches: 'php_web_shell',
        strings: '$a:2f',
        tags: 'webshell',
        action: 'CREATED',
      },
    },
    {
      name: 'a process',
      match: true,
      table: 'yara_process',
      columns: { pid: '4242', matches: 'xmrig', count: '2', sigfile: '/etc/yara/miners.sig' },
      title: 'YARA knows process 4242 on test-host as xmrig',
    },
    {
      name: 'a file',
      match: true,
      table: 'yara_file',
      columns: { path: '/tmp/a', matches: 'x', count: '1' },
    },
    {
      name: 'told by an older agent',
      match: true,
      table: 'yara',
      columns: { path: '/tmp/a', matches: 'x', count: '1' },
    },
    {
      name: 'nothing known',
      match: false,
      table: 'yara_events',
      columns: { target_path: '/tmp/a', matches: '', count: '0' },
    },
    { name: 'no count', match: false, table: 'yara_events', columns: { target_path: '/tmp/a' } },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'yara_events',
      columns: { target_path: '/tmp/a', matches: 'x', count: '1' },
    },
  ],
})

function scanned({ target_path = '', path = '', pid = '' }: Scanned): string {
  return target_path || path || `process ${pid}`
}
