import type { Rhythm } from './vitals.ts'

/**
 * - `server`: always on; its silence is told
 * - `laptop`: sleeps and travels; its silence is no news for two weeks
 * - `ephemeral`: comes and goes by design; its silence is the end of its life
 */
export const HOST_CLASSES = ['server', 'laptop', 'ephemeral'] as const
export type HostClass = (typeof HOST_CLASSES)[number]

/** What is known of a host's class, as its row has it. */
export interface ClassSources {
  /** As a person set it, or empty. */
  readonly set: string
  readonly tags: readonly string[]
  /** As its facts let guess, or empty. */
  readonly guess: string
  /** Why they do. */
  readonly guessReason?: string
  /** Read only where facts say nothing. */
  readonly rhythm?: Pick<Rhythm, 'days'>
}

/** A class and why, in a sentence. */
export interface ClassVerdict {
  readonly class: HostClass
  readonly reason: string
}

/** The class of a host: what a person set, else a tag of that name, else the guess, else its gaps, else `server`. */
export function classOf(sources: ClassSources): HostClass {
  return classWithReason(sources).class
}

/** As `classOf`, with the reason for people. Names of classes that a newer version wrote count for nothing. */
export function classWithReason({ set, tags, guess, guessReason, rhythm }: ClassSources): ClassVerdict {
  const chosen = classNamed(set)
  if (chosen !== undefined) return { class: chosen, reason: 'A person said so.' }
  const tagged = HOST_CLASSES.find(name => tags.includes(name))
  if (tagged !== undefined) return { class: tagged, reason: `It is tagged ${tagged}.` }
  const guessed = classNamed(guess)
  if (guessed !== undefined) return { class: guessed, reason: guessReason || 'A guess.' }
  const nights = rhythm === undefined ? 0 : nightsOf(rhythm)
  if (nights < NIGHTS_OF_A_LAPTOP) return { class: 'server', reason: 'Nothing says otherwise.' }
  return {
    class: 'laptop',
    reason: `On ${nights} of its last ${DAYS} days it was away for 2 to 20 hours, as machines are that people switch off.`,
  }
}

/** UTC days, the last on which it was heard among them. */
const DAYS = 7
const HOUR_MS = 3_600_000
/** Longer than an update and its restart, and shorter than a day of silence, which a broken server has as well. */
const NIGHT_MS = { least: 2 * HOUR_MS, most: 20 * HOUR_MS }
/** Half of a working week and one more. */
const NIGHTS_OF_A_LAPTOP = 3

function nightsOf({ days }: Pick<Rhythm, 'days'>): number {
  const last = days.at(-1)?.day ?? 0
  let nights = 0
  for (const { day, longestMs } of days) {
    if (day > last - DAYS && longestMs >= NIGHT_MS.least && longestMs <= NIGHT_MS.most) nights += 1
  }
  return nights
}

function classNamed(text: string): HostClass | undefined {
  return HOST_CLASSES.find(name => name === text)
}
