import type { HostFacts, HostId, OsqueryEvent, RowId } from '../detect/event.ts'
import type { Finding, RuleMatch } from '../detect/finding.ts'
import { rowOf } from '../detect/rows.ts'
import type { Sequence, SequencePart } from '../detect/sequence.ts'
import { type Completion, completionsOf, type Sequences } from '../detect/sequences.ts'
import { jsonArrays } from '../store/json-rows.ts'
import { selectKnownMatches } from '../store/matches.ts'
import {
  assertLatestParts,
  assertUncompletedParts,
  type CountedRange,
  FIRSTS_LIMIT,
  type FoundPart,
  NEXTS_LIMIT,
  type PartRange,
  selectLatestParts,
  selectMatchEvents,
  selectUncompletedParts,
} from '../store/sequences.ts'
import { matchKeyOf } from './plan.ts'

/**
 * Completions that late matches bring to light in one chunk, at most: each needs its event read again, which may be a
 * megabyte. What is beyond is not made; its alert, one for each key, is open by then.
 */
const LATE_COMPLETIONS_MAX = 200

/** What the findings of a chunk complete, and the statements that refuse the batch when that is no longer so. */
export interface Completed {
  readonly findings: readonly Finding[]
  readonly guards: readonly D1PreparedStatement[]
}

/**
 * Finds the sequences that new matches complete together with those that D1 has. Which matches a sequence makes depends
 * only on the matches there are: not on the order in which they came, nor on the chunks they came in. Findings that D1
 * knows already complete nothing, for what they complete was committed with them.
 * @throws what D1 throws when it can't be read
 */
export async function completeSequences(
  db: D1Database,
  findings: readonly Finding[],
  sequences: Sequences,
  hosts: ReadonlyMap<HostId, HostFacts>,
): Promise<Completed> {
  const marked = findings.filter(
    finding => finding.kind === 'match' && finding.sequence && sequences.of(finding.ruleId).length > 0,
  ) as readonly RuleMatch[] // as the filter says
  if (marked.length === 0) return { findings: [], guards: [] }
  const around = await readAround(db, marked, sequences)
  const late = await readFirstsOfLate(db, around)
  const searches = around.map(search => searchOf(search, late))
  const completions = searches.flatMap(({ completions: all }) => all)
  const events = await readEvents(db, completions, marked)
  return {
    findings: completions.flatMap(completion => tell(completion, events, sequences, hosts)),
    guards: guardsOf(db, searches),
  }
}

/** One sequence, the new matches that take part in it, and what D1 has around them. */
interface Around {
  readonly sequence: Sequence
  readonly fresh: readonly SequencePart[]
  /** Where matches of the first rule were looked for, and those found. */
  readonly firstRanges: readonly PartRange[]
  readonly firsts: readonly FoundPart[]
  /** Where matches of the second rule were looked for that are not completed, and those found. */
  readonly nextRanges: readonly PartRange[]
  readonly nexts: readonly FoundPart[]
}

async function readAround(
  db: D1Database,
  marked: readonly RuleMatch[],
  sequences: Sequences,
): Promise<readonly Around[]> {
  const parts = distinct(marked.map(partOf))
  const involved = [...new Set(parts.flatMap(({ ruleId }) => sequences.of(ruleId)))]
  const ranges = involved.map(sequence => rangesAround(sequence, parts))
  const known = jsonArrays(parts.map(({ ruleId, rowId }) => matchKeyOf('match', ruleId, rowId)))
  const firsts = jsonArrays(ranges.flatMap(({ firstRanges }) => firstRanges).map(toJson))
  const nexts = jsonArrays(ranges.flatMap(({ nextRanges }) => nextRanges).map(toJson))
  const rows = await readAll(db, [
    known.map(array => selectKnownMatches(db, array)),
    firsts.map(array => selectLatestParts(db, array)),
    nexts.map(array => selectUncompletedParts(db, array)),
  ])
  // The columns are those that the three statements name.
  const [knownRows, firstRows, nextRows] = rows as [SequencePart[], FoundPart[], FoundPart[]]
  const old = new Set(knownRows.map(keyOfPart))
  return involved.map((sequence, index) => ({
    sequence,
    fresh: parts.filter(part => takesPart(sequence, part) && !old.has(keyOfPart(part))),
    firstRanges: ranges[index]?.firstRanges ?? [],
    nextRanges: ranges[index]?.nextRanges ?? [],
    firsts: firstRows.filter(({ sequenceId }) => sequenceId === sequence.rule.id),
    nexts: nextRows.filter(({ sequenceId }) => sequenceId === sequence.rule.id),
  }))
}

