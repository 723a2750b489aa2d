import { describe, expect, it } from 'vitest'
import { columnsRead } from '../src/detect/columns-read.ts'
import { feedingQueries } from '../src/detect/feeds.ts'
import type { PackQuery } from '../src/detect/pack.ts'
import { columnsOf } from '../src/detect/rows.ts'
import { selectedColumns } from '../test/osquery-database.ts'
import { KEPT_FOR_RESPONDERS } from './data/kept-for-responders.ts'
import { packs, rules } from './index.ts'

const queries = packs.flatMap(({ queries: all }) => Object.values(all))
const named = ({ pack, name }: PackQuery) => `${pack}/${name}`

describe('a query of a pack', () => {
  it.each(queries.map(query => [named(query), query] as const))(
    '%s is SQL that osquery can run',
    (_, query) => {
      const selected = selectedColumns(query.query)
      expect(new Set(selected).size).toBe(selected.length)
      if (query.table === undefined) return
      const own = columnsOf(query.table) ?? []
      // What rules about the table rely on is there under its own name.
      const least = Math.min(2, own.length)
      expect(selected.filter(name => own.includes(name)).length).toBeGreaterThanOrEqual(least)
    },
  )

  it('is read by a rule, or listed in data/kept-for-responders.ts with the reason to run it all the same', () => {
    const read = new Set(rules.flatMap(rule => feedingQueries(rule, packs)))
    const unread = queries.filter(query => !read.has(query) && !(named(query) in KEPT_FOR_RESPONDERS))
    expect(unread.map(named)).toEqual([])
  })

  it('is listed in data/kept-for-responders.ts only when it exists and no rule reads it', () => {
    const read = new Set(rules.flatMap(rule => feedingQueries(rule, packs)))
    const unread = queries.filter(query => !read.has(query)).map(named)
    expect(Object.keys(KEPT_FOR_RESPONDERS).filter(name => !unread.includes(name))).toEqual([])
  })
})

describe('a rule', () => {
  const fed = rules.filter(({ on }) => on.kind !== 'logType')

  it.each(fed.map(rule => [rule.id, rule] as const))(
    '%s is fed by a query of a pack, on its platform',
    (_, rule) => {
      expect(feedingQueries(rule, packs).map(named)).not.toEqual([])
    },
  )

  it.each(fed.map(rule => [rule.id, rule] as const))(
    '%s finds every column that it looks at in a query that feeds it',
    (_, rule) => {
      if (rule.on.kind !== 'table') return
      const read = columnsRead(rule)
      for (const [table, feeds] of Object.entries(
        Object.groupBy(feedingQueries(rule, packs), query => query.table ?? ''),
      )) {
        const own = columnsOf(table) ?? []
        const needed = read.filter(column => own.includes(column))
        const lacking = (feeds ?? []).map(query => {
          const selected = selectedColumns(query.query)
          return `${named(query)} lacks ${needed.filter(column => !selected.includes(column)).join(', ')}`
        })
        // One query that selects all of them is enough: others may be about something else.
        if (!lacking.some(lack => lack.endsWith('lacks '))) expect(lacking).toEqual([])
      }
    },
  )
})
