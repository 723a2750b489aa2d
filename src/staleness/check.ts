import { wake } from '../alerts/intake.ts'
import type { Routing } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { isConflict } from '../store/assertion.ts'
import { addToCounters, minuteOf } from '../store/counters.ts'
import { readFeedState, writeFeedState } from '../store/feed-traffic.ts'
import { faultText } from '../store/within.ts'
import { commitMoves, moveQuietly } from './commit-moves.ts'
import { type Evaluation, evaluate } from './evaluate.ts'
import { fleetChange } from './fleet-change.ts'
import { missedMs } from './outage.ts'
import { silencePolicy } from './policy.ts'
import { NO_RECORD, readSilenceRecord, type SilenceRecord, silenceRecordText } from './silence-record.ts'
import { surveyOf } from './survey-of.ts'

const MINUTE_MS = 60_000

/** What one run did. */
export type SilenceRun =
  | {
      readonly outcome: 'evaluated'
      readonly feed: SilenceRecord['phase']
      /** Hosts of which an alert opened, and of which one only resolved. */
      readonly opened: number
      readonly resolved: number
    }
  /** Another run evaluated at the same time; it does the rest. */
  | { readonly outcome: 'overtaken' }
  /** Something could not be read or written. What was not committed stays as it was, and is due again next time. */
  | { readonly outcome: 'failed'; readonly reason: string }

/**
 * Finds hosts that fell silent or returned, and opens and resolves their alerts. Run by cron each minute; never throws.
 *
 * A run that fails judges nobody: failing to look is not absence. Two runs at once change things once: the second finds
 * the record's version changed, and every move is committed together with its alert only if the host is as it was read.
 */
export async function checkSilence(world: World, routing: Routing): Promise<SilenceRun> {
  try {
    return await look(world, routing)
  } catch (error) {
    if (isConflict(error)) {
      world.log('silence.overtaken')
      return { outcome: 'overtaken' }
    }
    const reason = faultText({ kind: 'failed', error })
    world.log('silence.failed', { reason })
    await countFailure(world)
    return { outcome: 'failed', reason }
  }
}

/** Counting shares the fate of what failed, so it may fail as well; the log has it then. */
async function countFailure(world: World): Promise<void> {
  const failure = {
    minute: minuteOf(world.now()),
    name: 'silence_checks_failed',
    label: '',
    value: 1,
  } as const
  try {
    await addToCounters(world.db, [failure]).run()
  } catch (error) {
    world.log('silence.failure-not-counted', { reason: faultText({ kind: 'failed', error }) })
  }
}

async function look(world: World, routing: Routing): Promise<SilenceRun> {
  const now = world.now()
  const policy = silencePolicy(world.settings)
  const row = await readFeedState(world.db)
  const record = row === null ? null : readSilenceRecord(row.value)
  const survey = await surveyOf(world, record ?? NO_RECORD, policy, now)
  const evaluation = evaluate(record, survey, policy, now)
  await commitRecord(world, routing, evaluation, row?.version ?? 0, missedMs(record, now))
  const { told, quiet, record: next } = evaluation
  await moveQuietly(world, quiet)
  const made = await commitMoves(world, routing, told, policy, now)
  return { outcome: 'evaluated', feed: next.phase, ...made }
}

/** @param missed  how long nobody looked, ms */
function countMissed({ db, now }: World, missed: number): D1PreparedStatement[] {
  if (missed === 0) return []
  const value = Math.round(missed / MINUTE_MS)
  return [addToCounters(db, [{ minute: minuteOf(now()), name: 'silence_minutes_missed', label: '', value }])]
}

/** The record goes first: once it is written, this run alone judges hosts. */
async function commitRecord(
  world: World,
  routing: Routing,
  { record, alerts }: Evaluation,
  version: number,
  missed: number,
): Promise<void> {
  const changes = alerts.map(alert => fleetChange(world.db, routing, alert))
  await world.db.batch([
    ...writeFeedState(world.db, silenceRecordText(record), version),
    ...countMissed(world, missed),
    ...changes.flatMap(({ statements }) => statements),
  ])
  for (const alert of alerts) {
    const about = alert.kind === 'resolves' ? { alert_id: alert.change.alertId } : { rule: alert.spec.ruleId }
    world.log(`silence.fleet-${alert.kind}`, { ...about, gates: record.gates.join(' ') })
  }
  await wake(
    world,
    changes.flatMap(({ deliveryIds }) => deliveryIds),
  )
}
