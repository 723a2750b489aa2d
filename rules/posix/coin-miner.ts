import { commandsOf, isProgram } from '../../src/detect/reading/command.ts'
import { baseName } from '../../src/detect/reading/paths.ts'
import {
  isProgramStart,
  PROGRAM_START_TABLES,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { anyOf } from '../../src/detect/reading/words.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'
import { MINERS } from '../data/miners.ts'

/** Programs that speak of miners without being any. */
const SPEAKERS = [
  'grep',
  'egrep',
  'rg',
  'pgrep',
  'pkill',
  'killall',
  'ps',
  'yara',
  'clamscan',
  'vim',
  'less',
  'cat',
  'find',
  'sed',
  'awk',
  'echo',
  'curl',
  'wget',
  'ping',
  'dig',
  'host',
  'nslookup',
] as const

const WORDS = anyOf(...MINERS.schemes, ...MINERS.pools, ...MINERS.options)

export default rule({
  id: 'posix.coin-miner',
  title: 'A miner of cryptocurrency runs',
  severity: 'high',
  on: joining(table(...PROGRAM_START_TABLES, 'processes'), 'parent_path'),
  attack: ['T1496'],
  dedupPeriod: '24h',
  detect: ({ columns }) =>
    isProgramStart(columns) &&
    (MINERS.programs.has(baseName(columns.path).toLowerCase()) || minesBy(columns.cmdline)),
  alertTitle: ({ host, columns }) => `A miner runs on ${host}: ${shortened(columns.cmdline || columns.path)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    "The program works for somebody else's wallet. The miner is the least of it: whoever put it here could run anything, and often others came by the same way.",
  check:
    "SELECT pid, path, cmdline, uid, parent, start_time FROM processes WHERE cmdline LIKE '%stratum%' OR cmdline LIKE '%--donate-level%' OR name LIKE '%xmrig%' ORDER BY start_time DESC;",
  benign: 'Someone who mines on a machine of their own, or for a test.',
  runbook:
    'Keep the program and its configuration (wallet, pool), then stop it. Find what starts it (cron, units, a watchdog in /tmp) and the way in: an open Docker, Redis or Kubernetes port, a web server, a weak password over SSH. Look for the same pool on all hosts.',
  references: ['https://attack.mitre.org/techniques/T1496/'],
  tests: [
    {
      name: 'by its name',
      match: true,
      table: 'process_events',
      columns: {
        path: '/tmp/.x/XMRig',
        cmdline: './xmrig -c c.json',
        pid: '7',
        parent: '1',
        uid: '33',
        cwd: '/tmp/.x',
      },
      title: 'A miner runs on test-host: ./xmrig -c c.json',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        program: '/tmp/.x/XMRig',
        command: './xmrig -c c.json',
        pid: '7',
        parent: '1',
        folder: '/tmp/.x',
        uid: '33',
        euid: '',
        login: '',
        time: '',
      },
    },
    {
      name: 'under a false name',
      match: true,
      table: 'processes',
      columns: {
        path: '/usr/bin/systemd-worker',
        cmdline: 'systemd-worker -o stratum+tcp://192.0.2.7:3333 -u x',
      },
    },
    {
      name: 'by its pool, told by an older agent',
      match: true,
      table: 'bpf_process_events',
      columns: { path: '/opt/a', cmdline: 'a --url=pool.supportxmr.com:443 --user x' },
    },
    {
      name: 'by two of its options, on a Mac',
      match: true,
      table: 'es_process_events',
      columns: { event_type: 'exec', path: '/tmp/a', cmdline: 'a --donate-level 1 --rig-id mac' },
    },
    {
      name: 'someone looks for it',
      match: false,
      table: 'process_events',
      columns: { path: '/usr/bin/grep', cmdline: 'grep -r stratum+tcp:// /etc' },
    },
    {
      name: 'someone looks for it, as root',
      match: false,
      table: 'process_events',
      columns: { path: '/usr/bin/sudo', cmdline: 'sudo pgrep -f supportxmr.com' },
    },
    {
      name: 'the page of a pool',
      match: false,
      table: 'process_events',
      columns: { path: '/usr/bin/curl', cmdline: 'curl https://www.f2pool.com/coins' },
    },
    {
      name: 'one option that others have',
      match: false,
      table: 'process_events',
      columns: { path: '/usr/bin/fleetctl', cmdline: 'fleetctl get --rig-id 7' },
    },
    {
      name: 'an ordinary program',
      match: false,
      table: 'processes',
      columns: { path: '/usr/bin/curl', cmdline: 'curl https://example.com/pool' },
    },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: { event_type: 'exit', path: '/tmp/xmrig', cmdline: './xmrig' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'processes',
      columns: { path: '/tmp/xmrig', cmdline: './xmrig' },
    },
  ],
})

function minesBy(cmdline: string): boolean {
  const line = cmdline.toLowerCase()
  if (!WORDS.test(line)) return false
  const points =
    (MINERS.schemes.some(scheme => line.includes(scheme)) ? 2 : 0) +
    (MINERS.pools.some(pool => line.includes(pool)) ? 2 : 0) +
    MINERS.options.filter(option => line.includes(option)).length
  return points >= 2 && !commandsOf(cmdline).every(command => isProgram(command, ...SPEAKERS))
}
