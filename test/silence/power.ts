import type { Seed } from '../simulator/seed.ts'
import { DAY, HOUR, MINUTE, type Span, WEEK_START } from './span.ts'

/** A time in which a machine is off. */
export interface PowerCut extends Span {
  /** `sleep` stops the daemon's clockwork and goes on with it; `restart` begins anew. */
  readonly kind: 'sleep' | 'restart'
}

/** A server reboots now and then, for some minutes. */
export function serverCuts(seed: Seed, days: number): PowerCut[] {
  const cuts: PowerCut[] = []
  let at = WEEK_START + seed.whole(2, 9 * 24) * HOUR
  while (at < WEEK_START + days * DAY) {
    const from = at + seed.whole(0, 59 * 60) * 1_000
    cuts.push({ kind: 'restart', from, to: from + seed.whole(60, 360) * 1_000 })
    at = from + seed.whole(36, 240) * HOUR
  }
  return cuts
}

/**
 * A laptop sleeps at night, over lunch, at week-ends and in holidays; once a week it is restarted in the morning.
 * @param from  first day that is planned, ms since the epoch
 */
export function laptopCuts(seed: Seed, from: number, days: number, hasHolidays: boolean): PowerCut[] {
  const beginsAt = seed.whole(7, 10) * HOUR + seed.whole(0, 59) * MINUTE
  const zone = seed.whole(-8, 2) * HOUR
  const holiday = hasHolidays && seed.next() < 0.15 ? seed.whole(0, days - 1) : null
  const holidayDays = seed.whole(1, 9)
  const cuts: PowerCut[] = []
  let offSince = from
  for (let day = 0; day < days; day++) {
    const midnight = from + day * DAY
    const isWeekend = [0, 6].includes(new Date(midnight).getUTCDay())
    const isHoliday = holiday !== null && day >= holiday && day < holiday + holidayDays
    if (isHoliday || (isWeekend && seed.next() < 0.9)) continue
    const opens = midnight + beginsAt + seed.whole(-40, 40) * MINUTE - zone
    const closes = opens + seed.whole(7, 10) * HOUR + seed.whole(0, 59) * MINUTE
    if (opens > offSince) cuts.push({ kind: day % 5 === 0 ? 'restart' : 'sleep', from: offSince, to: opens })
    cuts.push(...lids(seed, opens, closes))
    offSince = Math.max(offSince, closes)
  }
  cuts.push({ kind: 'sleep', from: offSince, to: Number.POSITIVE_INFINITY })
  return cuts
}

/** Lunch, and meetings to which it is carried closed. */
function lids(seed: Seed, opens: number, closes: number): PowerCut[] {
  const lunch = opens + seed.whole(150, 210) * MINUTE
  const afterLunch = lunch + seed.whole(20, 90) * MINUTE
  const meeting = afterLunch + seed.whole(30, 120) * MINUTE
  const afterMeeting = meeting + seed.whole(1, 60) * MINUTE
  const cuts: PowerCut[] = [{ kind: 'sleep', from: lunch, to: afterLunch }]
  if (seed.next() < 0.5 && afterMeeting < closes - 30 * MINUTE)
    cuts.push({ kind: 'sleep', from: meeting, to: afterMeeting })
  return cuts
}
