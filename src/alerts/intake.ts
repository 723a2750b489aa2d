import type { HostFacts, HostId } from '../detect/event.ts'
import type { Finding } from '../detect/finding.ts'
import type { Routing } from '../detect/routing.ts'
import { NO_SEQUENCES, type Sequences } from '../detect/sequences.ts'
import type { World } from '../env.ts'
import { countAlertHosts, insertAlertHosts } from '../store/alert-hosts.ts'
import { growAlerts, insertAlerts } from '../store/alerts.ts'
import { countNewFindings } from '../store/counters.ts'
import { insertDeliveries, insertTriggersAgain } from '../store/deliveries.ts'
import { jsonArrays } from '../store/json-rows.ts'
import {
  assertMatchesUnknown,
  insertMatches,
  matchJson,
  selectKnownMatches,
  selectKnownUniqueValues,
} from '../store/matches.ts'
import {
  assertStandings,
  openAlertsAgain,
  type StandingRow,
  selectStandings,
  standingOf,
} from '../store/standings.ts'
import {
  assertStormVersions,
  growStorms,
  type KnownStorm,
  selectStorms,
  upsertStorms,
} from '../store/storms.ts'
import { insertTimeline } from '../store/timeline.ts'
import { planUpdates } from '../store/updates.ts'
import {
  assertWindowVersions,
  selectWindows,
  upsertWindows,
  windowOf,
  windowRowOf,
} from '../store/windows.ts'
import { groupIdOfFinding, type Known, matchKeyOf, type Plan, planFindings, uniqueValueOf } from './plan.ts'
import { completeSequences } from './sequences.ts'
import { stormKeyOf } from './storm.ts'

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
  const now = world.now()
  const known = await readKnown(db, all, now)
  const plan = planFindings(all, known, routing, hosts, now)
  const isNews = plan.matches.length > 0
  return {
    statements: [
      ...(isNews ? completed.guards : []),
      ...(completed.findings.length > 0 ? [countNewFindings(db, completed.findings)] : []),
      ...statementsOf(db, plan, known, now),
    ],
    deliveryIds: [...plan.deliveries, ...plan.triggersAgain.filter(({ dueAt }) => dueAt <= now)].map(
      ({ deliveryId }) => deliveryId,
    ),
  }
}

/** One round trip, one transaction: all is seen at the same moment. */
async function readKnown(db: D1Database, findings: readonly Finding[], now: number): Promise<Known> {
  const keys = jsonArrays(
    findings.map(({ kind, ruleId, event }) => matchKeyOf(kind, ruleId, event.p_row_id)),
  ).map(array => selectKnownMatches(db, array))
  const groups = jsonArrays(new Set(findings.map(finding => JSON.stringify(groupIdOfFinding(finding)))))
  const windows = groups.map(array => selectWindows(db, array))
  const values = jsonArrays(groupValuesOf(findings)).map(array => selectKnownUniqueValues(db, array))
  const standings = groups.map(array => selectStandings(db, array, now))
  const rules = new Set(findings.map(({ kind, ruleId }) => JSON.stringify([kind, ruleId])))
  const storms = jsonArrays(rules).map(array => selectStorms(db, array))

  const parts = [keys, windows, values, standings, storms]
  const results = (await db.batch(parts.flat())).values()
  const [keyRows = [], windowRows = [], valueRows = [], standingRows, stormRows] = parts.map(part =>
    part.flatMap(() => results.next().value?.results ?? []),
  )
  return {
    matches: new Set(keyRows.map(matchKeyOfRow)),
    windows: new Map(windowRows.map(windowOf).map(window => [window.groupId, window])),
    uniqueValues: valuesByGroup(valueRows),
    // The columns are those that selectStandings and selectStorms name.
    standings: new Map((standingRows as StandingRow[]).map(row => [row.groupId, standingOf(row)])),
    storms: new Map(
      (stormRows as KnownStorm[]).map(storm => [stormKeyOf(storm.kind, storm.ruleId, storm.severity), storm]),
    ),
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

/** Guards come first. What counts hosts comes behind what inserts them, what tells of growth behind what grew. */
function statementsOf(db: D1Database, plan: Plan, known: Known, now: number): D1PreparedStatement[] {
  const each = (rows: readonly object[], statement: (db: D1Database, json: string) => D1PreparedStatement) =>
    jsonArrays(rows.map(toJson)).map(array => statement(db, array))
  const again = new Set(plan.reopened.map(({ alertId }) => alertId))
  const updated = [...plan.grown, ...plan.stormGrowths].filter(({ alertId }) => !again.has(alertId))
  const counted = new Set(plan.hosts.map(([alertId]) => alertId))
  return [
    ...guardsOf(db, plan, known),
    ...jsonArrays(plan.matches.map(matchJson)).map(array => insertMatches(db, array)),
    ...each(plan.windows.map(windowRowOf), upsertWindows),
    ...each(plan.storms, upsertStorms),
    ...each(plan.created, insertAlerts),
    ...each(plan.grown, growAlerts),
    ...each(plan.hosts, insertAlertHosts),
    ...jsonArrays([...counted].map(id => JSON.stringify(id))).map(array => countAlertHosts(db, array)),
    ...each(plan.stormGrowths, growStorms),
    ...each(plan.reopened, openAlertsAgain),
    ...each(plan.deliveries, insertDeliveries),
    ...each(plan.triggersAgain, insertTriggersAgain),
    ...jsonArrays(updated.map(toJson)).map(array => planUpdates(db, array, now)),
    ...each(plan.timeline, insertTimeline),
  ]
}

/** Refuse the batch when what the plan rests on is no longer so. */
function guardsOf(db: D1Database, plan: Plan, known: Known): D1PreparedStatement[] {
  const versions = plan.windows.map(({ groupId }) => [groupId, known.windows.get(groupId)?.version ?? 0])
  const keys = plan.matches.map(({ kind, ruleId, rowId }) => matchKeyOf(kind, ruleId, rowId))
  const standings = [
    ...plan.windows.flatMap(({ groupId }) => known.standings?.get(groupId) ?? []),
    ...plan.storms.flatMap(
      storm => known.storms?.get(stormKeyOf(storm.kind, storm.ruleId, storm.severity)) ?? [],
    ),
  ].filter(({ alertId }) => alertId !== '')
  const storms = plan.storms.map(({ kind, ruleId, severity, version }) => [
    kind,
    ruleId,
    severity,
    version - 1,
  ])
  return [
    ...jsonArrays(versions.map(toJson)).map(array => assertWindowVersions(db, array)),
    ...jsonArrays(standings.map(({ alertId, resolvedAt }) => toJson([alertId, resolvedAt]))).map(array =>
      assertStandings(db, array),
    ),
    ...jsonArrays(storms.map(toJson)).map(array => assertStormVersions(db, array)),
    ...jsonArrays(keys).map(array => assertMatchesUnknown(db, array)),
  ]
}

function toJson(row: object): string {
  return JSON.stringify(row)
}
