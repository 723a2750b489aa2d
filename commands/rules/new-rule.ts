import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tacticsOf } from '../../src/detect/attack.ts'
import type { Pack, PackQuery } from '../../src/detect/pack.ts'
import { columnsOf } from '../../src/detect/rows.ts'
import type { Rule } from '../../src/detect/rule.ts'
import { spellings } from '../../src/detect/rule-index.ts'
import { NOT_ROOMS } from './load.ts'
import { withRule } from './room-index.ts'
import { ruleTemplate, type Subject } from './template.ts'

export interface NewRuleRequest {
  readonly id: string
  readonly attack: string
  /** One of these; without any the table that the room's rules are most likely about. */
  readonly table?: string | undefined
  readonly query?: string | undefined
  readonly pack?: string | undefined
}

export type NewRule =
  | { readonly ok: true; readonly file: string; readonly note: string | null }
  | { readonly ok: false; readonly reason: string }

/** Tables to begin with when none is named. */
const FIRST_TABLES: Readonly<Record<string, string>> = {
  agent: 'osquery_info',
  browser: 'chrome_extensions',
  linux: 'kernel_modules',
  macos: 'launchd',
  windows: 'services',
}
const FIRST_TABLE = 'crontab'

/** Columns that most rules decide by, the best first. */
const DECISIVE = [
  'command',
  'cmdline',
  'path',
  'program',
  'fragment_path',
  'target_path',
  'data',
  'name',
  'identifier',
]

/**
 * Writes `rules/<room>/<name>.ts` and registers it in the room's index. Nothing is written when anything is wrong.
 *
 * @param folder  the folder `rules/`
 */
export function newRule(
  folder: string,
  request: NewRuleRequest,
  known: { readonly rules: readonly Rule[]; readonly packs: readonly Pack[] },
): NewRule {
  const { id } = request
  const [, room, name] = /^([a-z0-9-]+)\.([a-z0-9]+(?:-[a-z0-9]+)*)$/.exec(id) ?? []
  const rooms = roomsOf(folder)
  if (room === undefined || name === undefined || !rooms.includes(room)) {
    return refused(
      `"${id}" is no id for a rule: it must read ROOM.NAME, with one of ${rooms.join(', ')} for the room and lower-case words with hyphens for the name, like posix.odd-cron-job`,
    )
  }
  const file = join(folder, room, `${name}.ts`)
  if (known.rules.some(rule => rule.id === id)) return refused(`there is a rule "${id}" already`)
  if (existsSync(file)) return refused(`there is a file rules/${room}/${name}.ts already`)
  if (tacticsOf(request.attack) === null) return refused(`ATT&CK has no technique "${request.attack}"`)
  const subject = subjectOf(request, room, known.packs)
  if (typeof subject === 'string') return refused(subject)
  const indexFile = join(folder, room, 'index.ts')
  const index = withRule(readFileSync(indexFile, 'utf8'), name)
  if (index === null)
    return refused(`rules/${room}/index.ts has no list of rules that a line could be added to`)
  writeFileSync(file, ruleTemplate(id, request.attack, subject))
  writeFileSync(indexFile, index)
  return { ok: true, file: join('rules', room, `${name}.ts`), note: noteOn(subject, known.packs) }
}

function roomsOf(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !NOT_ROOMS.includes(name) && existsSync(join(folder, name, 'index.ts')))
    .map(({ name }) => name)
    .toSorted()
}

/** What the rule is about, or why it can't be. */
function subjectOf(
  { table, query, pack }: NewRuleRequest,
  room: string,
  packs: readonly Pack[],
): Subject | string {
  const named = [table, query, pack].filter(one => one !== undefined)
  if (named.length > 1) return 'give one of --table, --query and --pack'
  const queries = packs.flatMap(one => Object.values(one.queries))
  if (query !== undefined) {
    const found = queries.find(
      ({ name, pack: of }) => spellings('query', query).includes(name) || `${of}/${name}` === query,
    )
    if (found === undefined) return `no pack has a query "${query}"; add it in rules/packs first`
    return { kind: 'query', query: found.name, table: found.table ?? null }
  }
  if (pack !== undefined) {
    const found = packs.find(({ name }) => spellings('pack', pack).includes(name))
    if (found === undefined) return `there is no pack "${pack}" in rules/packs`
    return { kind: 'pack', pack: found.name, query: Object.keys(found.queries)[0] ?? '' }
  }
  return tableSubject(table ?? FIRST_TABLES[room] ?? FIRST_TABLE, queries)
}

function tableSubject(table: string, queries: readonly PackQuery[]): Subject | string {
  const columns = columnsOf(table)
  if (columns === null) return `osquery has no table "${table}"; for a table of your own use --query`
  const feeds = queries.filter(query => query.table === table)
  const selected = feeds.map(query =>
    columns.filter(column => new RegExp(`\\b${column}\\b`).test(query.query)),
  )
  const sent = selected[0] ?? columns
  const column = DECISIVE.find(wanted => sent.includes(wanted)) ?? sent[0] ?? columns[0] ?? ''
  const snapshot = feeds.length > 0 && feeds.every(query => query.snapshot === true)
  return { kind: 'table', table, column, columns, snapshot }
}

function noteOn(subject: Subject, packs: readonly Pack[]): string | null {
  if (subject.kind !== 'table') return null
  const asked = packs.some(pack => Object.values(pack.queries).some(({ table }) => table === subject.table))
  return asked
    ? null
    : `No pack asks hosts for the table ${subject.table} yet: add a query with table: '${subject.table}' to a pack in rules/packs, or the rule never sees a row.`
}

function refused(reason: string): NewRule {
  return { ok: false, reason }
}
