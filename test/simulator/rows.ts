/**
 * What quiet machines log: rows of about a dozen tables as osquery 5 writes them, some 430 bytes a line, made from a
 * seed. Nothing here is meant to match a built-in rule; see hostile-rows.ts for what is.
 */

import type { HostProfile } from './host-profile.ts'
import { type Columns, eventLine, type LineHead, snapshotEventLine } from './result-line.ts'
import type { Seed } from './seed.ts'
import { OSQUERY_VERSION } from './wire.ts'

interface Activity {
  readonly query: string
  columns(seed: Seed, host: HostProfile, unixTime: number): Columns
}

const PROGRAMS = [
  ['nginx', '/usr/sbin/nginx', '/usr/sbin/nginx -g daemon on; master_process on;'],
  ['python3', '/usr/bin/python3', '/usr/bin/python3 -m http.server --bind 127.0.0.1 8000'],
  ['sshd', '/usr/sbin/sshd', 'sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups'],
  ['bash', '/usr/bin/bash', '-bash'],
  ['postgres', '/usr/lib/postgresql/16/bin/postgres', 'postgres: autovacuum launcher'],
  ['cron', '/usr/sbin/cron', '/usr/sbin/cron -f -P'],
] as const

const PACKAGES = ['openssl', 'libc6', 'curl', 'tzdata', 'vim', 'systemd'] as const

const ACTIVITIES: readonly [Activity, ...Activity[]] = [
  { query: 'process_events', columns: processEvent },
  { query: 'process_events', columns: processEvent },
  { query: 'processes', columns: runningProcess },
  { query: 'open_sockets', columns: openSocket },
  { query: 'listening_ports', columns: listeningPort },
  { query: 'deb_packages', columns: debPackage },
  { query: 'kernel_modules', columns: kernelModule },
  { query: 'users', columns: user },
  { query: 'usb_devices', columns: usbDevice },
  { query: 'file_events', columns: fileEvent },
  { query: 'arp_cache', columns: arpEntry },
  { query: 'mounts', columns: mount },
  { query: 'chrome_extensions', columns: harmlessExtension },
]

/** What osqueryd logs of itself where nothing is wrong. */
export const QUIET_MESSAGES = [
  'The chrome_extensions table returns data based on the current user by default',
  'Refreshing configuration state',
  'Extension manager service starting: /var/osquery/osquery.em',
] as const

/**
 * One line of everyday activity.
 * @param counter  must differ between calls for one host within a second: it keeps lines distinct
 */
export function activityLine(host: HostProfile, seed: Seed, unixTime: number, counter: number): string {
  const { query, columns } = seed.pick(ACTIVITIES)
  const head = headOf(host, `pack_incident-response_${query}`, unixTime, counter)
  return eventLine(head, seed.next() < 0.2 ? 'removed' : 'added', columns(seed, host, unixTime))
}

/** What the heartbeat query finds. */
export interface Heartbeat {
  readonly uptimeSeconds: number
  /** How often the daemon ran the query before, and the id in the query's text; absent: a query without them. */
  readonly numbered?: { readonly pulseNumber: number; readonly configId: string }
}

/** One row of the heartbeat query that the config route serves. */
export function heartbeatLine(
  host: HostProfile,
  name: string,
  unixTime: number,
  { uptimeSeconds, numbered }: Heartbeat,
): string {
  return snapshotEventLine(headOf(host, name, unixTime, 0), {
    ...(numbered && { config_id: numbered.configId, pulse_number: String(numbered.pulseNumber) }),
    config_hash: '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c',
    config_valid: '1',
    start_time: String(unixTime - uptimeSeconds),
    uptime_seconds: String(uptimeSeconds),
    version: OSQUERY_VERSION,
  })
}

export function headOf(host: HostProfile, name: string, unixTime: number, counter: number): LineHead {
  return {
    name,
    hostIdentifier: host.instanceId,
    unixTime,
    counter,
    decorations: { host_uuid: host.hardwareUuid, hostname: host.hostname },
  }
}

