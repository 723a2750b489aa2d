import type { Contacts, Rhythm, RhythmDay } from './vitals.ts'

/** Weight of the newest gap: about twenty of them make the mean. */
const ALPHA = 0.1
const DAY_MS = 86_400_000
const DAYS_KEPT = 7

interface Learnt {
  readonly contacts: Contacts
  readonly rhythm: Rhythm
}

/**
 * Learns the gap between a contact and the one before it. A contact that is older than the last, or closer to it than
 * `touchMs`, changes nothing; then what was given comes back.
 * @param frozen  the gap says nothing of the host's habits: only the longest at all of its day takes it
 */
export function foldRhythm(before: Learnt, at: number, frozen: boolean, touchMs: number): Learnt {
  const { contacts, rhythm } = before
  const { lastAt } = contacts
  if (lastAt === null) {
    return { contacts: { lastAt: at, previousAt: null }, rhythm: { ...rhythm, since: rhythm.since ?? at } }
  }
  const gap = at - lastAt
  if (gap <= 0 || gap < touchMs) return before
  const days = withGap(rhythm.days, Math.floor(at / DAY_MS), gap, frozen)
  return {
    contacts: { lastAt: at, previousAt: lastAt },
    rhythm: frozen ? { ...rhythm, days } : { ...withMean(rhythm, gap), days },
  }
}

function withMean(rhythm: Rhythm, gap: number): Rhythm {
  if (rhythm.meanMs === 0) return { ...rhythm, meanMs: gap }
  const off = gap - rhythm.meanMs
  return {
    ...rhythm,
    meanMs: Math.round(rhythm.meanMs + ALPHA * off),
    deviationMs: Math.round(rhythm.deviationMs + ALPHA * (Math.abs(off) - rhythm.deviationMs)),
  }
}

function withGap(days: readonly RhythmDay[], today: number, gap: number, frozen: boolean): RhythmDay[] {
  const kept = days.filter(({ day }) => day > today - DAYS_KEPT && day < today)
  const known = days.find(({ day }) => day === today) ?? { day: today, learntMs: 0, longestMs: 0 }
  return [
    ...kept,
    {
      day: today,
      learntMs: frozen ? known.learntMs : Math.max(known.learntMs, gap),
      longestMs: Math.max(known.longestMs, gap),
    },
  ]
}
