/**
 * Writes src/detect/table-schema.ts (what the pipeline knows of osquery's tables while it runs) and src/detect/tables.ts
 * (what the compiler knows of them) from a description of osquery's tables.
 *
 * Run it when a new osquery release adds tables; commit what it writes.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

const HELP = `Usage: node commands/generate-tables.ts TABLES.json TABLES-REMOVED.json

  TABLES.json          the tables of the newest osquery release
  TABLES-REMOVED.json  tables and columns that older agents still send

Writes src/detect/table-schema.ts and src/detect/tables.ts.
`

const Column = z.object({
  name: z.string(),
  type: z.string(),
  kind: z.string().optional(),
  aliases: z.array(z.string()).optional(),
})

const Current = z.object({
  meta: z.object({ describe: z.string() }),
  tables: z.array(
    z.object({
      name: z.string(),
      evented: z.boolean(),
      aliases: z.array(z.string()).optional(),
      columns: z.array(Column),
    }),
  ),
})

const Removed = z.object({
  removed_tables: z.array(z.object({ name: z.string(), columns: z.array(Column) })),
  removed_columns: z.array(z.object({ table: z.string(), removed_columns: z.array(Column) })),
})

/** osquery's SQL types (sql/README, "Column types") as the one letter used in the notation. TEXT has none. */
const TYPE_LETTERS: Readonly<Record<string, string>> = {
  TEXT: '',
  INTEGER: 'i',
  BIGINT: 'b',
  UNSIGNED_BIGINT: 'u',
  DOUBLE: 'd',
  DATETIME: 't',
}

/** Removed tables come without the flag; these were fed by a publisher of events, not by a scan. */
const REMOVED_EVENTED = new Set(['bpf_process_events', 'bpf_socket_events', 'syslog'])

interface Table {
  evented: boolean
  /** Column name to its notation. A Map keeps the order of the specification. */
  readonly columns: Map<string, string>
}

function notation(column: z.infer<typeof Column>): string {
  const letter = TYPE_LETTERS[column.type]
  if (letter === undefined) throw new Error(`unknown column type ${column.type} of ${column.name}`)
  const type = letter === '' ? '' : `=${letter}`
  const kind = column.kind === undefined ? '' : `:${column.kind}`
  return `${column.name}${type}${kind}`
}

function addColumns(table: Table, columns: readonly z.infer<typeof Column>[]): void {
  for (const column of columns) {
    for (const name of [column.name, ...(column.aliases ?? [])]) {
      if (!table.columns.has(name)) table.columns.set(name, notation({ ...column, name }))
    }
  }
}

/** Column names that mean one kind of value in every current table that has them: `pid`, `uid`, `md5`, … */
function kindsByName(current: z.infer<typeof Current>): Map<string, string> {
  const kinds = new Map<string, Set<string | undefined>>()
  for (const { name, kind } of current.tables.flatMap(table => table.columns)) {
    kinds.set(name, (kinds.get(name) ?? new Set()).add(kind))
  }
  const certain = new Map<string, string>()
  for (const [name, [kind, ...others]] of kinds) {
    if (kind !== undefined && others.length === 0) certain.set(name, kind)
  }
  return certain
}

function gather(current: z.infer<typeof Current>, removed: z.infer<typeof Removed>): Map<string, Table> {
  const tables = new Map<string, Table>()
  const kinds = kindsByName(current)
  // Removed columns come without kinds: they get the one that their name has everywhere else.
  const labelled = (columns: readonly z.infer<typeof Column>[]) =>
    columns.map(column => ({ ...column, kind: column.kind ?? kinds.get(column.name) }))
  for (const { name, evented, aliases = [], columns } of current.tables) {
    for (const spelling of [name, ...aliases]) {
      const table: Table = { evented, columns: new Map() }
      addColumns(table, columns)
      tables.set(spelling, table)
    }
  }
  for (const { name, columns } of removed.removed_tables) {
    const table = tables.get(name) ?? { evented: REMOVED_EVENTED.has(name), columns: new Map() }
    addColumns(table, labelled(columns))
    tables.set(name, table)
  }
  for (const { table: name, removed_columns } of removed.removed_columns) {
    const table = tables.get(name)
    if (table !== undefined) addColumns(table, labelled(removed_columns))
  }
  return new Map([...tables].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const HEADER = 'Written by commands/generate-tables.ts; change that, not this.'

function schemaSource(tables: Map<string, Table>, release: string): string {
  const lines = [
    `// ${HEADER} osquery ${release}.`,
    '',
    '/**',
    ' * Every osquery table and its columns, in the order of the specification; tables and columns of older agents included.',
    ' *',
    ' * A table is one string of columns parted by a space. A column is `name`, then `=` and a letter when its SQL type is not',
    ' * TEXT (i INTEGER, b BIGINT, u UNSIGNED_BIGINT, d DOUBLE, t DATETIME), then `:` and a word when the kind of its values',
    ' * is known (`pid`, `ip`, `sha256`, `path`, `time_unix`, …): `pid=b:pid`, `path:path`, `cmdline:cmdline`, `uid=b:uid`.',
    ' */',
    'export const TABLE_COLUMNS: Readonly<Record<string, string>> = {',
    '  // @ts-expect-error not a table: takes away the prototype, so that a table named `constructor` is not found.',
    '  __proto__: null,',
  ]
  for (const [name, table] of tables) lines.push(`  ${name}: '${[...table.columns.values()].join(' ')}',`)
  lines.push('}', '')
  lines.push('/** Tables whose rows are happenings, not state: their first result is as new as any other. */')
  lines.push('export const EVENTED_TABLES: ReadonlySet<string> = new Set([')
  for (const [name, table] of tables) if (table.evented) lines.push(`  '${name}',`)
  lines.push('])', '')
  return lines.join('\n')
}

function typeSource(tables: Map<string, Table>, release: string): string {
  const lines = [
    `// ${HEADER} osquery ${release}.`,
    '',
    '/** Table to the union of its column names. */',
    'export interface Tables {',
  ]
  for (const [name, table] of tables) {
    lines.push(`  ${name}: ${[...table.columns.keys()].map(column => `'${column}'`).join(' | ')}`)
  }
  lines.push('}', '')
  lines.push('/** Name of an osquery table of any release. */', 'export type TableName = keyof Tables', '')
  return lines.join('\n')
}

function main(args: readonly string[]): number {
  const [currentPath, removedPath] = args
  if (currentPath === undefined || removedPath === undefined || args.includes('--help')) {
    process.stderr.write(HELP)
    return args.includes('--help') ? 0 : 2
  }
  const current = Current.parse(JSON.parse(readFileSync(currentPath, 'utf8')))
  const removed = Removed.parse(JSON.parse(readFileSync(removedPath, 'utf8')))
  const tables = gather(current, removed)
  const release = current.meta.describe.split(/[ -]/, 1)[0] ?? ''
  const folder = join(import.meta.dirname, '../src/detect')
  writeFileSync(join(folder, 'table-schema.ts'), schemaSource(tables, release))
  writeFileSync(join(folder, 'tables.ts'), typeSource(tables, release))
  process.stderr.write(`${tables.size} tables written\n`)
  return 0
}

process.exitCode = main(process.argv.slice(2))