/** Before each match of the second rule, and after each of the first; what overlaps of the latter is one. */
function rangesAround(sequence: Sequence, parts: readonly SequencePart[]) {
  const { first, next, withinMs } = sequence
  const firstRanges = parts
    .filter(({ ruleId }) => ruleId === next.id)
    .map(({ key, at }) => rangeOf(sequence, first.id, key, at - withinMs, at))
  const afterFirsts = parts
    .filter(({ ruleId }) => ruleId === first.id)
    .map(({ key, at }) => rangeOf(sequence, next.id, key, at, at + withinMs))
  return { firstRanges: distinctRanges(firstRanges), nextRanges: joined(afterFirsts) }
}

function rangeOf({ rule }: Sequence, ruleId: string, key: string, from: number, to: number): PartRange {
  return { sequenceId: rule.id, ruleId, key, from, to }
}

/** Thousands of failed logins in a minute are one range. */
function joined(ranges: readonly PartRange[]): readonly PartRange[] {
  const wide: PartRange[] = []
  for (const ofKey of Map.groupBy(ranges, ({ key }) => key).values()) {
    const [first, ...others] = ofKey.toSorted((a, b) => a.from - b.from)
    if (first === undefined) continue
    let open = first
    for (const range of others) {
      if (range.from <= open.to) open = { ...open, to: Math.max(open.to, range.to) }
      else {
        wide.push(open)
        open = range
      }
    }
    wide.push(open)
  }
  return wide
}

/** Matches of the second rule that were there before: those of the first before them, by sequence. Rarely any. */
async function readFirstsOfLate(
  db: D1Database,
  around: readonly Around[],
): Promise<
  ReadonlyMap<Sequence, { readonly ranges: readonly PartRange[]; readonly firsts: readonly FoundPart[] }>
> {
  const ranges = around.map(({ sequence, nexts }) =>
    distinctRanges(
      nexts.map(({ key, at }) => rangeOf(sequence, sequence.first.id, key, at - sequence.withinMs, at)),
    ),
  )
  const arrays = jsonArrays(ranges.flat().map(toJson))
  const [rows] = await readAll(db, [arrays.map(array => selectLatestParts(db, array))])
  const found = rows as FoundPart[] // the columns are those that the statement names
  return new Map(
    around.map(({ sequence }, index) => [
      sequence,
      {
        ranges: ranges[index] ?? [],
        firsts: found.filter(({ sequenceId }) => sequenceId === sequence.rule.id),
      },
    ]),
  )
}

/** What came of looking around: completions, and what they rest on. */
interface Search {
  readonly completions: readonly Completion[]
  /** Ranges in which another match of the first rule would have made a difference. */
  readonly firsts: readonly CountedRange[]
  /** Ranges in which another match of the second rule would. */
  readonly nexts: readonly CountedRange[]
}

function searchOf(around: Around, late: Awaited<ReturnType<typeof readFirstsOfLate>>): Search {
  const { sequence, fresh, firstRanges, nextRanges } = around
  const ofLate = late.get(sequence)
  const firsts = distinct([...around.firsts, ...(ofLate?.firsts ?? [])])
  const completions = completionsOf(sequence, distinct([...fresh, ...around.nexts, ...firsts]))
  const isNew = new Set(fresh.map(({ rowId }) => rowId))
  const kept = completions.filter(({ next }) => isNew.has(next.rowId))
  const found = completions.filter(({ next }) => !isNew.has(next.rowId)).slice(0, LATE_COMPLETIONS_MAX)
  // What is complete stays so whatever else comes, and must not be held up by it.
  const complete = new Set(completions.map(({ next }) => JSON.stringify([next.key, next.at])))
  const open = distinctRanges([...firstRanges, ...(ofLate?.ranges ?? [])]).filter(
    ({ key, to }) => !complete.has(JSON.stringify([key, to])),
  )
  return {
    completions: [...kept, ...found],
    firsts: counted(open, firsts, FIRSTS_LIMIT),
    nexts: counted(nextRanges, around.nexts, NEXTS_LIMIT),
  }
}

