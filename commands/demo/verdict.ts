/** Holds what is stored and what paged against what had to be. Pure. */

import type { Incident } from '../../test/simulator/pagerduty.ts'
import { type ExpectedPage, isPageOf } from './fleet.ts'
import type { EventKey } from './ledger.ts'

export interface StorageVerdict {
  readonly stored: number
  /** Posted and acknowledged, but not stored. */
  readonly missing: readonly EventKey[]
  /** Stored more than once. */
  readonly doubled: readonly EventKey[]
  /** Stored, but no host was told so. Nothing bad: an acknowledgement may be lost on its way. */
  readonly unacknowledged: number
}

/** @param stored  identity of each stored event, by row id */
export function judgeStorage(
  expected: ReadonlySet<EventKey>,
  stored: ReadonlyMap<string, EventKey>,
): StorageVerdict {
  const seen = new Set<EventKey>()
  const doubled = new Set<EventKey>()
  for (const key of stored.values()) {
    if (seen.has(key)) doubled.add(key)
    seen.add(key)
  }
  return {
    stored: stored.size,
    missing: [...expected].filter(key => !seen.has(key)),
    doubled: [...doubled],
    unacknowledged: [...seen].filter(key => !expected.has(key)).length,
  }
}

export interface PagesVerdict {
  readonly expected: number
  readonly delivered: number
  /** Expected pages that never came, or that never resolved although they should. */
  readonly missing: readonly string[]
  /** Incidents of detection rules that nothing hostile explains. */
  readonly unexpected: readonly string[]
  /** More than one incident for one expected page. */
  readonly doubled: readonly string[]
  readonly resolved: number
  readonly postToPageMs: { readonly p50: number; readonly p99: number; readonly max: number } | null
}

/** @param allowed  pages that may come and need not */
export function judgePages(
  expected: readonly ExpectedPage[],
  incidents: readonly Incident[],
  allowed: readonly Pick<ExpectedPage, 'rule' | 'hostname'>[] = [],
): PagesVerdict {
  const found = expected.map(page => ({ page, of: incidents.filter(incident => isPageOf(page, incident)) }))
  const delivered = found.filter(({ of }) => of.length > 0)
  const waits = delivered.flatMap(({ page, of }) => {
    const postedAt = page.postedAt()
    const openedAt = of[0]?.openedAt
    return postedAt === null || openedAt === undefined ? [] : [openedAt - postedAt]
  })
  const isExpected = (incident: Incident) => [...expected, ...allowed].some(page => isPageOf(page, incident))
  return {
    expected: expected.length,
    delivered: delivered.length,
    missing: found.flatMap(({ page, of }) => lack(page, of) ?? []),
    unexpected: incidents
      .filter(incident => incident.details['kind'] === 'match' && !isExpected(incident))
      .map(({ summary }) => summary),
    doubled: found.filter(({ of }) => of.length > 1).map(({ page }) => named(page)),
    resolved: incidents.filter(({ status }) => status === 'resolved').length,
    postToPageMs: quantiles(waits),
  }
}

/**
 * Pages of silence about hosts that were to go on sending, as their summaries. Reported and not judged: a machine that is too busy
 * to run the fleet on time has silent hosts.
 * @param until  when the fleet was to fall quiet, ms since the epoch
 */
export function unplannedSilences(
  expected: readonly ExpectedPage[],
  incidents: readonly Incident[],
  until: number,
): readonly string[] {
  return incidents
    .filter(({ details, openedAt }) => details['kind'] === 'silence' && openedAt <= until)
    .filter(({ details }) => !ABOUT_MANY.has(String(details['rule'])))
    .filter(incident => !expected.some(page => isPageOf(page, incident)))
    .map(({ summary }) => summary)
}

/** An outage is told as one; whether there was one, as after a kill, is not for this to say. */
const ABOUT_MANY: ReadonlySet<string> = new Set(['margay.feed-silent', 'margay.group-silent'])

/** Something that was done on one side and has to be seen on both. */
export interface ExpectedResponse {
  readonly alertId: string
  readonly dedupKey: string
  readonly summary: string
  readonly status: 'acknowledged' | 'resolved'
  readonly by: string
}

export interface ResponsesVerdict {
  readonly expected: number
  /** What is not seen on one of the sides, as sentences. */
  readonly missing: readonly string[]
}

/** @param alerts  as our API shows them */
export function judgeResponses(
  expected: readonly ExpectedResponse[],
  alerts: readonly { readonly id: string; readonly status: string; readonly status_by: string }[],
  incidents: readonly Incident[],
): ResponsesVerdict {
  const missing = expected.flatMap(({ alertId, dedupKey, summary, status, by }) => {
    const alert = alerts.find(({ id }) => id === alertId)
    const incident = incidents.findLast(known => known.dedupKey === dedupKey)
    return [
      ...(alert?.status === status && alert.status_by === by
        ? []
        : [`${summary}: our alert is ${alert?.status ?? 'gone'}, not ${status} by ${by}`]),
      ...(incident?.status === status
        ? []
        : [`${summary}: PagerDuty’s incident is ${incident?.status ?? 'gone'}, not ${status}`]),
    ]
  })
  return { expected: expected.length, missing }
}

function lack(page: ExpectedPage, incidents: readonly Incident[]): string | null {
  if (incidents.length === 0) return `${named(page)}: no page`
  const isOpen = incidents.some(({ status }) => status !== 'resolved')
  return page.resolves && isOpen ? `${named(page)}: not resolved` : null
}

function named({ rule, hostname }: ExpectedPage): string {
  return `${rule} on ${hostname}`
}

/** Nearest-rank quantiles in whole milliseconds, or null of nothing. */
function quantiles(values: readonly number[]): PagesVerdict['postToPageMs'] {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
