import { type Pattern, patternOf } from './pattern.ts'

/** What `exception` takes: a match of one rule that is known to be innocent, for so long. */
export interface ExceptionDefinition {
  /** Id of the rule or the sequence. */
  readonly rule: string
  /** Name or id of the host; `*` stands for any characters: `build-*`. */
  readonly host?: string
  /** A tag that the host carries. */
  readonly tag?: string
  /** Columns and what they must all hold, exactly, or with `*` for any characters: `{ path: '/opt/ci/*' }`. */
  readonly columns?: Readonly<Record<string, string>>
  /** Why it is innocent, for who finds it in a year. */
  readonly reason: string
  /** The last day on which it holds (UTC): `2027-03-31`. After it the rule matches again. */
  readonly expires: string
  /** Who answers for it. */
  readonly author?: string
}

/** An exception as the engine takes it. */
export interface Exception {
  readonly rule: string
  readonly host: string | null
  readonly tag: string | null
  readonly columns: Readonly<Record<string, string>>
  readonly reason: string
  readonly expires: string
  readonly author: string
  /** Milliseconds since the epoch at which it holds no more: the end of its last day. */
  readonly expiresAt: number
  readonly matches: {
    readonly host: Pattern | null
    readonly columns: readonly (readonly [column: string, value: Pattern])[]
  }
}

const DAY_MS = 86_400_000
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/

/**
 * Builds an exception. That the rule exists is seen by `createEngine`, which knows them all.
 *
 * @throws Error naming the exception's rule, everything that is wrong with it and how to mend it
 */
export function exception(definition: ExceptionDefinition): Exception {
  const { rule, host, tag, columns = {}, reason, expires, author = '' } = definition
  const expiresAt = endOfDay(expires)
  const problems = [...narrowProblems(definition), ...(reason.trim() === '' ? [NO_REASON] : [])]
  if (expiresAt === null) {
    problems.push(
      `expires must be a day like 2027-03-31, not "${expires}"; an exception without an end is never looked at again`,
    )
  }
  if (problems.length > 0 || expiresAt === null) {
    throw new Error(`exception for rule "${rule}": ${problems.join('; ')}`)
  }
  return {
    rule,
    host: host ?? null,
    tag: tag ?? null,
    columns,
    reason,
    expires,
    author,
    expiresAt,
    matches: {
      host: host === undefined ? null : patternOf(host),
      columns: Object.entries(columns).map(([column, value]) => [column, patternOf(value)]),
    },
  }
}

/** Whether it holds no more. @param at  milliseconds since the epoch */
export function isExpired({ expiresAt }: Exception, at: number): boolean {
  return at >= expiresAt
}

const NO_REASON = 'reason is missing: say why it is innocent, for who finds it in a year'

function narrowProblems({ host, tag, columns = {} }: ExceptionDefinition): string[] {
  const values = Object.entries(columns)
  if (host === undefined && tag === undefined && values.length === 0) {
    return [
      'it names neither host, tag nor columns, so the rule would never match: set its `enabled: false` instead',
    ]
  }
  const problems = []
  if (host?.trim() === '') problems.push('host is empty; leave it out for every host')
  if (tag?.trim() === '') problems.push('tag is empty; leave it out for every host')
  for (const [column, value] of values) {
    if (column === '') problems.push('columns has an empty name')
    if (/^\*+$/.test(value))
      problems.push(`columns.${column} is "${value}", which everything is; leave it out`)
  }
  return problems
}

/** The first moment after a day of the calendar, or null when it is none (`2027-02-30`). */
function endOfDay(text: string): number | null {
  const [, year, month, day] = DATE.exec(text) ?? []
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day))
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text ? null : at + DAY_MS
}
