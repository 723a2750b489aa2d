const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** Quick at first, for most faults last seconds and someone waits to be paged; then as often as a person would look. */
const LADDER_MS = [
  5 * SECOND_MS,
  15 * SECOND_MS,
  30 * SECOND_MS,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
] as const
const LAST_RUNG_MS = 15 * MINUTE_MS

/** Keeps many deliveries that failed together from coming back together. */
const JITTER = 0.2

/** PagerDuty's own webhooks give up after 48 hours, Standard Webhooks after 72: a long weekend is survived. */
export const GIVE_UP_AFTER_MS = 72 * HOUR_MS

/** One failed attempt, as the ladder needs to know it. Times in ms since the epoch. */
export interface FailedAttempt {
  /** Attempts made, this one included: at least 1. */
  readonly attempts: number
  readonly firstAttemptAt: number
  readonly now: number
  /** What the destination asked for, or null. */
  readonly retryAfterMs: number | null
  /** From 0 up to, not including, 1. */
  readonly random: number
}

/** When to try again, in ms since the epoch; null when 72 hours would be over by then. */
export function nextAttemptAt(failed: FailedAttempt): number | null {
  const at = failed.now + delayAfter(failed)
  return at > failed.firstAttemptAt + GIVE_UP_AFTER_MS ? null : at
}

function delayAfter({ attempts, retryAfterMs, random }: FailedAttempt): number {
  // Never sooner than the destination asked; the jitter goes one way.
  if (retryAfterMs !== null) return Math.ceil(retryAfterMs * (1 + JITTER * random))
  const rung = LADDER_MS[attempts - 1] ?? LAST_RUNG_MS
  return Math.round(rung * (1 - JITTER + 2 * JITTER * random))
}
