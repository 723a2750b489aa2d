import { FLAP_QUIET_MS } from '../store/standings.ts'

/** Changes (opened, resolved) within 20 minutes that an alert may make; one more is flapping. */
const FLAP_MAX_CHANGES = 4

/** When destinations are told that an alert opened again, and whether it is to be said now that it flaps. */
export interface Reopening {
  /** Milliseconds since the epoch. What the alert is by then decides whether they are told at all. */
  readonly dueAt: number
  readonly isNewsThatItFlaps: boolean
}

/**
 * Decides when an alert that opens again is told. One that flaps is told once, with the word that it does; what it does in
 * the hour after is told when the hour is over, if it is open by then.
 * @param changes  how often it opened or was resolved in the last 20 minutes, without this time
 * @param flappingAt  when that was last said, null when never
 */
export function judgeReopening(changes: number, flappingAt: number | null, now: number): Reopening {
  if (flappingAt !== null && now < flappingAt + FLAP_QUIET_MS) {
    return { dueAt: flappingAt + FLAP_QUIET_MS, isNewsThatItFlaps: false }
  }
  return { dueAt: now, isNewsThatItFlaps: changes + 1 > FLAP_MAX_CHANGES }
}
