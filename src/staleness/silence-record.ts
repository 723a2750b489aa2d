import * as z from 'zod'

/** What can be wrong between the hosts and us; any of it holds judgement back. */
export const GATES = ['canary', 'no-posts', 'mass-silence', 'own-errors'] as const
export type Gate = (typeof GATES)[number]

const time = z.int().nonnegative()
const count = z.int().nonnegative()

const GroupRecord = z.object({
  name: z.string(),
  phase: z.enum(['silent', 'settling']),
  episode: count,
  since: time,
  /** Of `settling`: until when its hosts are not judged; else 0. */
  until: time,
})

/** Members with a default were not written by the first version. */
const later = {
  gates: z.array(z.string()).default([]),
  clearSince: time.nullable().default(null),
  toldAt: time.nullable().default(null),
  runningSince: time.default(0),
  groups: z.array(GroupRecord).default([]),
  groupEpisode: count.default(0),
  pages: z.array(time).default([]),
  digest: z
    .object({ episode: count, since: time.nullable(), hosts: count, names: z.array(z.string()) })
    .default({ episode: 0, since: null, hosts: 0, names: [] }),
}
const common = { episode: count, evaluatedAt: time, ...later }

const Stored = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('flowing'), ...common }),
  z.object({ phase: z.literal('silent'), since: time, ...common }),
  z.object({ phase: z.literal('settling'), until: time, ...common }),
])

/** A group of hosts (a tag, or `os:` and a platform) that is silent, or was a short time ago. */
export type GroupRecord = z.infer<typeof GroupRecord>

/** What stands for the hosts that were not told of one by one. `since` is null while it isn't open. */
export interface Digest {
  readonly episode: number
  readonly since: number | null
  /** Hosts told of by it since it opened, and the names of the first of them. */
  readonly hosts: number
  readonly names: readonly string[]
}

/**
 * What a run leaves for the next. The feed is all hosts together:
 * - `flowing`: hosts are judged one by one
 * - `silent`: the fault lies between the hosts and us; one alert is open, hosts aren't judged
 * - `settling`: that is over; hosts may still wait in their back-off, so they aren't judged yet
 *
 * Times are ms since the epoch.
 */
export interface SilenceRecord {
  readonly phase: 'flowing' | 'silent' | 'settling'
  /** Of `silent`: since when; else 0. */
  readonly since: number
  /** Of `settling`: until when; else 0. */
  readonly until: number
  /** Number of the newest feed alert; 0 when there was none. */
  readonly episode: number
  readonly evaluatedAt: number
  /** Since when evaluations follow on each other without a gap. */
  readonly runningSince: number
  /** What holds the feed alert open. */
  readonly gates: readonly Gate[]
  /** Of `silent`: since when nothing does any more. */
  readonly clearSince: number | null
  /** When destinations were last told of the feed. */
  readonly toldAt: number | null
  readonly groups: readonly GroupRecord[]
  /** Number of the newest group alert. */
  readonly groupEpisode: number
  /** When hosts paged in the last hour. */
  readonly pages: readonly number[]
  readonly digest: Digest
}

/**
 * Reads what the run before left, or the version before. Throws when it can't be understood: guessing would reuse the
 * number of an episode, and with it the identity of an alert that was resolved.
 */
export function readSilenceRecord(text: string): SilenceRecord {
  const stored = Stored.parse(JSON.parse(text))
  return {
    ...stored,
    since: stored.phase === 'silent' ? stored.since : 0,
    until: stored.phase === 'settling' ? stored.until : 0,
    gates: GATES.filter(gate => stored.gates.includes(gate)),
  }
}

/** As it lies in `states`: the version before finds what it knows, and drops the rest. */
export function silenceRecordText(record: SilenceRecord): string {
  return JSON.stringify(record)
}

/** Before the first run. */
export const NO_RECORD: SilenceRecord = {
  phase: 'flowing',
  since: 0,
  until: 0,
  episode: 0,
  evaluatedAt: 0,
  runningSince: 0,
  gates: [],
  clearSince: null,
  toldAt: null,
  groups: [],
  groupEpisode: 0,
  pages: [],
  digest: { episode: 0, since: null, hosts: 0, names: [] },
}
