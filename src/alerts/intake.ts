import type { HostFacts, HostId } from '../detect/event.ts'
import type { Finding } from '../detect/finding.ts'
import type { Routing } from '../detect/routing.ts'
import { NO_SEQUENCES, type Sequences } from '../detect/sequences.ts'
import type { World } from '../env.ts'
import { growAlerts, insertAlerts } from '../store/alerts.ts'
import { countNewFindings } from '../store/counters.ts'
import { insertDeliveries } from '../store/deliveries.ts'
import { jsonArrays } from '../store/json-rows.ts'
import {
  assertMatchesUnknown,
  insertMatches,
  matchJson,
  selectKnownMatches,
  selectKnownUniqueValues,
} from '../store/matches.ts'
import { insertTimeline } from '../store/timeline.ts'
import {
  assertWindowVersions,
  selectWindows,
  upsertWindows,
  windowOf,
  windowRowOf,
} from '../store/windows.ts'
import { groupIdOfFinding, type Known, matchKeyOf, type Plan, planFindings, uniqueValueOf } from './plan.ts'
import { completeSequences } from './sequences.ts'

export { wake } from '../notify/wake.ts'
export { isConflict } from '../store/assertion.ts'

/** Statements to add to the D1 batch that stores the events, and the deliveries to wake once it is committed. */
export interface Intake {
  readonly statements: D1PreparedStatement[]
  readonly deliveryIds: readonly string[]
}

/**
 * Turns the findings of one chunk of events, and the sequences that they complete, into what D1 has to learn: matches,
 * windows, alerts, deliveries.
 *
 * The statements begin with guards: when a window changed or a match appeared since they were read, the whole batch
 * is refused and the error answers true to `isConflict`; call this again and commit what it then returns.
 * Replaying a committed chunk adds nothing. Without findings nothing is read and nothing returned.
 * @throws what D1 throws when it can't be read
 */
export async function intakeFindings(
  world: Pick<World, 'db' | 'now'>,
  findings: readonly Finding[],
  routing: Routing,
  hosts: ReadonlyMap<HostId, HostFacts>,
  sequences: Sequences = NO_SEQUENCES,
): Promise<Intake> {
  if (findings.length === 0) return { statements: [], deliveryIds: [] }
  const { db } = world
  const completed = await completeSequences(db, findings, sequences, hosts)
  const all = [...findings, ...completed.findings]
  const known = await readKnown(db, all)
  const plan = planFindings(all, known, routing, hosts, world.now())
  const isNews = plan.matches.length > 0
  return {
    statements: [
      ...(isNews ? completed.guards : []),
      ...(completed.findings.length > 0 ? [countNewFindings(db, completed.findings)] : []),
      ...statementsOf(db, plan, known),
    ],
    deliveryIds: plan.deliveries.map(({ deliveryId }) => deliveryId),
  }
}

/** One round trip, one transaction: windows and matches are seen at the same moment. */
async function readKnown(db: D1Database, findings: readonly Finding[]): Promise<Known> {
  const keys = jsonArrays(
    findings.map(({ kind, ruleId, event }) => matchKeyOf(kind, ruleId, event.p_row_id)),
  ).map(array => selectKnownMatches(db, array))
  const windows = jsonArrays(new Set(findings.map(finding => JSON.stringify(groupIdOfFinding(finding))))).map(
    array => selectWindows(db, array),
  )
  const values = jsonArrays(groupValuesOf(findings)).map(array => selectKnownUniqueValues(db, array))

  const results = await db.batch([...keys, ...windows, ...values])
  const rows = (from: number, count: number) =>
    results.slice(from, from + count).flatMap(result => result.results)
  return {
    matches: new Set(rows(0, keys.length).map(matchKeyOfRow)),
    windows: new Map(
      rows(keys.length, windows.length)
        .map(windowOf)
        .map(window => [window.groupId, window]),
    ),
    uniqueValues: valuesByGroup(rows(keys.length + windows.length, values.length)),
  }
}

function groupValuesOf(findings: readonly Finding[]): ReadonlySet<string> {
  const pairs = findings
    .map(finding => [groupIdOfFinding(finding), uniqueValueOf(finding)] as const)
    .filter(([, value]) => value !== null)
  return new Set(pairs.map(pair => JSON.stringify(pair)))
}

function matchKeyOfRow(row: unknown): string {
  // The columns are those that selectKnownMatches names.
  const { kind, ruleId, rowId } = row as { kind: Finding['kind']; ruleId: string; rowId: string }
  return matchKeyOf(kind, ruleId, rowId)
}

function valuesByGroup(rows: readonly unknown[]): Map<string, Set<string>> {
  const byGroup = new Map<string, Set<string>>()
  for (const row of rows) {
    // The columns are those that selectKnownUniqueValues names.
    const { groupId, value } = row as { groupId: string; value: string }
    const values = byGroup.get(groupId) ?? new Set()
    byGroup.set(groupId, values.add(value))
  }
  return byGroup
}

function statementsOf(db: D1Database, plan: Plan, known: Known): D1PreparedStatement[] {
  const versions = plan.windows.map(({ groupId }) => [groupId, known.windows.get(groupId)?.version ?? 0])
  const keys = plan.matches.map(({ kind, ruleId, rowId }) => matchKeyOf(kind, ruleId, rowId))
  return [
    ...jsonArrays(versions.map(toJson)).map(array => assertWindowVersions(db, array)),
    ...jsonArrays(keys).map(array => assertMatchesUnknown(db, array)),
    ...jsonArrays(plan.matches.map(matchJson)).map(array => insertMatches(db, array)),
    ...jsonArrays(plan.windows.map(windowRowOf).map(toJson)).map(array => upsertWindows(db, array)),
    ...jsonArrays(plan.created.map(toJson)).map(array => insertAlerts(db, array)),
    ...jsonArrays(plan.grown.map(toJson)).map(array => growAlerts(db, array)),
    ...jsonArrays(plan.deliveries.map(toJson)).map(array => insertDeliveries(db, array)),
    ...jsonArrays(plan.timeline.map(toJson)).map(array => insertTimeline(db, array)),
  ]
}

function toJson(row: object): string {
  return JSON.stringify(row)
}
