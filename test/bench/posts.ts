/**
 * Realistic posts for measuring: rows of ten osquery tables as a Linux host sends them, about 430 bytes a line.
 * Invented values, documentation addresses, deterministic by seed.
 */

export interface BenchPost {
  /** The body as osqueryd would send it, before compression. */
  readonly text: string
  readonly rowCount: number
}

type RowMaker = (random: () => number) => Record<string, string>

const USERS = ['root', 'alice', 'bob', 'www-data', 'postgres']
const PROGRAMS = [
  'nginx',
  'sshd',
  'bash',
  'python3',
  'node',
  'postgres',
  'cron',
  'systemd',
  'dockerd',
  'curl',
]

const MAKERS: readonly (readonly [name: string, make: RowMaker])[] = [
  ['pack_incident-response_process_events', processEvent],
  ['pack_incident-response_socket_events', socketEvent],
  ['pack_incident-response_processes', process],
  ['pack_incident-response_listening_ports', listeningPort],
  ['pack_incident-response_file_events', fileEvent],
  ['pack_incident-response_logged_in_users', loggedInUser],
  ['pack_incident-response_crontab', crontab],
  ['pack_incident-response_shell_history', shellHistory],
  ['pack_it-compliance_deb_packages', debPackage],
  ['pack_incident-response_open_sockets', openSocket],
]

/** A post of `rowCount` differential rows in the order osquery sends them: runs of rows of one query. */
export function benchPost(seed: number, rowCount: number): BenchPost {
  const random = mulberry32(seed)
  const data: unknown[] = []
  let unixTime = 1_767_225_600 + Math.floor(random() * 86_400)
  const uuid =
    `${hex(random, 8)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 12)}`.toUpperCase()
  const host = `web-${pick(random, ['01', '02', '03'])}.example.com`
  while (data.length < rowCount) {
    const maker = pick(random, MAKERS)
    const run = Math.min(1 + Math.floor(random() * 24), rowCount - data.length)
    const counter = 1 + Math.floor(random() * 400)
    unixTime += Math.floor(random() * 20)
    for (let i = 0; i < run; i++) {
      data.push({
        name: maker[0],
        hostIdentifier: host,
        calendarTime: calendarTime(unixTime),
        unixTime,
        epoch: 0,
        counter,
        numerics: false,
        decorations: { host_uuid: uuid, username: 'alice' },
        columns: maker[1](random),
        action: random() < 0.3 ? 'removed' : 'added',
      })
    }
  }
  return { text: JSON.stringify({ node_key: hex(random, 32), log_type: 'result', data }), rowCount }
}

function processEvent(random: () => number): Record<string, string> {
  const program = pick(random, PROGRAMS)
  return {
    auid: number(random, 2000),
    cmdline: `/usr/bin/${program} --config /etc/${program}/${hex(random, 6)}.conf --workers ${number(random, 16)}`,
    cwd: `/home/${pick(random, USERS)}`,
    euid: '1000',
    parent: number(random, 60_000),
    path: `/usr/bin/${program}`,
    pid: number(random, 60_000),
    time: number(random, 1_767_225_600),
    uid: '1000',
  }
}

function socketEvent(random: () => number): Record<string, string> {
  return {
    action: 'connect',
    family: '2',
    local_address: `192.0.2.${number(random, 254)}`,
    local_port: number(random, 65_535),
    path: `/usr/bin/${pick(random, PROGRAMS)}`,
    pid: number(random, 60_000),
    protocol: '6',
    remote_address: `198.51.100.${number(random, 254)}`,
    remote_port: '443',
    status: 'succeeded',
    time: number(random, 1_767_225_600),
  }
}

function process(random: () => number): Record<string, string> {
  const program = pick(random, PROGRAMS)
  return {
    cmdline: `/usr/sbin/${program} -D --id ${hex(random, 8)}`,
    cwd: '/',
    gid: '0',
    name: program,
    parent: '1',
    path: `/usr/sbin/${program}`,
    pid: number(random, 60_000),
    root: '/',
    start_time: number(random, 1_767_225_600),
    state: 'S',
    uid: '0',
  }
}

