import type { OsqueryEvent } from '../detect/event.ts'
import type { Pulse } from '../staleness/vitals.ts'

/** The pack and query by which hosts give a sign of life; rules/packs/margay.ts. */
const HEARTBEAT = { pack: 'margay', query: 'heartbeat' } as const

export function isPulse(event: OsqueryEvent): boolean {
  return event.p_query === HEARTBEAT.query && event.p_pack === HEARTBEAT.pack
}

/** What a row of the heartbeat query says. Rows of older packs have no number and no id of a config. */
export function pulseOf({ columns, p_event_time }: OsqueryEvent): Pulse {
  const number = columns?.['pulse_number'] ?? ''
  return {
    number: /^\d{1,10}$/.test(number) ? Number(number) : null,
    start: columns?.['start_time'] ?? '',
    time: p_event_time,
    version: columns?.['version'] ?? '',
    configId: columns?.['config_id'] ?? '',
  }
}
