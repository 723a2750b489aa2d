import type { HostId, RowId } from '../detect/event.ts'
import { foldVitals, isClockOff, type LogContact, type Vitals } from '../staleness/vitals.ts'
import { readVitals, vitalsText } from '../staleness/vitals-text.ts'
import type { Touch, TouchIntervals } from '../store/hosts.ts'
import type { KnownHosts } from '../store/vitals.ts'
import type { Chunk, ChunkEvent } from './chunk.ts'

/** In these a host, or what was known of it before there were more states, is away: its gap says nothing of its habits. */
const AWAY: ReadonlySet<string> = new Set(['late', 'stale', 'half-dead', 'silent'])

/** A line that was written so long before its receipt came out of a buffer. */
const LATE_MS = 15 * 60_000

/** What a chunk has to write into the rows of its hosts. */
export interface ContactPlan {
  readonly touches: readonly Touch[]
  /** The vitals that were folded, as they must still be. */
  readonly asRead: readonly (readonly [HostId, string])[]
}

/**
 * Folds what a chunk says of its hosts into their vitals. Those of hosts that have no new pulse, and were noted not long
 * ago, stay as they are: they would only make rivals of consumers.
 * @param touchMs  see `touchIntervalMs`
 */
export function planContacts(
  chunk: Chunk,
  known: KnownHosts,
  intervals: TouchIntervals,
  touchMs: number,
): ContactPlan {
  const folded = new Map<HostId, { readonly vitals: string; readonly isNews: boolean }>()
  const asRead: [HostId, string][] = []
  for (const [hostId, contacts] of contactsOf(chunk)) {
    const host = known.byId.get(hostId)
    const text = host?.vitals ?? ''
    const before = readVitals(text)
    const frozen = (known.feedPhase ?? 'flowing') !== 'flowing' || AWAY.has(host?.silenceState ?? '')
    const after = contacts.reduce(
      (vitals, contact) => foldVitals(vitals, contact, { frozen, touchMs }),
      before,
    )
    const at = after.contacts.lastAt
    const isNews = after.pulses !== before.pulses
    if (at === null || !(isNews || isAged(before, at, intervals))) continue
    asRead.push([hostId, text])
    folded.set(hostId, { vitals: vitalsText(after), isNews })
  }
  const touches = chunk.touches.map((touch): Touch => {
    const vitals = folded.get(touch.hostId)
    // One of a host's touches is enough.
    folded.delete(touch.hostId)
    return vitals === undefined ? touch : { ...touch, ...vitals }
  })
  return { touches, asRead }
}

function isAged({ contacts }: Vitals, at: number, intervals: TouchIntervals): boolean {
  return contacts.lastAt === null || at - contacts.lastAt >= intervals.result
}

/** The contacts of each host, oldest first: those with pulses, and the last one. */
function contactsOf(chunk: Chunk): Map<HostId, LogContact[]> {
  const times = new Map<HostId, Map<number, LogContact>>()
  for (const { hostId, at } of chunk.touches) {
    const last = Math.max(at, ...(times.get(hostId)?.keys() ?? []))
    times.set(hostId, new Map([[last, { receivedAt: last, pulses: [] }]]))
  }
  for (const { hostId, receivedAt, pulses } of chunk.pulses) {
    times.get(hostId)?.set(receivedAt, { receivedAt, pulses })
  }
  return new Map(
    [...times].map(([hostId, contacts]) => [
      hostId,
      [...contacts.values()].toSorted((a, b) => a.receivedAt - b.receivedAt),
    ]),
  )
}

/** Lines that lay in a buffer of their host, as its clock says; one that is off steadily is put right before. */
export function lateLines(events: readonly ChunkEvent[], known: KnownHosts): (readonly [RowId, HostId])[] {
  const offsets = new Map<HostId, number>()
  return events.flatMap(({ event }) => {
    const lag = event.p_parse_time - event.p_event_time
    if (lag <= LATE_MS) return []
    const offset = offsets.get(event.p_host_id) ?? offsetOf(known, event.p_host_id)
    offsets.set(event.p_host_id, offset)
    return lag - offset > LATE_MS ? [[event.p_row_id, event.p_host_id] as const] : []
  })
}

function offsetOf(known: KnownHosts, hostId: HostId): number {
  const { pulses } = readVitals(known.byId.get(hostId)?.vitals ?? '')
  return isClockOff(pulses) ? Math.max(0, pulses.steadyMs) : 0
}
