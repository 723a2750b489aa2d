import { baseName, isUnder } from '../../src/detect/reading/paths.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'
import { RAW_SOCKET_PROGRAMS } from '../data/raw-socket-programs.ts'
import { SYSTEM_PROGRAM_FOLDERS } from '../data/system-program-folders.ts'

/** AF_PACKET of Linux's socket.h. */
const PACKET = '17'
/** ICMP, ICMPv6 and raw IP. */
const RAW_PROTOCOLS = new Set(['1', '58', '255'])

export default rule({
  id: 'linux.reads-packets',
  title: 'Unknown program reads or writes packets itself',
  severity: 'medium',
  on: joining(table('process_open_sockets'), 'name', 'program', 'cmdline'),
  attack: ['T1205.002', 'T1040', 'T1095'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.program}`,
  dedupPeriod: '24h',
  // Without the program nothing can be said: every host has some of these sockets.
  detect: ({ columns }) =>
    (columns.family === PACKET || RAW_PROTOCOLS.has(columns.protocol)) && (columns.program ?? '') !== '',
  exclude: ({ columns }) => {
    const program = columns.program ?? ''
    return RAW_SOCKET_PROGRAMS.names.has(baseName(program)) && isUnder(program, ...SYSTEM_PROGRAM_FOLDERS)
  },
  alertTitle: ({ host, columns }) => `${columns.program} on ${host} reads packets itself`,
  context: ({ columns }) => ({
    pid: columns.pid,
    program: columns.program,
    cmdline: columns.cmdline,
    family: columns.family,
    protocol: columns.protocol,
  }),
  means:
    'With such a socket a program sees all traffic of the host, or hides its own in ICMP. Back doors like BPFDoor wait on one for a packet that wakes them, without a port that anyone could find open.',
  check:
    'SELECT DISTINCT p.pid, p.name, p.path, p.cmdline, p.uid, p.start_time, s.family, s.protocol FROM process_open_sockets s JOIN processes p USING (pid) WHERE s.family = 17 OR s.protocol IN (1, 58, 255);',
  benign:
    'Captures by administrators, programs for DHCP, routing, VPN and monitoring that are not on the list yet.',
  runbook:
    'Is the program part of a package (dpkg -S, rpm -qf) and of its job? Then add it to the list of raw sockets. If it is in no package, has no file on disk, or calls itself something else than its file: isolate the host, keep its memory and /proc/PID/exe.',
  references: [
    'https://attack.mitre.org/techniques/T1205/002/',
    'https://attack.mitre.org/techniques/T1040/',
  ],
  tests: [
    {
      name: 'a packet socket of an unknown program',
      match: true,
      columns: {
        pid: '901',
        family: '17',
        protocol: '768',
        name: 'kdmtmpflush',
        program: '/dev/shm/kdmtmpflush',
        cmdline: '/sbin/udevd -d',
      },
      title: '/dev/shm/kdmtmpflush on test-host reads packets itself',
      dedup: 'test-host-id /dev/shm/kdmtmpflush',
      severity: 'medium',
      context: {
        pid: '901',
        program: '/dev/shm/kdmtmpflush',
        cmdline: '/sbin/udevd -d',
        family: '17',
        protocol: '768',
      },
    },
    {
      name: 'one that bears the name of a tool',
      match: true,
      columns: { family: '2', protocol: '1', program: '/var/tmp/ping' },
    },
    { name: 'raw IP', match: true, columns: { family: '2', protocol: '255', program: '/usr/bin/nping' } },
    { name: 'ping', match: false, columns: { family: '2', protocol: '1', program: '/usr/bin/ping' } },
    {
      name: 'asking for an address',
      match: false,
      columns: { family: '17', protocol: '8', program: '/usr/sbin/NetworkManager' },
    },
    { name: 'TCP', match: false, columns: { family: '2', protocol: '6', program: '/usr/bin/curl' } },
    { name: 'without the program', match: false, columns: { family: '17', protocol: '768' } },
    {
      name: 'closed',
      match: false,
      action: 'removed',
      columns: { family: '17', protocol: '768', program: '/dev/shm/kdmtmpflush' },
    },
  ],
})
