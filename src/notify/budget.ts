import type { DestinationType } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { type Lane, takeTurn } from '../store/budgets.ts'
import type { Delivery } from '../store/deliveries.ts'
import type { Hold } from '../store/delivery-holds.ts'

/** How much may be sent to a destination. */
interface Budget {
  readonly sends: number
  readonly windowMs: number
}

/** For each type, because all destinations of a type share its key or URL. */
const BUDGETS = {
  /** PagerDuty takes about 120 events a minute for one key ("Events API v2 Rate Limits"). */
  pagerduty: { sends: 100, windowMs: 60_000 },
  /** Slack takes one message a second for one webhook, and short bursts ("Rate limits"). */
  slack: { sends: 4, windowMs: 4_000 },
  /** Whatever stands behind it, this is no attack. */
  webhook: { sends: 10, windowMs: 1_000 },
} as const satisfies Record<DestinationType, Budget>

/** One in so many sends is kept for critical alerts, so that a storm of others never stands before them. */
const KEPT_SHARE = 4

/** A turn that was given is good for this long: wake-ups come a second or two late. */
const TURN_GRACE_MS = 10_000

/**
 * Takes a turn in the budget of a destination.
 * @returns when it is, ms since the epoch; not later than now when it is at once
 * @throws what D1 throws
 */
export async function takeSlot(
  world: Pick<World, 'db' | 'now'>,
  type: DestinationType,
  isCritical: boolean,
): Promise<number> {
  const now = world.now()
  const { open, kept } = lanesOf(type)
  if (!isCritical) return (await turnIn(world.db, open, now, false)) ?? now
  // All that is free is theirs; only when it is not do they need what was kept for them.
  const free = await turnIn(world.db, open, now, true)
  return free ?? (await turnIn(world.db, kept, now, false)) ?? now
}

/** Whether a delivery may use the turn that it was given before: that is for one attempt, and not for much later. */
export function hasTurn({ attempts }: Pick<Delivery, 'attempts'>, hold: Hold | null, now: number): boolean {
  if (hold === null || hold.slotAt === null || hold.slotAttempts !== attempts) return false
  return hold.slotAt <= now && now - hold.slotAt <= TURN_GRACE_MS
}

function lanesOf(type: DestinationType): { readonly open: Lane; readonly kept: Lane } {
  const { sends, windowMs } = BUDGETS[type]
  const kept = Math.ceil(sends / KEPT_SHARE)
  return {
    open: { name: type, sends: sends - kept, windowMs },
    kept: { name: `${type}:critical`, sends: kept, windowMs },
  }
}

async function turnIn(db: D1Database, lane: Lane, now: number, atOnce: boolean): Promise<number | null> {
  return await takeTurn(db, lane, now, atOnce).first<number>('slotAt')
}
