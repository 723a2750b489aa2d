import type { RecentlyDropped } from '../store/dropped-lines.ts'
import type { HostVitalsRow } from '../store/host-vitals.ts'
import type { SilencePolicy } from './policy.ts'
import type { SilentHost } from './query-silence.ts'
import type { SnapshotQuery } from './snapshot-queries.ts'
import type { PulseGap } from './vitals.ts'
import { isClockOff } from './vitals.ts'
import { readVitals } from './vitals-text.ts'

/** A host that runs another config than it was given. */
interface OldConfigHost {
  readonly hostId: string
  readonly hostname: string
  /** The id that its pulses name, and since when (ms since the epoch). */
  readonly runs: string
  readonly runsSince: number
  readonly given: string
  readonly givenAt: number
}

/** A host that lost lines. */
interface LosingHost {
  readonly hostId: string
  readonly hostname: string
  /** Pulses of the newest hole, which lies between two that were written then, by the host's clock. */
  readonly gap: PulseGap | null
  readonly droppedLines: number
  /** When we found out about the newest of it, ms since the epoch. */
  readonly toldAt: number
}

/** Something that is wrong now, or was within the quiet time, as one alert. */
export type AgentTrouble =
  | {
      readonly rule: 'margay.query-silent'
      readonly query: SnapshotQuery
      readonly hosts: readonly SilentHost[]
    }
  | {
      readonly rule: 'margay.old-config'
      readonly hosts: readonly OldConfigHost[]
      /** They ask for their config and never say which one they run: one of somebody else's. */
      readonly foreign: readonly Pick<HostVitalsRow, 'hostId' | 'hostname'>[]
    }
  | { readonly rule: 'margay.lines-lost'; readonly hosts: readonly LosingHost[] }

export type AgentRule = AgentTrouble['rule']

/** After this long without new losses the alert of them resolves. */
export const LOSS_QUIET_MINUTES = 30
/** So many pulses name the other config before it is told of. */
const CONFIG_PULSES = 3
const MINUTE_MS = 60_000

/** Names the alert of a trouble in the record: there is one of each at a time. */
export function troubleKey(trouble: AgentTrouble): string {
  return trouble.rule === 'margay.query-silent' ? keyOfQuery(trouble.query.name) : trouble.rule
}

export function keyOfQuery(name: string): string {
  return `margay.query-silent ${name}`
}

/** True when the trouble is reason enough to raise an alert; otherwise it only holds one open. */
export function raises(trouble: AgentTrouble): boolean {
  return trouble.rule === 'margay.query-silent' ? trouble.hosts.some(({ isHere }) => isHere) : true
}

/**
 * Tells which hosts run another config than they were given an hour ago (four limits of silence), and which never say what
 * they run. Total. A host without three pulses of it, or whose pulses are old, is given time.
 */
export function oldConfigs(rows: readonly HostVitalsRow[], policy: SilencePolicy): AgentTrouble | null {
  const hosts: OldConfigHost[] = []
  const foreign: Pick<HostVitalsRow, 'hostId' | 'hostname'>[] = []
  for (const { hostId, hostname, servedConfig, servedConfigAt, vitals } of rows) {
    const { pulses } = readVitals(vitals)
    const { configId, configSince, configPulses, lagMs, lastAt, count } = pulses
    if (servedConfig === '' || servedConfigAt === null || lastAt === null) continue
    // By then it had been given the other one for an hour.
    if (lastAt - servedConfigAt < policy.learningFloorMs) continue
    if (lagMs > policy.lagMs && !isClockOff(pulses)) continue
    if (configId === '' && count >= CONFIG_PULSES) foreign.push({ hostId, hostname })
    if (configId === '' || configId === servedConfig || configPulses < CONFIG_PULSES) continue
    hosts.push({
      hostId,
      hostname,
      runs: configId,
      runsSince: configSince,
      given: servedConfig,
      givenAt: servedConfigAt,
    })
  }
  return hosts.length === 0 ? null : { rule: 'margay.old-config', hosts, foreign }
}

/** Tells which hosts lost pulses or threw lines away since a time. Total. Hosts that lost most lines first. */
export function linesLost(
  losers: readonly HostVitalsRow[],
  dropped: readonly RecentlyDropped[],
  since: number,
): AgentTrouble | null {
  const hosts = new Map<string, LosingHost>()
  for (const { hostId, hostname, lines, lastMinute } of dropped) {
    const toldAt = (lastMinute + 1) * MINUTE_MS - 1
    if (lines <= 0 || toldAt < since) continue
    hosts.set(hostId, { hostId, hostname, gap: null, droppedLines: lines, toldAt })
  }
  for (const { hostId, hostname, vitals } of losers) {
    const { lostAt, gaps } = readVitals(vitals).pulses
    if (lostAt === null || lostAt < since) continue
    const known = hosts.get(hostId)
    hosts.set(hostId, {
      hostId,
      hostname,
      gap: gaps.at(-1) ?? null,
      droppedLines: known?.droppedLines ?? 0,
      toldAt: Math.max(lostAt, known?.toldAt ?? 0),
    })
  }
  if (hosts.size === 0) return null
  return {
    rule: 'margay.lines-lost',
    hosts: [...hosts.values()].toSorted((a, b) => b.droppedLines - a.droppedLines || b.toldAt - a.toldAt),
  }
}