function processEvent(seed: Seed, _host: HostProfile, unixTime: number): Columns {
  const [, path, cmdline] = seed.pick(PROGRAMS)
  return {
    auid: '1000',
    cmdline,
    cwd: '/home',
    eid: seed.hex(10),
    path,
    pid: String(seed.whole(300, 65_000)),
    parent: '1',
    time: String(unixTime),
    uid: '1000',
  }
}

function runningProcess(seed: Seed): Columns {
  const [name, path, cmdline] = seed.pick(PROGRAMS)
  return {
    cmdline,
    name,
    on_disk: '1',
    path,
    pid: String(seed.whole(300, 65_000)),
    resident_size: String(seed.whole(1_000_000, 90_000_000)),
    uid: '0',
  }
}

function openSocket(seed: Seed, host: HostProfile): Columns {
  return {
    family: '2',
    local_address: host.address,
    local_port: String(seed.whole(32_768, 60_999)),
    path: '',
    pid: String(seed.whole(300, 65_000)),
    protocol: '6',
    remote_address: `198.51.100.${seed.whole(1, 254)}`,
    remote_port: '443',
    state: 'ESTABLISHED',
  }
}

function listeningPort(seed: Seed): Columns {
  return {
    address: '127.0.0.1',
    family: '2',
    path: '',
    pid: String(seed.whole(300, 65_000)),
    port: seed.pick(['80', '443', '5432', '9100']),
    protocol: '6',
    socket: String(seed.whole(10_000, 99_999)),
  }
}

function debPackage(seed: Seed): Columns {
  return {
    arch: 'amd64',
    maintainer: 'Package Maintainers <packages@example.org>',
    name: seed.pick(PACKAGES),
    revision: `${seed.whole(1, 9)}ubuntu${seed.whole(1, 9)}`,
    size: String(seed.whole(200, 9_000)),
    status: 'install ok installed',
    version: `${seed.whole(1, 9)}.${seed.whole(0, 20)}.${seed.whole(0, 20)}`,
  }
}

function kernelModule(seed: Seed): Columns {
  return {
    address: `0xffffffffc${seed.hex(7)}`,
    name: seed.pick(['nf_tables', 'overlay', 'br_netfilter', 'xfs']),
    size: String(seed.whole(16_384, 900_000)),
    status: 'Live',
    used_by: '-',
  }
}

/** An account that a package brings; nobody can log in with it. */
function user(seed: Seed): Columns {
  const uid = String(seed.whole(200, 299))
  return {
    description: '',
    directory: '/nonexistent',
    gid: uid,
    shell: '/usr/sbin/nologin',
    uid,
    username: `_service${uid}`,
    uuid: '',
  }
}

function usbDevice(seed: Seed): Columns {
  return {
    model: 'Keyboard',
    model_id: seed.hex(4),
    removable: '1',
    serial: seed.hex(8),
    usb_address: String(seed.whole(1, 20)),
    usb_port: '1',
    vendor: 'Example Inc.',
    vendor_id: '046d',
  }
}

function fileEvent(seed: Seed, _host: HostProfile, unixTime: number): Columns {
  return {
    action: 'UPDATED',
    category: 'etc',
    eid: seed.hex(10),
    hashed: '1',
    md5: seed.hex(32),
    sha256: seed.hex(64),
    target_path: '/etc/ssl/certs/ca-certificates.crt',
    time: String(unixTime),
    uid: '0',
  }
}

function arpEntry(seed: Seed): Columns {
  return {
    address: `192.0.2.${seed.whole(1, 254)}`,
    interface: 'eth0',
    mac: `00:00:5e:00:53:${seed.hex(2)}`,
    permanent: '0',
  }
}

function mount(seed: Seed): Columns {
  return {
    blocks_available: String(seed.whole(1_000_000, 9_000_000)),
    device: '/dev/mapper/root',
    flags: 'rw,relatime',
    path: '/',
    type: 'ext4',
  }
}

function harmlessExtension(seed: Seed, host: HostProfile): Columns {
  return {
    browser_type: 'chrome',
    // Chrome ids use the letters a to p; nothing is published under this one.
    identifier: 'abcdefghijklmnopabcdefghijklmnop',
    name: 'Example Notes',
    profile: 'Default',
    uid: '1000',
    username: host.userName,
    version: `1.${seed.whole(0, 99)}.0`,
  }
}
