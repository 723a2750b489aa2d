import { describe, expect, it } from 'vitest'
import { described } from '../../test/described.ts'
import { feedingQueries } from './feeds.ts'
import { pack as packOf } from './pack.ts'
import { logType, pack, query, rule, table } from './rule.ts'
import type { Selector } from './selector.ts'

const example = packOf({
  name: 'an-example',
  description: '',
  queries: {
    jobs: { query: 'SELECT 1;', interval: 60, table: 'crontab' },
    new_jobs: { query: 'SELECT 1;', interval: 60, table: 'crontab', removed: false },
    all_jobs: { query: 'SELECT 1;', interval: 60, table: 'crontab', snapshot: true },
    own: { query: 'SELECT 1;', interval: 60 },
  },
})
const other = packOf({
  name: 'other',
  description: '',
  queries: { own: { query: 'SELECT 1;', interval: 60 } },
})

function fedBy<Columns>(
  on: Selector<Columns>,
  actions?: readonly ('added' | 'removed' | 'snapshot')[],
): string[] {
  const made = rule({
    id: 'posix.example',
    title: 'Example',
    severity: 'high',
    on,
    ...(actions && { actions }),
    detect: () => true,
    ...described,
    tests: [
      { name: 'yes', match: true },
      { name: 'no', match: false },
    ],
  })
  return feedingQueries(made, [example, other]).map(({ pack, name }) => `${pack}/${name}`)
}

describe('feedingQueries', () => {
  it('finds the queries about a table that send an action of the rule', () => {
    expect(fedBy(table('crontab'))).toEqual(['an-example/jobs', 'an-example/new_jobs'])
    expect(fedBy(table('crontab'), ['removed'])).toEqual(['an-example/jobs'])
    expect(fedBy(table('crontab'), ['snapshot'])).toEqual(['an-example/all_jobs'])
    expect(fedBy(table('last'))).toEqual([])
  })

  it('finds queries by name in any pack, and a served one in its own', () => {
    expect(fedBy(query('own'))).toEqual(['an-example/own', 'other/own'])
    expect(fedBy(query('new-jobs'))).toEqual(['an-example/new_jobs'])
    expect(fedBy(query(other.queries.own))).toEqual(['other/own'])
  })

  it('finds a whole pack under either spelling', () => {
    expect(fedBy(pack('an_example'))).toEqual(['an-example/jobs', 'an-example/new_jobs', 'an-example/own'])
  })

  it('leaves out what hosts of another platform send', () => {
    const [windows, everywhere] = (['windows', undefined] as const).map(platform =>
      packOf({
        name: `of-${platform ?? 'all'}`,
        description: '',
        queries: {
          all: { query: 'SELECT 1;', interval: 60, table: 'processes', ...(platform && { platform }) },
        },
      }),
    )
    const about = (id: string) =>
      rule({
        ...described,
        id,
        title: 'Example',
        severity: 'high',
        on: table('processes'),
        detect: () => true,
        tests: [
          { name: 'yes', match: true },
          { name: 'no', match: false },
        ],
      })
    const packs = [windows, everywhere].flatMap(pack => pack ?? [])
    const names = (id: string) => feedingQueries(about(id), packs).map(({ pack }) => pack)
    expect(names('posix.example')).toEqual(['of-all'])
    expect(names('windows.example')).toEqual(['of-windows', 'of-all'])
    expect(names('agent.example')).toEqual(['of-windows', 'of-all'])
  })

  it('finds none for a log type', () => {
    expect(fedBy(logType('Osquery.Status'))).toEqual([])
  })
})
