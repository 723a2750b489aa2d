import { describe, expect, it } from 'vitest'
import { columnsOf } from '../detect/rows.ts'
import { canComeFrom, tableByColumns, tableByName } from './infer-table.ts'

describe('tableByName', () => {
  it('knows tables by their own names, however people write them', () => {
    for (const name of [
      'crontab',
      'Process_Events',
      'process-events',
      'process events',
      'crontab_snapshot ',
    ]) {
      expect(tableByName(name), name).not.toBe('')
    }
    expect(tableByName('users_snapshot')).toBe('users')
  })

  it('knows the queries of the shipped packs that are named otherwise', () => {
    expect(tableByName('open_sockets')).toBe('process_open_sockets')
    expect(tableByName('kextstat')).toBe('kernel_extensions')
    expect(tableByName('schedule')).toBe('osquery_schedule')
    expect(tableByName('hosts')).toBe('etc_hosts')
  })

  it('knows nothing else', () => {
    for (const name of ['', 'my_query', 'constructor', '__proto__', 'toString']) {
      expect(tableByName(name), name).toBe('')
    }
  })
})

describe('tableByColumns', () => {
  it('finds the only table that has all columns', () => {
    expect(tableByColumns(['cmdline', 'name', 'on_disk', 'path', 'pid', 'state', 'uid'])).toBe('processes')
    expect(tableByColumns(['command', 'minute', 'hour'])).toBe('crontab')
    expect(tableByColumns(['address', 'hostnames'])).toBe('etc_hosts')
  })

  it('finds the table of a whole row', () => {
    for (const table of ['users', 'file', 'process_events', 'socket_events', 'chrome_extensions']) {
      expect(tableByColumns(columnsOf(table) ?? []), table).toBe(table)
    }
  })

  it('sees through a column that a join brought in, when the rest leaves no doubt', () => {
    const columns = [
      'action',
      'category',
      'ctime',
      'md5',
      'mode',
      'sha256',
      'size',
      'target_path',
      'username',
    ]
    expect(tableByColumns(columns)).toBe('file_events')
  })

  it('leaves open what several tables can have sent', () => {
    for (const columns of [
      ['name', 'path', 'pid'],
      ['path'],
      ['name', 'version'],
      [],
      ['no_such_column', 'nor_this'],
    ]) {
      expect(tableByColumns(columns), columns.join()).toBe('')
    }
  })
})

describe('canComeFrom', () => {
  it('asks for one column of the table', () => {
    expect(canComeFrom('users', ['username', 'count'])).toBe(true)
    expect(canComeFrom('users', ['alpha', 'beta'])).toBe(false)
    expect(canComeFrom('users', [])).toBe(true)
  })
})
