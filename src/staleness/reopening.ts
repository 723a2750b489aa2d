/** Trouble that comes back so soon after its alert was resolved is the same alert. As with matches (src/alerts/plan.ts). */
const REOPEN_WITHIN_MS = 30 * 60_000
/** Destinations are told that one alert opened at most this often. */
const TOLD_EVERY_MS = 60 * 60_000

/** Where the alert of one trouble stands. */
export interface AlertState {
  /** Counts its alerts from 1; 0 before the first. */
  readonly episode: number
  readonly open: boolean
  /** When destinations were last told that it opened, or will be, ms since the epoch. Unknown in rows of before it was kept. */
  readonly toldAt?: number | undefined
}

/** How trouble is to be told that has no open alert. */
export interface NextAlert {
  /** `reopens`: the alert of this same episode. */
  readonly kind: 'opens' | 'reopens'
  readonly episode: number
  /** When destinations are told, if it is open then. ms since the epoch. */
  readonly dueAt: number
}

/**
 * Trouble that comes and goes is one alert, told once an hour at most: it opens again when the trouble comes back within
 * half an hour of the resolve, or within the hour for which it was told. Total and free of I/O.
 * @param resolvedAt  when its last alert was resolved, by whomever; null when it is not known to be
 */
export function nextAlert(state: AlertState, resolvedAt: number | null, now: number): NextAlert {
  const { episode, toldAt } = state
  const quietUntil = toldAt === undefined ? 0 : toldAt + TOLD_EVERY_MS
  const isAgain =
    episode > 0 && resolvedAt !== null && (now - resolvedAt <= REOPEN_WITHIN_MS || now < quietUntil)
  if (!isAgain) return { kind: 'opens', episode: episode + 1, dueAt: now }
  // What was planned and is still to come is told then, and not an hour after it.
  const dueAt = toldAt !== undefined && toldAt > now ? toldAt : Math.max(now, quietUntil)
  return { kind: 'reopens', episode, dueAt }
}
