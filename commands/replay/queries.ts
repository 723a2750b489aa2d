import * as z from 'zod'
import type { Pack, PackQuery } from '../../src/detect/pack.ts'
import { columnsOf } from '../../src/detect/rows.ts'
import type { TableName } from '../../src/detect/tables.ts'

const Queries = z.record(z.string(), z.object({ query: z.string() }))
const Configuration = z.object({
  schedule: Queries.optional(),
  packs: z.record(z.string(), z.union([z.string(), z.object({ queries: Queries.optional() })])).optional(),
})

/** Tables that queries join to add a name or a time; the row is hardly ever about them. */
const BYSTANDERS = ['users', 'groups', 'time', 'processes', 'osquery_info']

/**
 * Reads the queries of an osquery configuration file, so that their names are known when they come back in logs. The
 * schedule, whose queries stand in no pack, becomes a pack without a name; packs given as paths are left out.
 *
 * @throws Error when the text is not such a configuration
 */
export function readQueries(text: string): readonly Pack[] {
  const { schedule = {}, packs = {} } = Configuration.parse(JSON.parse(withoutComments(text)))
  const named = Object.entries(packs).flatMap(([name, pack]) =>
    typeof pack === 'string' ? [] : [packOf(name, pack.queries ?? {})],
  )
  return [packOf('', schedule), ...named]
}

/** Not made by `pack()`: the rules for names there are ours, not osquery's. */
function packOf(pack: string, definitions: z.infer<typeof Queries>): Pack {
  const queries = Object.entries(definitions).map(([name, { query }]): [string, PackQuery] => {
    const table = tableOf(query)
    return [name, { name, pack, query, interval: 3600, ...(table !== null && { table }) }]
  })
  return { name: pack, description: '', queries: Object.fromEntries(queries) }
}

/** The table that the rows of a query are about: the first that it selects from, but for those joined to say who or when. */
function tableOf(query: string): TableName | null {
  const named = Array.from(
    query.matchAll(/\b(?:from|join)\s+"?(\w+)"?|,\s*(\w+)\b/gi),
    match => match[1] ?? match[2],
  )
  const tables = named.filter(isTable)
  return tables.find(table => !BYSTANDERS.includes(table)) ?? tables[0] ?? null
}

function isTable(name: string | undefined): name is TableName {
  return name !== undefined && columnsOf(name) !== null
}

/** osquery takes `#` and `//` at the start of a line for comments and joins lines by a backslash at their end. */
function withoutComments(text: string): string {
  return text.replace(/\\\r?\n/g, '').replace(/^\s*(?:#|\/\/).*$/gm, '')
}
