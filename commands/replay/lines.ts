import type { HostFacts, OsqueryEvent } from '../../src/detect/event.ts'
import type { Finding } from '../../src/detect/finding.ts'
import type { GroupedAlert } from './group-alerts.ts'

/** What `replay` writes: one JSON object a line, its `kind` first. Times are ISO 8601 in UTC, those of events apart. */
export type Line = Readonly<Record<string, unknown>>

/** The event as it is, beside where it came from. */
export function eventLine(file: string, line: number, event: OsqueryEvent): Line {
  return { kind: 'event', ...event, p_source_file: file, p_source_line: line }
}

export function findingLine(
  file: string,
  line: number,
  finding: Finding,
  host: HostFacts,
  replaces: readonly string[],
): Line {
  const { kind, ruleId, severity, title, dedup, event } = finding
  return {
    kind,
    rule: ruleId,
    replaces,
    severity,
    title,
    dedup,
    host: host.name,
    host_id: host.id,
    event_time: isoTime(event.p_event_time),
    file,
    line,
    ...(finding.kind === 'match'
      ? {
          alert: finding.alert,
          threshold: finding.threshold,
          unique: finding.unique,
          context: finding.context,
        }
      : { stage: finding.stage, message: finding.message }),
    event,
  }
}

export function alertLine({ alert, eventCount, lastEventAt, destinations }: GroupedAlert): Line {
  return {
    kind: 'alert',
    alert_id: alert.alertId,
    alert_kind: alert.kind,
    rule: alert.ruleId,
    severity: alert.severity,
    title: alert.title,
    dedup: alert.dedup,
    host: alert.hostname,
    host_id: alert.hostId,
    query: alert.query,
    pack: alert.pack,
    event_count: eventCount,
    first_event_time: isoTime(alert.firstEventAt),
    last_event_time: isoTime(lastEventAt),
    destinations,
    runbook: alert.runbook,
  }
}

export function rejectedLine(file: string, line: number, reason: string, detail: string): Line {
  return { kind: 'rejected', file, line, reason, detail }
}

function isoTime(at: number): string {
  return new Date(at).toISOString()
}
