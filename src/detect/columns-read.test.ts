import { expect, it } from 'vitest'
import { described } from '../../test/described.ts'
import { columnsRead } from './columns-read.ts'
import { rule, table } from './rule.ts'

it('tells the columns that any function of a rule looks at, guards included', () => {
  const logins = rule({
    id: 'posix.example',
    title: 'Example',
    severity: 'high',
    on: table('last'),
    freshness: { column: 'time', within: '24h' },
    detect: ({ columns }) => columns.type === '7',
    alertTitle: ({ columns }) => `From ${columns.host}`,
    ...described,
    tests: [
      { name: 'yes', match: true, columns: { type: '7', time: '1700000000', tty: 'pts/0' } },
      { name: 'no', match: false, columns: { type: '8', time: '1700000000' } },
    ],
  })
  expect(columnsRead(logins)).toEqual(['host', 'time', 'type'])
})
