import { parquetReadObjects } from 'hyparquet'
import type { HostFacts, HostId, OsqueryEvent } from '../../src/detect/event.ts'
import { eventOfRow } from './lake-event.ts'
import type { TimeRange } from './range.ts'

/** Where segments lie: a folder, or a bucket. */
export interface Lake {
  /** Keys of the segments that may hold what was received in the range, in the order of their hours. */
  segments(range: TimeRange): Promise<readonly string[]>
  /** The bytes of one segment. */
  read(key: string): Promise<ArrayBuffer>
  /** What is known of these hosts; those that nothing is known of are left out. */
  hosts(ids: readonly HostId[]): Promise<ReadonlyMap<HostId, HostFacts>>
  close(): Promise<void>
}

/** One stored event, and where it lies. */
export interface StoredEvent {
  readonly segment: string
  /** Place in the segment, from 1. */
  readonly row: number
  readonly event: OsqueryEvent
  readonly host: HostFacts
}

const HOUR_MS = 3_600_000

/**
 * Reads what was received in the range, segment by segment, so that memory is that of one segment. The same event may
 * come more than once, as it may lie in the lake more than once.
 *
 * @param broken  is told of a segment that can't be read; the others still are
 */
export async function* storedEvents(
  lake: Lake,
  range: TimeRange,
  broken: (segment: string, error: unknown) => void,
): AsyncGenerator<StoredEvent> {
  for (const segment of await lake.segments(range)) {
    let events: readonly OsqueryEvent[]
    try {
      events = (await parquetReadObjects({ file: await lake.read(segment) })).map(eventOfRow)
    } catch (error) {
      broken(segment, error)
      continue
    }
    const hosts = await lake.hosts([...new Set(events.map(event => event.p_host_id))])
    for (const [index, event] of events.entries()) {
      if (event.p_parse_time < range.from || event.p_parse_time >= range.to) continue
      const host = hosts.get(event.p_host_id) ?? hostByEvent(event)
      yield { segment, row: index + 1, event, host }
    }
  }
}

/** Whether an hour's folder in a key, `date=2026-11-24/hour=12`, reaches into the range; a key without one may. */
export function mayHold(key: string, range: TimeRange): boolean {
  const [, date, hour] = /(?:^|\/)date=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})\//.exec(key) ?? []
  if (date === undefined || hour === undefined) return true
  const start = Date.parse(`${date}T${hour}:00:00Z`)
  return start < range.to && start + HOUR_MS > range.from
}

/** The order of time, whatever the log type that a key begins with. */
export function byHour(a: string, b: string): number {
  const [first, second] = [hourOf(a), hourOf(b)]
  return first < second ? -1 : first > second ? 1 : a < b ? -1 : 1
}

function hourOf(key: string): string {
  return /date=[^/]*\/hour=[^/]*/.exec(key)?.[0] ?? ''
}

/** A host that nothing is known of but what its event says. */
function hostByEvent({ p_host_id: id, decorations, hostIdentifier }: OsqueryEvent): HostFacts {
  return {
    id,
    name: decorations['hostname'] || hostIdentifier || id,
    platform: decorations['platform'] ?? '',
    tags: [],
  }
}
