import * as z from 'zod'
import { wake } from '../alerts/intake.ts'
import { type AlertSpec, type Change, openAlert, openAlertAgain, resolveAlert } from '../alerts/lifecycle.ts'
import { TEST_RULE_ID } from '../detect/alert-kind.ts'
import type { Routing } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { isConflict } from '../store/assertion.ts'
import { readGuardedState, writeGuardedState } from '../store/guarded-state.ts'
import {
  failingAddresses,
  type ParkedDelivery,
  quarantinedSince,
  type ResolvedAlert,
  selectEnrollCounts,
  selectParkedSince,
  selectRejectionCounts,
  selectResolved,
  type TroubleCount,
} from '../store/trouble.ts'
import { AlertStateRow, alertStateAfter } from './alert-state.ts'
import type { AlertState } from './reopening.ts'
import {
  BURST_MINUTES,
  DEAD_POST,
  judgeTroubles,
  lastMinutes,
  QUIET_MINUTES,
  type RecentTrouble,
  TROUBLES,
  type Trouble,
  type TroubleChange,
} from './trouble.ts'
import {
  checksMissed,
  classesFall,
  deliveriesPark,
  enrollmentsFail,
  lettersDie,
  type Opening,
  quarantineFills,
  troubleAlertId,
  troubleEnds,
} from './trouble-text.ts'

/** Its row in the table `states`. */
const STATE = 'trouble'
const MINUTE_MS = 60_000
/** Its parked deliveries are no news to this alert: it would feed on itself. */
const SELF = 'margay.parked-deliveries' satisfies Trouble
const NOT_TOLD = JSON.stringify([SELF, TEST_RULE_ID])

/** Troubles that only a newer version knows stay in the record: forgetting an episode would use its number again. */
const TroubleRecord = z.record(z.string(), AlertStateRow)
type TroubleRecord = Readonly<Record<string, AlertState>>

/**
 * Opens and resolves the system alerts. Run by cron each minute.
 *
 * All changes of a run are one transaction with the record of them, so of runs that overlap one makes them, and a run
 * that fails anywhere changes nothing: failing to look is neither trouble nor quiet.
 * @throws what D1 throws, and when the record can't be understood
 */
export async function watchTrouble(world: World, routing: Routing): Promise<void> {
  const { db } = world
  const now = world.now()
  const row = await readGuardedState(db, STATE)
  const record = row === null ? {} : TroubleRecord.parse(JSON.parse(row.value))
  const states = statesIn(record)
  const { recent, resolvedAt } = await readTrouble(db, states, now)
  const changes = judgeTroubles(states, recent, resolvedAt, now)
  if (changes.length === 0) return
  const made = await Promise.all(changes.map(change => changeOf(db, routing, change, now)))
  try {
    await db.batch([
      ...writeGuardedState(db, STATE, JSON.stringify(recordAfter(record, changes)), row?.version ?? 0),
      ...made.flatMap(({ statements }) => statements),
    ])
  } catch (error) {
    if (!isConflict(error)) throw error
    world.log('trouble.overtaken')
    return
  }
  for (const { kind, trouble, episode } of changes) world.log(`trouble.${kind}`, { trouble, episode })
  await wake(
    world,
    made.flatMap(({ deliveryIds }) => deliveryIds),
  )
}

/** One round trip, one moment. */
async function readTrouble(
  db: D1Database,
  states: ReadonlyMap<Trouble, AlertState>,
  now: number,
): Promise<{ recent: RecentTrouble; resolvedAt: ReadonlyMap<Trouble, number> }> {
  const minutes = lastMinutes(now, QUIET_MINUTES)
  const text = JSON.stringify(minutes)
  const alertIds = new Map(
    [...states].map(([trouble, { episode }]) => [troubleAlertId(trouble, episode), trouble]),
  )
  const [rejections, enrollments, parked, resolved] = await db.batch([
    selectRejectionCounts(db, text),
    selectEnrollCounts(db, text),
    selectParkedSince(db, (minutes[0] ?? 0) * MINUTE_MS, NOT_TOLD),
    selectResolved(db, JSON.stringify([...alertIds.keys()])),
  ])
  // Each statement names its columns as its type does; see src/store/trouble.ts.
  const counts = [rejections, enrollments].flatMap(result => (result?.results ?? []) as TroubleCount[])
  const resolutions = (resolved?.results ?? []) as ResolvedAlert[]
  return {
    recent: { counts, parked: (parked?.results ?? []) as ParkedDelivery[] },
    resolvedAt: new Map(
      resolutions.flatMap(({ alertId, resolvedAt }) => {
        const trouble = alertIds.get(alertId)
        return trouble === undefined ? [] : [[trouble, resolvedAt] as const]
      }),
    ),
  }
}

async function changeOf(
  db: D1Database,
  routing: Routing,
  change: TroubleChange,
  now: number,
): Promise<Change> {
  if (change.kind === 'resolves') {
    return resolveAlert(db, routing.destinations, troubleEnds(change.trouble, change.episode, now))
  }
  const spec = await specOf(db, change, now)
  return change.kind === 'opens'
    ? openAlert(db, routing, spec)
    : openAlertAgain(db, routing, spec, change.dueAt)
}

/** Reads what the alert shows besides counts, which is read only now because alerts open seldom. */
async function specOf(db: D1Database, opening: Opening, now: number): Promise<AlertSpec> {
  switch (opening.trouble) {
    case 'margay.quarantine':
      return quarantineFills(opening, await quarantinedSince(db, opening.since, DEAD_POST), now)
    case 'margay.enroll-failures': {
      const minutes = lastMinutes(now, BURST_MINUTES).filter(minute => minute * MINUTE_MS >= opening.since)
      return enrollmentsFail(opening, await failingAddresses(db, JSON.stringify(minutes)), now)
    }
    case 'margay.dead-letters':
      return lettersDie(opening, now)
    case 'margay.parked-deliveries':
      return deliveriesPark(opening, now)
    case 'margay.class-lowered':
      return classesFall(opening, now)
    case 'margay.checks-missed':
      return checksMissed(opening, now)
  }
}

function statesIn(record: TroubleRecord): ReadonlyMap<Trouble, AlertState> {
  return new Map(
    TROUBLES.flatMap(trouble => {
      const state = record[trouble]
      return state === undefined ? [] : [[trouble, state] as const]
    }),
  )
}

function recordAfter(record: TroubleRecord, changes: readonly TroubleChange[]): TroubleRecord {
  const states = changes.map(change => [change.trouble, alertStateAfter(record[change.trouble], change)])
  return { ...record, ...Object.fromEntries(states) }
}
