import * as z from 'zod'
import { wake } from '../alerts/intake.ts'
import { type Change, extendOpenAlert, openAlert, openAlertAgain, resolveAlert } from '../alerts/lifecycle.ts'
import type { Pack } from '../detect/pack.ts'
import type { Routing } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { isConflict } from '../store/assertion.ts'
import { type RecentlyDropped, selectRecentlyDropped } from '../store/dropped-lines.ts'
import { readGuardedState, writeGuardedState } from '../store/guarded-state.ts'
import { type HostVitalsRow, selectOtherConfigs, selectPulseLosers } from '../store/host-vitals.ts'
import { type SilentPair, selectSilentPairs } from '../store/query-sightings.ts'
import { type ResolvedAlert, selectResolved } from '../store/trouble.ts'
import { type AgentTrouble, LOSS_QUIET_MINUTES, linesLost, oldConfigs } from './agent-trouble.ts'
import { agentAlert, agentTroubleEnds } from './agent-trouble-text.ts'
import { AlertStateRow, alertStateAfter } from './alert-state.ts'
import { grownAlert, hostsTold, judgeGrowth, toldAfterLook } from './growing-trouble.ts'
import { type AgentChange, agentAlertId, judgeAgents } from './judge-agents.ts'
import { type SilencePolicy, silencePolicy } from './policy.ts'
import { querySilentAfterMs, silentHosts } from './query-silence.ts'
import type { AlertState } from './reopening.ts'
import { snapshotQueries } from './snapshot-queries.ts'
import { ToldHosts } from './told-hosts.ts'
import { lastMinutes } from './trouble.ts'

/** Its row in the table `states`. */
const STATE = 'agent-trouble'
const MINUTE_MS = 60_000
/** A look goes over all hosts, and nothing it looks for is a matter of minutes. */
const EVERY_MS = 10 * MINUTE_MS
/** Hosts that were not heard for a day don't run any config now. */
const HEARD_WITHIN_MS = 24 * 60 * MINUTE_MS

/** Keys that only a newer version knows stay in the record: forgetting an episode would use its number again. */
const AgentRecord = z.object({
  lookedAt: z.number(),
  alerts: z.record(z.string(), AlertStateRow),
  /** Missing in rows of before it was kept. */
  told: z.record(z.string(), ToldHosts).default({}),
})
type AgentRecord = z.infer<typeof AgentRecord>

const NEVER: AgentRecord = { lookedAt: 0, alerts: {}, told: {} }

/**
 * Opens, extends and resolves the alerts about queries that fell silent, old configs and lost lines. Called by cron each
 * minute; looks every ten.
 *
 * All changes of a look are one transaction with the record of them, so of runs that overlap one makes them, and a look that
 * fails anywhere changes nothing: failing to look is neither trouble nor quiet.
 * @param packs  those that are served
 * @throws what D1 throws, and when the record can't be understood
 */
export async function watchAgents(world: World, routing: Routing, packs: readonly Pack[]): Promise<void> {
  const { db } = world
  const now = world.now()
  const row = await readGuardedState(db, STATE)
  const record = row === null ? NEVER : AgentRecord.parse(JSON.parse(row.value))
  // A clock that went back must not keep it from looking.
  if (record.lookedAt <= now && now - record.lookedAt < EVERY_MS) return
  const states = new Map<string, AlertState>(Object.entries(record.alerts))
  const policy = silencePolicy(world.settings)
  const resolvedAt = await readResolved(db, states)
  const troubles = [...(await readHosts(db, policy, now)), ...(await readQueries(db, packs, policy, now))]
  const { changes: judged, capped } = judgeAgents(states, troubles, resolvedAt, now)
  const told = new Map(Object.entries(record.told))
  const look = { states, troubles, told, resolvedAt, lookedAt: record.lookedAt }
  const changes = [...judged, ...judgeGrowth(look, judged, now)]
  if (capped > 0) world.log('agent_trouble.capped', { queries: capped })
  const made = changes.map(change => changeOf(db, routing, change, now))
  const alerts = statesAfter(record, changes)
  const after = {
    lookedAt: now,
    alerts,
    told: toldAfterLook(told, troubles, key => alerts[key]?.open === true, now),
  } satisfies AgentRecord
  try {
    await db.batch([
      ...writeGuardedState(db, STATE, JSON.stringify(after), row?.version ?? 0),
      ...made.flatMap(({ statements }) => statements),
    ])
  } catch (error) {
    if (!isConflict(error)) throw error
    world.log('agent_trouble.overtaken')
    return
  }
  for (const { kind, key, episode } of changes) world.log(`agent_trouble.${kind}`, { key, episode })
  await wake(
    world,
    made.flatMap(({ deliveryIds }) => deliveryIds),
  )
}

