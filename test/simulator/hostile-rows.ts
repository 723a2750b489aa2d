/**
 * Rows that the built-in rules must find, and rows that look like them and must not be found. Both as the queries of the
 * shipped packs give them.
 */

import type { HostProfile } from './host-profile.ts'
import { type Columns, eventLine, snapshotEventLine } from './result-line.ts'
import { headOf } from './rows.ts'

export interface SuspectRow {
  /** In a few words, for people. */
  readonly what: string
  readonly platforms: readonly HostProfile['platform'][]
  /** Query name as it stands in the line. */
  readonly name: string
  readonly columns: (host: HostProfile, unixTime: number) => Columns
  /** Default: added. */
  readonly action?: 'added' | 'removed' | 'snapshot'
}

const CRONTAB = 'pack_incident-response_crontab'
const LAST = 'pack_incident-response_last'
const UNIX = ['ubuntu', 'darwin'] as const
const EVERYWHERE = ['ubuntu', 'darwin', 'windows'] as const
const DAY_S = 86_400

export interface HostileRow extends SuspectRow {
  /** Id of the rule that must find it. */
  readonly rule: string
}

/** Each of another rule, so that each must page on its own. */
export const HOSTILE_ROWS = [
  {
    what: 'a cron job that runs a file from /tmp',
    rule: 'posix.cron-loads-from-tmp',
    platforms: UNIX,
    name: CRONTAB,
    columns: () => cronJob('root /tmp/.X11-cache/update --quiet', '/etc/cron.d/update'),
  },
  {
    what: 'a file of the Bash door rootkit',
    rule: 'linux.ossec-rootkit',
    platforms: ['ubuntu'],
    name: 'pack_ossec-rootkit_bash_door',
    columns: () => ({
      atime: '1795500000',
      directory: '/tmp',
      filename: 'mcliZokhb',
      gid: '0',
      inode: '131089',
      mode: '0755',
      path: '/tmp/mcliZokhb',
      size: '30512',
      type: 'regular',
      uid: '0',
    }),
  },
  {
    what: 'a launch daemon of WireLurker',
    rule: 'macos.osx-attacks',
    platforms: ['darwin'],
    name: 'pack_osx-attacks_WireLurker',
    columns: () => ({
      label: 'com.apple.machook_damon',
      name: 'com.apple.machook_damon.plist',
      path: '/Library/LaunchDaemons/com.apple.machook_damon.plist',
      program: '',
      program_arguments: '/usr/bin/com.apple.machook_damon',
      run_at_load: '1',
    }),
  },
  {
    what: 'a browser extension of the unwanted kind',
    rule: 'browser.unwanted-chrome-extension',
    platforms: ['darwin', 'windows'],
    name: 'pack_unwanted-chrome-extensions_hola-vpn',
    columns: host => ({
      identifier: 'gkojfkhlekighikafcpjkiklfbnlmeio',
      name: 'Hola VPN',
      profile: 'Default',
      uid: '501',
      username: host.userName,
      version: '1.190.1',
    }),
  },
  {
    what: 'a fresh login over SSH',
    rule: 'posix.ssh-login',
    platforms: ['ubuntu'],
    name: LAST,
    columns: (host, unixTime) => login(host, unixTime - 5, '203.0.113.77', 'pts/0'),
  },
] as const satisfies readonly HostileRow[]

/** Neighbours of the above that are everyday life. */
export const LOOKALIKE_ROWS = [
  {
    what: 'a cron job whose path only begins like /tmp',
    platforms: UNIX,
    name: CRONTAB,
    columns: () => cronJob('root /tmpfiles/rotate --all', '/etc/cron.d/rotate'),
  },
  {
    what: 'a cron job that cleans up /tmp',
    platforms: UNIX,
    name: CRONTAB,
    columns: () => cronJob('root find /tmp -mtime +7 -delete', '/etc/crontab'),
  },
  {
    what: 'a login over SSH of last week',
    platforms: UNIX,
    name: LAST,
    columns: (host, unixTime) => login(host, unixTime - 7 * DAY_S, '203.0.113.77', 'pts/1'),
  },
  {
    what: 'a login at the console',
    platforms: UNIX,
    name: LAST,
    columns: (host, unixTime) => login(host, unixTime - 5, '', 'tty1'),
  },
  {
    what: 'an extension of the ordinary kind',
    platforms: EVERYWHERE,
    name: 'pack_it-compliance_chrome_extensions',
    columns: host => ({
      identifier: 'abcdefghijklmnopabcdefghijklmnop',
      name: 'Hola Recipes',
      profile: 'Default',
      uid: '501',
      username: host.userName,
      version: '2.0.0',
    }),
  },
  {
    what: 'a launch daemon that ships with the system',
    platforms: ['darwin'],
    name: 'pack_incident-response_launchd',
    columns: () => ({
      label: 'com.apple.mDNSResponder',
      name: 'com.apple.mDNSResponder.plist',
      path: '/System/Library/LaunchDaemons/com.apple.mDNSResponder.plist',
      program: '/usr/sbin/mDNSResponder',
      run_at_load: '1',
    }),
  },
] as const satisfies readonly SuspectRow[]

/** The row as a line of this host. */
export function suspectLine(row: SuspectRow, host: HostProfile, unixTime: number, counter: number): string {
  const { action = 'added' } = row
  const head = headOf(host, row.name, unixTime, counter)
  const columns = row.columns(host, unixTime)
  return action === 'snapshot' ? snapshotEventLine(head, columns) : eventLine(head, action, columns)
}

function cronJob(command: string, path: string): Columns {
  return {
    command,
    day_of_month: '*',
    day_of_week: '*',
    event: '',
    hour: '*',
    minute: '*/5',
    month: '*',
    path,
  }
}

function login(host: HostProfile, time: number, from: string, tty: string): Columns {
  return {
    host: from,
    pid: '4242',
    time: String(time),
    tty,
    type: '7',
    username: host.userName,
  }
}
