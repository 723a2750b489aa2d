import type { Row } from '../detect/event.ts'
import type { World } from '../env.ts'
import { type Alert, selectAlertOfDelivery } from '../store/alerts.ts'
import { type Refusing, selectRefusingOfDelivery } from '../store/broken-destinations.ts'
import { type Delivery, selectPairOfDelivery } from '../store/deliveries.ts'
import { selectPauseOfDelivery } from '../store/delivery-attempts.ts'
import { type Hold, selectHold } from '../store/delivery-holds.ts'
import { selectFirstEventOfDelivery, selectHostsOfDelivery } from '../store/matches.ts'
import { type Silence, selectSilencesAt } from '../store/silences.ts'
import { faultText } from '../store/within.ts'
import type { Restraints } from './gate.ts'
import type { RuleTexts } from './rule-text.ts'
import type { Telling } from './telling.ts'

/** What a destination is told, whatever the delivery. */
export type Told = Pick<Telling, 'alert' | 'columns' | 'rule' | 'hosts'>

/** A delivery as it stands. */
export interface DeliveryRead extends Restraints {
  /** All deliveries of its alert to its destination, in order; empty when there is no such delivery. */
  readonly pair: readonly Delivery[]
  /** Null when the alert is gone. */
  readonly told: Told | null
  /** When the destination will take anything again, ms since the epoch; 0 when it does now. */
  readonly pausedUntil: number
  /** What is known of its destination if that refused; null when it takes what comes. */
  readonly refusing: Refusing | null
}

/** Most hosts that a destination is told by name, and most matches that are asked for them, the latest. */
const HOSTS_TOLD = 20
const MATCHES_ASKED = 1_000

/** Reads a delivery and what it tells: one round trip, one moment. @throws what D1 throws */
export async function readDelivery(
  world: Pick<World, 'db' | 'now' | 'log'>,
  deliveryId: string,
  texts: RuleTexts,
): Promise<DeliveryRead> {
  const { db } = world
  const statements = [
    selectPairOfDelivery(db, deliveryId),
    selectAlertOfDelivery(db, deliveryId),
    selectFirstEventOfDelivery(db, deliveryId),
    selectHostsOfDelivery(db, deliveryId, MATCHES_ASKED, HOSTS_TOLD),
    selectPauseOfDelivery(db, deliveryId),
    selectHold(db, deliveryId),
    selectRefusingOfDelivery(db, deliveryId),
  ]
  const [pair, alerts, events, hosts, pauses, holds, refusing, silences] = await readAll(world, statements)
  // Each statement names its columns as its type does; see src/store.
  const alert = alerts?.results[0] as Alert | undefined
  const columns = columnsOf(events?.results[0] as { event: string } | undefined)
  const names = ((hosts?.results ?? []) as { host: string }[]).map(({ host }) => host)
  return {
    pair: (pair?.results ?? []) as Delivery[],
    told: alert === undefined ? null : toldOf(alert, columns, names, texts),
    pausedUntil: (pauses?.results[0] as { until: number } | undefined)?.until ?? 0,
    hold: (holds?.results[0] as Hold | undefined) ?? null,
    refusing: (refusing?.results[0] as Refusing | undefined) ?? null,
    silences: (silences?.results ?? []) as Silence[],
  }
}

/**
 * Runs the statements and, behind them, reads the silences that hold now. When these alone can't be read there are none:
 * an alert that should have been quiet is told rather than one that should be told lost.
 */
async function readAll(
  { db, now, log }: Pick<World, 'db' | 'now' | 'log'>,
  statements: readonly D1PreparedStatement[],
): Promise<readonly D1Result[]> {
  try {
    return await db.batch([...statements, selectSilencesAt(db, now())])
  } catch (error) {
    const read = await db.batch([...statements])
    log('silences_unreadable', { fault: faultText({ kind: 'failed', error }) })
    return [...read, ...(await silencesAlone(db, now()))]
  }
}

/** The fault may have passed, and then nobody has to be disturbed by it. */
async function silencesAlone(db: D1Database, now: number): Promise<readonly D1Result[]> {
  try {
    return [await selectSilencesAt(db, now).all()]
  } catch {
    // It was logged before; without silences the delivery is sent.
    return []
  }
}

function toldOf(alert: Alert, columns: Row | null, hosts: readonly string[], texts: RuleTexts): Told {
  // What a rule means by a match says nothing about why it threw.
  const rule = alert.kind === 'match' ? texts.get(alert.ruleId) : undefined
  return { alert, columns, ...(rule && { rule }), ...(hosts.length > 1 && { hosts }) }
}

function columnsOf(row: { readonly event: string } | undefined): Row | null {
  if (row === undefined) return null
  // The text is an event as `matchedEventJson` wrote it.
  return (JSON.parse(row.event) as { columns: Row | null }).columns
}
