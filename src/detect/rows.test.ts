import { describe, expect, it } from 'vitest'
import { columnsOf, rowOf, rowPrototype } from './rows.ts'

describe('rows', () => {
  it('reads a column that was not selected as the empty string, without listing it', () => {
    const row = rowOf('crontab', { command: 'job' })
    expect(row['command']).toBe('job')
    expect(row['path']).toBe('')
    expect(row['no_such_column']).toBeUndefined()
    expect(Object.keys(row)).toEqual(['command'])
    expect(JSON.stringify(row)).toBe('{"command":"job"}')
    const listed = []
    for (const name in row) listed.push(name)
    expect(listed).toEqual(['command'])
  })

  it('has nothing of Object, so that no column name is special', () => {
    const row = rowOf('crontab', JSON.parse('{"__proto__": "p", "constructor": "c"}'))
    expect(Object.entries(row)).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ])
    expect(row['constructor']).toBe('c')
    expect(rowOf('no_such_table', {})['toString']).toBeUndefined()
    expect(rowOf('crontab', {})['hasOwnProperty']).toBeUndefined()
  })

  it('knows no table by the names that every object has', () => {
    for (const name of ['__proto__', 'constructor', 'toString', '']) expect(columnsOf(name)).toBeNull()
  })

  it('gives a row of its own to each event and one prototype to each table', () => {
    const row = rowOf('last', {})
    row['username'] = 'ada'
    expect(rowOf('last', {})['username']).toBe('')
    expect(rowPrototype('last')).toBe(rowPrototype('last'))
  })

  it('knows columns of the newest and of older agents', () => {
    expect(columnsOf('osquery_schedule')).toEqual(expect.arrayContaining(['denylisted', 'blacklisted']))
    expect(columnsOf('bpf_process_events')).toEqual(expect.arrayContaining(['pid', 'cmdline']))
  })
})
