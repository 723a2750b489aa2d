import { servesQuery } from '../detect/pack-target.ts'
import { readTags } from '../store/host-tags.ts'
import type { SilentPair } from '../store/query-sightings.ts'
import type { SilencePolicy } from './policy.ts'
import type { SnapshotQuery } from './snapshot-queries.ts'
import { isClockOff } from './vitals.ts'
import { readVitals } from './vitals-text.ts'

/** A host that runs and does not send a query's rows any more. */
export interface SilentHost {
  readonly hostId: string
  readonly hostname: string
  /** When rows last came, as noted: at most one interval, and one hour, too early. ms since the epoch. */
  readonly lastAt: number
  /** It pulses at present. A host that is away keeps an alert open and opens none. */
  readonly isHere: boolean
}

/** A query is silent after so many intervals … */
const INTERVALS = 3
/** … but not before this, for sightings are noted once an hour. */
const LEAST_MS = 2 * 60 * 60_000

/** After how much of a host's running time without rows a query is silent, ms. */
export function querySilentAfterMs({ intervalMs }: SnapshotQuery): number {
  return Math.max(INTERVALS * intervalMs, LEAST_MS)
}

/**
 * Tells on which hosts a query is silent. Total and free of I/O.
 *
 * A host counts by its running time: so many pulses since the last rows, and all of them from the very config that it was
 * given, in which the query stands. A laptop that slept, a host with an old config, or one whose buffer still drains is not
 * judged.
 */
export function silentHosts(
  query: SnapshotQuery,
  pairs: readonly SilentPair[],
  policy: SilencePolicy,
  now: number,
): readonly SilentHost[] {
  return pairs
    .filter(pair => isSilent(query, pair, policy, now))
    .map(({ hostId, hostname, lastAt, lastPulseAt, state }) => ({
      hostId,
      hostname,
      lastAt,
      isHere: state === 'live' && lastPulseAt !== null && now - lastPulseAt <= policy.floorMs,
    }))
}

function isSilent(query: SnapshotQuery, pair: SilentPair, policy: SilencePolicy, now: number): boolean {
  const limitMs = querySilentAfterMs(query)
  const { pulses } = readVitals(pair.vitals)
  if (pair.pulsesThen === null || now - pair.lastAt < limitMs || isRevoked(pair)) return false
  if (pulses.configId === '' || pulses.configId !== pair.servedConfig) return false
  if (pulses.lagMs > policy.lagMs && !isClockOff(pulses)) return false
  const ranMs = Math.min(pulses.count - pair.pulsesThen, pulses.configPulses) * policy.heartbeatMs
  return ranMs >= limitMs && servesQuery(query.pack, query.query, pair.platform, readTags(pair.tags))
}

function isRevoked({ revokedAt, lastEnrollAt }: SilentPair): boolean {
  return revokedAt !== null && lastEnrollAt <= revokedAt
}
