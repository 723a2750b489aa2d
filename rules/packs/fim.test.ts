import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/detect/engine.ts'
import type { Pack } from '../../src/detect/pack.ts'
import { systemFileKind } from '../../src/detect/reading/system-files.ts'
import type { Rule } from '../../src/detect/rule.ts'
import { eventOf, hostOf } from '../../src/detect/test-event.ts'
import { rules } from '../index.ts'
import { linuxFim, macosFim, webServerFim } from './fim.ts'
import { linuxSystem } from './linux-system.ts'

/** Whether osqueryd tells of the path when this is watched: `%` for one name, `%%` at the end for all below. */
function isWatched(path: string, globs: readonly string[]): boolean {
  return globs.some(glob => {
    const parts = glob.split('/')
    const names = path.split('/')
    if (parts.at(-1) === '%%' ? names.length < parts.length : names.length !== parts.length) return false
    return parts.every((part, at) => part === '%%' || part === '%' || part === names[at])
  })
}

function globsOf(...packs: readonly Pack[]): readonly string[] {
  return packs.flatMap(({ filePaths = {} }) => Object.values(filePaths).flat())
}

/** The tables that these queries read, with what a test puts into them. */
function hostWith(tables: Readonly<Record<string, readonly Readonly<Record<string, string | number>>[]>>) {
  const database = new DatabaseSync(':memory:')
  for (const [table, rows] of Object.entries(tables)) {
    const columns = [...new Set(rows.flatMap(row => Object.keys(row)))]
    database.exec(`CREATE TABLE ${table} (${columns.join(', ')})`)
    const insert = database.prepare(`INSERT INTO ${table} VALUES (${columns.map(() => '?').join(', ')})`)
    for (const row of rows) insert.run(...columns.map(column => row[column] ?? null))
  }
  return (sql: string) => database.prepare(sql).all()
}

const FILE_EVENT = {
  target_path: '',
  category: '',
  action: 'UPDATED',
  uid: 0,
  gid: 0,
  mode: '0644',
  size: 1,
  atime: 0,
  mtime: 0,
  ctime: 0,
  sha256: '',
  time: 0,
}

describe('the files that hosts watch', () => {
  // Paths that only other fleets watch, or not every host.
  const elsewhere = /^(?:\/private)?\/var\/log\/|\/\.bash_history$|^\/(?:lib64|usr\/lib\/pam\.d|srv\/git)\//
  const matched = rules
    .filter(
      ({ on, id }) => on.kind === 'table' && on.names.includes('file_events') && !id.startsWith('posix.text'),
    )
    .flatMap(rule => rule.tests.filter(({ match }) => match).map(test => [rule.id, test] as const))
    .flatMap(([id, { columns }]) => (columns?.['target_path'] ? [[id, columns['target_path']] as const] : []))

  it.each(matched.filter(([, path]) => !elsewhere.test(path)))('include what %s is about: %s', (_, path) => {
    const web = [...globsOf(webServerFim), '/var/lib/tomcat9/webapps/%%']
    expect(isWatched(path, [...globsOf(linuxFim, macosFim), ...web])).toBe(true)
  })

  it('are each in a folder of one category only: osqueryd has one watch for a folder', () => {
    for (const pack of [linuxFim, macosFim]) {
      const folders = Object.values(pack.filePaths ?? {}).map(
        globs => new Set(globs.map(glob => glob.slice(0, glob.lastIndexOf('/')))),
      )
      const all = folders.flatMap(set => [...set])
      const shared = all.filter((folder, at) => all.indexOf(folder) !== at)
      expect(shared).toEqual([])
    }
  })
})

describe('the query over changes of files', () => {
  const run = (...events: Partial<typeof FILE_EVENT>[]) =>
    hostWith({
      file_events: events.map(event => ({ ...FILE_EVENT, ...event })),
      file: [
        { path: '/var/lib/dpkg/status', mtime: 100 },
        { path: '/var/log/dpkg.log', mtime: 200 },
        { path: '/etc/passwd', mtime: 900 },
      ],
    })(linuxFim.queries.file_events.query)

  it('tells when the package manager was last at work', () => {
    const [row] = run({ target_path: '/etc/pam.d/sshd', category: 'pam' })
    expect(row).toMatchObject({ target_path: '/etc/pam.d/sshd', packages_changed: 200 })
  })

  it('passes on every file of /etc that a rule knows, and no other', () => {
    const known = [
      '/etc/passwd',
      '/etc/ld.so.preload',
      '/private/etc/zshrc',
      '/etc/rc.local',
      '/etc/pam.conf',
    ]
    const others = ['/etc/mtab', '/etc/resolv.conf', '/etc/ld.so.cache', '/etc/.pwd.lock']
    const rows = run(...[...known, ...others].map(target_path => ({ target_path, category: 'etc' })))
    expect(rows.map(row => row['target_path'])).toEqual(known)
    expect(known.every(path => systemFileKind(path) !== null)).toBe(true)
    expect(others.every(path => systemFileKind(path) === null)).toBe(true)
  })

  it('leaves out what only touches or reads a file', () => {
    const actions = [
      'CREATED',
      'ATTRIBUTES_MODIFIED',
      'OPENED',
      'MOVED_FROM',
      'MOVED_TO',
      'DELETED',
      'UPDATED',
    ]
    const rows = run(...actions.map(action => ({ action, target_path: '/etc/pam.d/sshd', category: 'pam' })))
    expect(rows.map(row => row['action'])).toEqual(['CREATED', 'MOVED_TO', 'DELETED', 'UPDATED'])
  })
})

