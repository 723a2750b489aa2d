import type { HostFacts, OsqueryEvent, Row } from './event.ts'
import { rowOf } from './rows.ts'
import type { RuleContext } from './rule.ts'

/** Columns of a status line. */
const NO_COLUMNS: Row = Object.freeze(rowOf('', {}))

/** What the functions of a rule are given of an event and its host. */
export function contextOf(event: OsqueryEvent, host: HostFacts): RuleContext<Row> {
  return {
    event,
    columns: event.columns ?? NO_COLUMNS,
    host: host.name,
    hostId: host.id,
    hostTags: host.tags,
    platform: host.platform,
    action: event.action,
    query: event.p_query,
    pack: event.p_pack,
    table: event.p_table,
    decorations: event.decorations,
  }
}
