import { Seed } from '../simulator/seed.ts'
import { DAY, HOUR, MINUTE, SECOND, type Span, WEEK_START } from './span.ts'

/**
 * Which part of ours was down.
 * - `worker`: all of it, cron too
 * - `log-route`: posts don't reach us; `log-errors`: they do, and are refused
 * - `consumer`: posts are taken, and processed when it is back
 */
const OUTAGES = ['worker', 'log-route', 'log-errors', 'consumer'] as const
type Outage = (typeof OUTAGES)[number]

/** What happens to single servers, each to one of its own. */
export const FATES = [
  'dies-at-night',
  'dies-in-patience',
  'dies-after-alert',
  'logging-breaks',
  'enrolls-in-a-loop',
  'clock-is-off',
  'flaps-each-minute',
  'comes-and-goes',
  'is-cloned',
] as const
export type HostFate = (typeof FATES)[number]

/** All that happens in the week, drawn from the seed. Times are ms since the epoch by the server's clock. */
export interface Happenings {
  readonly outage: Span & { readonly kind: Outage }
  /** Crons are missed in it, and two checks overlap at its end. */
  readonly deploy: Span
  /** Minutes of the week whose evaluation fails. */
  readonly failedMinutes: ReadonlySet<number>
  /** The hosts of one site are cut off; null in a week without that. */
  readonly siteCut: Span | null
  /** A high alert on the host that dies after it. */
  readonly alertAt: number
  readonly spans: Readonly<Record<HostFate, Span>>
}

const FOREVER = Number.POSITIVE_INFINITY
/**
 * Before it the fleet enrolls and is learnt: for a day no threshold is below an hour, and no day tells what is usual, so half
 * an hour of outage could not be noticed. After the last slot there is time to find what happens in it.
 */
const FIRST_HOURS = 26
const FIRST_SLOT = WEEK_START + FIRST_HOURS * HOUR
const LAST_HOURS = 8
const SLOTS = 6

export function happenings(week: number, days: number): Happenings {
  const seed = new Seed(week * 7_919 + 17)
  const slotLength = Math.floor((days * DAY - FIRST_HOURS * HOUR - LAST_HOURS * HOUR) / SLOTS)
  const order = shuffled(seed, SLOTS)
  const slot = (n: number) => FIRST_SLOT + (order[n] ?? n) * slotLength
  const within = (n: number, hours: number) => slot(n) + seed.whole(0, Math.max(0, slotLength - hours * HOUR))

  const outageAt = within(0, 5)
  const outage = {
    kind: OUTAGES[week % OUTAGES.length] ?? 'worker',
    from: outageAt,
    to: outageAt + 30 * MINUTE,
  }
  const nightAt = atNight(within(1, 6), seed, slotLength)
  const siteAt = within(2, 6)
  const alertAt = within(3, 3)
  const brokenAt = within(4, 6)
  const busyAt = slot(5)
  const deployAt = WEEK_START + Math.floor((within(5, 3) - WEEK_START) / MINUTE) * MINUTE + 10 * SECOND
  return {
    outage,
    deploy: { from: deployAt, to: deployAt + 2 * MINUTE },
    failedMinutes: failures(seed, days),
    siteCut: week % 2 === 0 ? { from: siteAt, to: siteAt + 2 * HOUR } : null,
    alertAt,
    spans: {
      'dies-at-night': { from: nightAt, to: FOREVER },
      'dies-in-patience': { from: outage.to + seed.whole(5, 60) * MINUTE, to: FOREVER },
      'dies-after-alert': { from: alertAt + seed.whole(10, 600) * SECOND, to: FOREVER },
      'logging-breaks': { from: brokenAt, to: FOREVER },
      'enrolls-in-a-loop': { from: busyAt, to: busyAt + 5 * HOUR },
      'clock-is-off': { from: WEEK_START, to: FOREVER },
      'flaps-each-minute': { from: busyAt + HOUR, to: busyAt + 5 * HOUR },
      'comes-and-goes': { from: brokenAt + HOUR, to: brokenAt + 6 * HOUR },
      'is-cloned': { from: WEEK_START + seed.whole(20, 30) * HOUR, to: FOREVER },
    },
  }
}

function shuffled(seed: Seed, length: number): number[] {
  const numbers = Array.from({ length }, (_, n) => n)
  return numbers
    .map(n => ({ n, by: seed.next() }))
    .sort((a, b) => a.by - b.by)
    .map(({ n }) => n)
}

/** Between 2 and 4 UTC when the slot has such an hour, else as drawn. */
function atNight(at: number, seed: Seed, slotLength: number): number {
  if (slotLength < DAY - HOUR) return at
  return at - (at % DAY) + seed.whole(120, 240) * MINUTE
}

/** Single failures, never two in a row: an error of D1 here and there. */
function failures(seed: Seed, days: number): Set<number> {
  const minutes = new Set<number>()
  for (let n = 0; n < days * 3; n++) {
    const minute = seed.whole(30, (days * DAY) / MINUTE - 30)
    if (!minutes.has(minute - 1) && !minutes.has(minute + 1)) minutes.add(minute)
  }
  return minutes
}
