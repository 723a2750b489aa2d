import { FLAP_QUIET_MS, TOLD_EVERY_MS } from '../store/standings.ts'

/** Changes (opened, resolved) within 20 minutes that an alert may make; one more is flapping. */
const FLAP_MAX_CHANGES = 4

/**
 * When a destination is told that an alert opened again: once an hour at most, however often it opens and is resolved.
 * What the alert is by then decides whether it is told at all. Total and free of I/O.
 * @param toldAt  when this destination last took word that it opened, ms since the epoch; undefined when not within the hour
 * @returns ms since the epoch
 */
export function toldAgainAt(toldAt: number | undefined, now: number): number {
  return toldAt === undefined ? now : Math.max(now, toldAt + TOLD_EVERY_MS)
}

/**
 * Whether it is to be noted now that an alert flaps: once an hour at most.
 * @param changes  how often it opened or was resolved in the last 20 minutes, without this time
 * @param flappingAt  when that was last noted, null when never
 */
export function isNewsThatItFlaps(changes: number, flappingAt: number | null, now: number): boolean {
  return changes + 1 > FLAP_MAX_CHANGES && (flappingAt === null || now >= flappingAt + FLAP_QUIET_MS)
}
