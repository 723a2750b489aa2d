import {
  groupIdOfFinding,
  type Known,
  matchKeyOf,
  planFindings,
  uniqueValueOf,
} from '../../src/alerts/plan.ts'
import type { HostFacts, HostId, OsqueryEvent } from '../../src/detect/event.ts'
import type { Finding } from '../../src/detect/finding.ts'
import type { Routing } from '../../src/detect/routing.ts'
import type { NewAlert } from '../../src/store/alerts.ts'
import type { Window } from '../../src/store/windows.ts'

/** An alert that the findings would have made, with all that the window held in the end. */
export interface GroupedAlert {
  readonly alert: NewAlert
  readonly eventCount: number
  readonly lastEventAt: number
  readonly destinations: readonly string[]
}

/**
 * Groups findings into alerts as the pipeline does, by the same plan, as if each event had been received at the time it
 * bears. Takes them in any order and goes through them in that of their event times.
 */
export function groupAlerts(
  findings: readonly Finding[],
  routing: Routing,
  hosts: ReadonlyMap<HostId, HostFacts>,
): readonly GroupedAlert[] {
  const windows = new Map<string, Window>()
  const matches = new Set<string>()
  const uniqueValues = new Map<string, Set<string>>()
  const alerts = new Map<string, GroupedAlert>()
  const known: Known = { windows, matches, uniqueValues }

  for (const [event, ofEvent] of inOrder(findings)) {
    const plan = planFindings(ofEvent, known, routing, hosts, event.p_event_time)
    for (const { kind, ruleId, rowId } of plan.matches) matches.add(matchKeyOf(kind, ruleId, rowId))
    for (const window of plan.windows) {
      if (window.episode !== windows.get(window.groupId)?.episode) uniqueValues.set(window.groupId, new Set())
      windows.set(window.groupId, window)
    }
    for (const finding of ofEvent) {
      const value = uniqueValueOf(finding)
      if (value !== null) uniqueValues.get(groupIdOfFinding(finding))?.add(value)
    }
    for (const alert of plan.created) {
      const destinations = plan.deliveries
        .filter(({ alertId }) => alertId === alert.alertId)
        .map(({ destination }) => destination)
      alerts.set(alert.alertId, {
        alert,
        eventCount: alert.eventCount,
        lastEventAt: alert.lastEventAt,
        destinations,
      })
    }
    for (const { alertId, eventCount, lastEventAt } of plan.grown) {
      const alert = alerts.get(alertId)
      if (alert !== undefined) alerts.set(alertId, { ...alert, eventCount, lastEventAt })
    }
  }
  return [...alerts.values()]
}

function inOrder(findings: readonly Finding[]): readonly (readonly [OsqueryEvent, readonly Finding[]])[] {
  return [...Map.groupBy(findings, ({ event }) => event)].toSorted(
    ([a], [b]) => a.p_event_time - b.p_event_time || (a.p_row_id < b.p_row_id ? -1 : 1),
  )
}
