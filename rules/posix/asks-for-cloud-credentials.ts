import { isMetadataService } from '../../src/detect/reading/addresses.ts'
import { fetchedAddresses } from '../../src/detect/reading/fetched-addresses.ts'
import {
  asTyped,
  isProgramStart,
  mentions,
  PROGRAM_START_TABLES,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { anyOf } from '../../src/detect/reading/words.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

/** Where the metadata services of clouds hand out keys (vendors' pages); names, regions and tags lie elsewhere. */
const CREDENTIALS =
  /\/(?:iam\/security-credentials\/|identity-credentials\/|identity\/oauth2\/token|instance\/service-accounts\/[^/]{1,200}\/(?:token|identity)|ram\/security-credentials\/|v2\/credentials)/

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const WORDS = anyOf('credentials', 'oauth2/token', 'service-accounts/')

export default rule({
  id: 'posix.asks-for-cloud-credentials',
  title: 'Command fetches the cloud keys of the machine',
  severity: 'medium',
  on: joining(table(...PROGRAM_START_TABLES), 'parent_path'),
  attack: ['T1552.005'],
  detect: ({ columns }) =>
    isProgramStart(columns) && mentions(columns.cmdline, WORDS) && asksForKeys(columns.cmdline),
  alertTitle: ({ host, columns }) => `Cloud keys of ${host} are fetched: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'curl or wget asked the metadata service for the keys of the machine itself. Programs get them through their SDK; who fetches them by hand may use them from elsewhere.',
  check:
    "SELECT time, pid, parent, path, cmdline, auid FROM process_events WHERE cmdline LIKE '%169.254.%' OR cmdline LIKE '%metadata.google.internal%' ORDER BY time DESC LIMIT 50;",
  benign:
    'Scripts that start a machine and log in to a registry or vault; administrators who look for a fault.',
  runbook:
    'Is the parent a script of yours? Otherwise: look in the log of the cloud for use of the role from other addresses, take the role away or end its sessions, and look at the parent (a web server means a hole in it).',
  references: ['https://attack.mitre.org/techniques/T1552/005/'],
  tests: [
    {
      name: 'of AWS',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/curl',
        cmdline: 'curl -s http://169.254.169.254/latest/meta-data/iam/security-credentials/web',
        pid: '7',
        parent: '900',
        uid: '33',
        cwd: '/',
        parent_path: '/usr/sbin/apache2',
      },
      title:
        'Cloud keys of test-host are fetched: curl -s http://169.254.169.254/latest/meta-data/iam/security-credentials/web',
      dedup: 'test-host-id',
      severity: 'medium',
      context: {
        program: '/usr/bin/curl',
        command: 'curl -s http://169.254.169.254/latest/meta-data/iam/security-credentials/web',
        pid: '7',
        parent: '900',
        parent_program: '/usr/sbin/apache2',
        folder: '/',
        uid: '33',
        euid: '',
        login: '',
        time: '',
      },
    },
    {
      name: 'of Google, told by an older agent',
      match: true,
      table: 'bpf_process_events',
      columns: {
        cmdline:
          'curl -H Metadata-Flavor:Google http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token',
      },
    },
    {
      name: 'of Azure',
      match: true,
      table: 'es_process_events',
      columns: {
        event_type: 'exec',
        cmdline:
          'wget -qO- --header=Metadata:true http://169.254.169.254/metadata/identity/oauth2/token?resource=x',
      },
    },
    {
      name: 'the name of the machine',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'curl -s http://169.254.169.254/latest/meta-data/instance-id' },
    },
    {
      name: 'somewhere else',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'curl https://docs.example.com/iam/security-credentials/' },
    },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: {
        event_type: 'exit',
        cmdline: 'curl http://169.254.169.254/latest/meta-data/iam/security-credentials/web',
      },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'curl http://169.254.169.254/latest/meta-data/iam/security-credentials/web' },
    },
  ],
})

function asksForKeys(cmdline: string): boolean {
  return fetchedAddresses(asTyped(cmdline)).some(
    ({ host, path }) =>
      (isMetadataService(host) || host === 'metadata.google.internal' || host === 'metadata') &&
      CREDENTIALS.test(`${path}/`),
  )
}