/** @param limit  of the statement that found the parts: it will not count further either */
function counted(
  ranges: readonly PartRange[],
  parts: readonly SequencePart[],
  limit: number,
): readonly CountedRange[] {
  const byKey = Map.groupBy(parts, ({ key }) => key)
  return ranges.map(range => {
    const inside = byKey.get(range.key)?.filter(({ at }) => at >= range.from && at <= range.to) ?? []
    return { ...range, count: Math.min(inside.length, limit) }
  })
}

function guardsOf(db: D1Database, searches: readonly Search[]): readonly D1PreparedStatement[] {
  return [
    ...jsonArrays(searches.flatMap(({ firsts }) => firsts).map(toJson)).map(array =>
      assertLatestParts(db, array),
    ),
    ...jsonArrays(searches.flatMap(({ nexts }) => nexts).map(toJson)).map(array =>
      assertUncompletedParts(db, array),
    ),
  ]
}

/** The events that complete sequences: of this chunk, or read again. By row id. */
async function readEvents(
  db: D1Database,
  completions: readonly Completion[],
  marked: readonly RuleMatch[],
): Promise<ReadonlyMap<string, OsqueryEvent>> {
  const events = new Map<string, OsqueryEvent>(marked.map(({ event }) => [event.p_row_id, event]))
  const missing = completions.filter(({ next }) => !events.has(next.rowId))
  const keys = jsonArrays(missing.map(({ next }) => JSON.stringify([next.ruleId, next.rowId])))
  const [rows] = await readAll(db, [keys.map(array => selectMatchEvents(db, array))])
  for (const { rowId, event } of rows as { rowId: RowId; event: string }[]) {
    // as the statement names them
    events.set(rowId, storedEvent(event))
  }
  return events
}

/** An event as `matchedEventJson` wrote it, with the columns of its table that it did not have reading as empty again. */
function storedEvent(json: string): OsqueryEvent {
  const event = JSON.parse(json) as OsqueryEvent // our own writing
  return { ...event, columns: event.columns === null ? null : rowOf(event.p_table, event.columns) }
}

function tell(
  completion: Completion,
  events: ReadonlyMap<string, OsqueryEvent>,
  sequences: Sequences,
  hosts: ReadonlyMap<HostId, HostFacts>,
): readonly Finding[] {
  const event = events.get(completion.next.rowId)
  // Removed since it was found: retention was quicker, and so was whoever could have looked at it.
  if (event === undefined) return []
  const { p_host_id: id, hostIdentifier } = event
  return sequences.tell(
    completion,
    event,
    hosts.get(id) ?? { id, name: hostIdentifier || id, platform: '', tags: [] },
  )
}

/** The part that a match plays. @param match  one that bears a mark */
function partOf({ ruleId, event, sequence, title }: RuleMatch): SequencePart {
  return { ruleId, rowId: event.p_row_id, key: sequence?.key ?? '', at: sequence?.at ?? 0, title }
}

function takesPart({ first, next }: Sequence, { ruleId }: SequencePart): boolean {
  return ruleId === first.id || ruleId === next.id
}

function keyOfPart({ ruleId, rowId }: Pick<SequencePart, 'ruleId' | 'rowId'>): string {
  return matchKeyOf('match', ruleId, rowId)
}

function distinct<Part extends SequencePart>(parts: readonly Part[]): readonly Part[] {
  return [...new Map(parts.map(part => [keyOfPart(part), part])).values()]
}

function distinctRanges(ranges: readonly PartRange[]): readonly PartRange[] {
  return [...new Map(ranges.map(range => [toJson(range), range])).values()]
}

/** Runs groups of statements in one round trip; none when there are none. @returns the rows of each group */
async function readAll(
  db: D1Database,
  groups: readonly (readonly D1PreparedStatement[])[],
): Promise<readonly unknown[][]> {
  const statements = groups.flat()
  const results = statements.length === 0 ? [] : await db.batch(statements)
  let from = 0
  return groups.map(group => {
    const rows = results.slice(from, from + group.length).flatMap(({ results: some }) => some)
    from += group.length
    return rows
  })
}

function toJson(value: object): string {
  return JSON.stringify(value)
}
