import type { HostId, OsqueryEvent, RowId } from '../src/detect/event.ts'
import type { RuleError, RuleMatch } from '../src/detect/finding.ts'
import { eventOf } from './event.ts'

/** An event with the given place in time order, of the given host. */
export function eventAt(order: number, overrides: Partial<OsqueryEvent> = {}): OsqueryEvent {
  // Ids need only sort like the real ones.
  const p_row_id = `${String(order).padStart(13, '0')}-0` as RowId
  return eventOf({ p_row_id, ...overrides })
}

/** A match of an ordinary rule; `order` makes its event another one. */
export function matchOf(order: number, overrides: Partial<RuleMatch> = {}): RuleMatch {
  return {
    kind: 'match',
    ruleId: 'posix.cron-fetches-code',
    event: eventAt(order),
    severity: 'high',
    title: `Cron fetches code, ${order}`,
    dedup: 'host-1',
    dedupMinutes: 60,
    runbook: 'Read the file the job came from.',
    threshold: 1,
    alert: true,
    destinations: null,
    context: {},
    ...overrides,
  }
}

/** What a rule that throws yields. */
export function errorOf(order: number, overrides: Partial<RuleError> = {}): RuleError {
  return {
    kind: 'rule_error',
    ruleId: 'posix.cron-fetches-code',
    event: eventAt(order),
    severity: 'medium',
    title: 'Rule posix.cron-fetches-code failed in detect: TypeError: boom',
    dedup: 'TypeError',
    dedupMinutes: 60,
    runbook: 'Mend the rule.',
    stage: 'detect',
    message: 'boom',
    ...overrides,
  }
}

/** A host id for tests; below the agent routes any text is one. */
export function hostId(text: string): HostId {
  return text as HostId
}