async function readResolved(
  db: D1Database,
  states: ReadonlyMap<string, AlertState>,
): Promise<ReadonlyMap<string, number>> {
  const keys = new Map([...states].map(([key, { episode }]) => [agentAlertId(key, episode), key]))
  const { results } = await selectResolved(db, JSON.stringify([...keys.keys()])).all<ResolvedAlert>()
  return new Map(
    results.flatMap(({ alertId, resolvedAt }) => {
      const key = keys.get(alertId)
      return key === undefined ? [] : [[key, resolvedAt] as const]
    }),
  )
}

/** One round trip, one moment. */
async function readHosts(
  db: D1Database,
  policy: SilencePolicy,
  now: number,
): Promise<readonly AgentTrouble[]> {
  const quietMs = LOSS_QUIET_MINUTES * MINUTE_MS
  const [losers, others, dropped] = await db.batch([
    selectPulseLosers(db, now - quietMs),
    selectOtherConfigs(db, now - policy.learningFloorMs, now - HEARD_WITHIN_MS),
    selectRecentlyDropped(db, JSON.stringify(lastMinutes(now, LOSS_QUIET_MINUTES))),
  ])
  // Each statement names its columns as its type does; see src/store.
  const losing = (losers?.results ?? []) as HostVitalsRow[]
  const configs = (others?.results ?? []) as HostVitalsRow[]
  const drops = (dropped?.results ?? []) as RecentlyDropped[]
  return [linesLost(losing, drops, now - quietMs), oldConfigs(configs, policy)].flatMap(
    trouble => trouble ?? [],
  )
}

/** One after the other: the rows of a query may be two megabytes, and what is kept of them is little. */
async function readQueries(
  db: D1Database,
  packs: readonly Pack[],
  policy: SilencePolicy,
  now: number,
): Promise<readonly AgentTrouble[]> {
  const troubles: AgentTrouble[] = []
  for (const query of snapshotQueries(packs).values()) {
    const statement = selectSilentPairs(db, query.name, now - querySilentAfterMs(query), now)
    const { results } = await statement.all<SilentPair>()
    const hosts = silentHosts(query, results, policy, now)
    if (hosts.length > 0) troubles.push({ rule: 'margay.query-silent', query, hosts })
  }
  return troubles
}

function changeOf(db: D1Database, routing: Routing, change: AgentChange, now: number): Change {
  if (change.kind === 'resolves') {
    return resolveAlert(db, routing.destinations, agentTroubleEnds(change.key, change.episode, now))
  }
  const spec = agentAlert(change, now)
  switch (change.kind) {
    case 'opens':
      return openAlert(db, routing, spec)
    case 'reopens':
      return openAlertAgain(db, routing, spec, change.dueAt)
    case 'grows':
      // Of a host that is back destinations were told.
      return extendOpenAlert(
        db,
        routing,
        grownAlert(spec, change),
        hostsTold(change),
        change.joined.length > 0,
      )
  }
}

function statesAfter({ alerts }: AgentRecord, changes: readonly AgentChange[]): AgentRecord['alerts'] {
  const states = changes.flatMap(change =>
    change.kind === 'grows' ? [] : [[change.key, alertStateAfter(alerts[change.key], change)] as const],
  )
  return { ...alerts, ...Object.fromEntries(states) }
}