describe('the query over logs', () => {
  const states = (...files: readonly Readonly<Record<string, string | number>>[]) => {
    const rows = hostWith({
      file: [{ path: '', size: 0, symlink: 0, ctime: 0 }, ...files],
      users: [
        { directory: '/root', shell: '/bin/bash' },
        { directory: '/var/www', shell: '/usr/sbin/nologin' },
      ],
    })(linuxSystem.queries.log_files.query)
    return Object.fromEntries(rows.map(row => [String(row['path']), row['state']]))
  }
  const log = (path: string, size: number, ctime: number, symlink = 0) => ({ path, size, ctime, symlink })

  it('tells logs that are kept from those that are gone', () => {
    const found = states(log('/var/log/wtmp', 384, 10_000), log('/root/.bash_history', 10, 10_000))
    expect(found).toMatchObject({
      '/var/log/wtmp': 'kept',
      '/root/.bash_history': 'kept',
      '/var/log/auth.log': 'missing',
    })
    expect(found).not.toHaveProperty('/var/www/.bash_history')
  })

  it('tells an emptied log from one that was just rotated', () => {
    expect(states(log('/var/log/wtmp', 0, 90_000))).toMatchObject({ '/var/log/wtmp': 'emptied' })
    const former = log('/var/log/wtmp.1', 384, 10_000)
    expect(states(log('/var/log/wtmp', 0, 90_000), former)).toMatchObject({ '/var/log/wtmp': 'emptied' })
    const rotated = log('/var/log/wtmp-20231114', 384, 90_001)
    expect(states(log('/var/log/wtmp', 0, 90_000), rotated)).toMatchObject({ '/var/log/wtmp': 'kept' })
  })

  it('tells a history that goes nowhere', () => {
    expect(states(log('/root/.bash_history', 0, 1, 1))).toMatchObject({ '/root/.bash_history': 'led away' })
  })
})

describe('an upgrade that replaces many watched files', () => {
  const files = [
    ...Array.from({ length: 20 }, (_, at) => `/usr/lib/systemd/system/unit-${at}.service`),
    ...Array.from({ length: 10 }, (_, at) => `/usr/lib/x86_64-linux-gnu/security/pam_${at}.so`),
    ...[
      '/etc/pam.d/common-auth',
      '/etc/profile.d/lang.sh',
      '/etc/passwd',
      '/etc/ssh/sshd_config',
      '/etc/cron.d/job',
    ],
    ...[
      '/etc/init.d/ssh',
      '/etc/udev/rules.d/60-a.rules',
      '/etc/update-motd.d/10-help',
      '/etc/sudoers.d/README',
    ],
  ]
  const engine = createEngine(rules)
  const FILE_RULE = rules.find(({ id }) => id === 'linux.pam-changed') as Rule // Any rule about file_events does.

  /** The alerts, each by its rule, dedup and severity, that these files make when dpkg puts them down. */
  function alerts(packages_changed?: string): ReadonlySet<string> {
    const findings = files.flatMap((target_path, at) => {
      // dpkg unpacks beside the old file, then moves.
      const steps = [
        { target_path: `${target_path}.dpkg-new`, action: 'CREATED' },
        { target_path: `${target_path}.dpkg-new`, action: 'UPDATED' },
        { target_path, action: 'MOVED_TO' },
      ]
      return steps.flatMap(step => {
        const columns = { ...step, uid: '0', time: String(1_700_000_000 + at * 5) }
        const test = {
          name: '',
          match: true,
          columns: { ...columns, ...(packages_changed && { packages_changed }) },
        }
        return engine.evaluate(eventOf(FILE_RULE, test), hostOf(test))
      })
    })
    return new Set(findings.map(({ ruleId, dedup, severity }) => `${ruleId} ${dedup} ${severity}`))
  }

  it('makes one low alert', () => {
    expect([...alerts('1700000200')]).toEqual(['linux.package-change-of-system-files test-host-id low'])
  })

  it('makes one for each kind of file when the fleet’s query does not tell of packages, never one for each file', () => {
    expect([...alerts()].map(alert => alert.split(' ')[0])).toEqual([
      'linux.startup-file-changed',
      'linux.pam-changed',
      'posix.shell-profile-changed',
      'posix.account-file-changed',
      'posix.ssh-file-changed',
      'posix.account-file-changed',
    ])
  })
})