function listeningPort(random: () => number): Record<string, string> {
  return {
    address: random() < 0.3 ? '::' : '0.0.0.0',
    family: '2',
    fd: number(random, 64),
    path: '',
    pid: number(random, 60_000),
    port: number(random, 65_535),
    protocol: '6',
    socket: number(random, 4_000_000),
  }
}

function fileEvent(random: () => number): Record<string, string> {
  return {
    action: 'UPDATED',
    category: 'etc',
    md5: hex(random, 32),
    mode: '0644',
    sha1: hex(random, 40),
    sha256: hex(random, 64),
    size: number(random, 100_000),
    target_path: `/etc/${pick(random, PROGRAMS)}/${hex(random, 8)}`,
    time: number(random, 1_767_225_600),
    uid: '0',
  }
}

function loggedInUser(random: () => number): Record<string, string> {
  return {
    host: `203.0.113.${number(random, 254)}`,
    pid: number(random, 60_000),
    time: number(random, 1_767_225_600),
    tty: `pts/${number(random, 30)}`,
    type: 'user',
    user: pick(random, USERS),
  }
}

function crontab(random: () => number): Record<string, string> {
  return {
    command: `root test -x /usr/sbin/${pick(random, PROGRAMS)} || run-parts --report /etc/cron.${hex(random, 6)}`,
    day_of_month: '*',
    day_of_week: '*',
    event: '',
    hour: '*/2',
    minute: number(random, 60),
    month: '*',
    path: '/etc/crontab',
  }
}

function shellHistory(random: () => number): Record<string, string> {
  return {
    command: `git commit -m "fix ${hex(random, 8)}" && git push origin ${hex(random, 6)}`,
    history_file: `/home/${pick(random, USERS)}/.bash_history`,
    time: number(random, 1_767_225_600),
    uid: '1000',
    username: pick(random, USERS),
  }
}

function debPackage(random: () => number): Record<string, string> {
  return {
    arch: 'amd64',
    maintainer: 'Maintainers <maintainers@example.com>',
    name: `lib${hex(random, 5)}`,
    priority: 'optional',
    revision: `${number(random, 9)}ubuntu${number(random, 9)}`,
    section: 'libs',
    size: number(random, 100_000),
    source: '',
    status: 'install ok installed',
    version: `${number(random, 9)}.${number(random, 30)}.${number(random, 30)}`,
  }
}

function openSocket(random: () => number): Record<string, string> {
  return {
    family: '2',
    fd: number(random, 64),
    local_address: `192.0.2.${number(random, 254)}`,
    local_port: number(random, 65_535),
    path: '',
    pid: number(random, 60_000),
    protocol: '6',
    remote_address: `198.51.100.${number(random, 254)}`,
    remote_port: number(random, 65_535),
    socket: number(random, 4_000_000),
    state: 'ESTABLISHED',
  }
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** As C's asctime in UTC plus " UTC", the way osquery writes it. */
export function calendarTime(unixTime: number): string {
  const at = new Date(unixTime * 1000)
  const clock = at.toISOString().slice(11, 19)
  const day = String(at.getUTCDate()).padStart(2, ' ')
  return `${WEEKDAYS[at.getUTCDay()]} ${MONTHS[at.getUTCMonth()]} ${day} ${clock} ${at.getUTCFullYear()} UTC`
}

function pick<T>(random: () => number, values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)]
  if (value === undefined) throw new Error('nothing to pick from')
  return value
}

function number(random: () => number, below: number): string {
  return String(Math.floor(random() * below))
}

function hex(random: () => number, length: number): string {
  let text = ''
  while (text.length < length) text += Math.floor(random() * 16).toString(16)
  return text
}

/** Small seedable generator (public domain, Tommy Ettinger's mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
