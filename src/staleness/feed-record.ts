import * as z from 'zod'
import type { FeedState } from './feed.ts'

const time = z.int().nonnegative()
const common = { episode: z.int().nonnegative(), evaluatedAt: time }

const FeedRecord = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('flowing'), ...common }),
  z.object({ phase: z.literal('silent'), since: time, ...common }),
  z.object({ phase: z.literal('settling'), until: time, ...common }),
])

/** What a run leaves for the next: the feed's state, and when hosts were last evaluated (ms since the epoch). */
export type FeedRecord = FeedState & { readonly evaluatedAt: number }

/**
 * Reads what the run before left. Throws when it can't be understood: guessing would reuse the number of an episode,
 * and with it the identity of an alert that was resolved.
 */
export function readFeedRecord(text: string): FeedRecord {
  return FeedRecord.parse(JSON.parse(text))
}

/** Before the first run. */
export const NO_FEED: FeedState = { phase: 'flowing', episode: 0 }
