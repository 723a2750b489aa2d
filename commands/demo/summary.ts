/** What the demo says at its end. Pure. */

import type { PagesVerdict, ResponsesVerdict, StorageVerdict } from './verdict.ts'

export interface Summary {
  readonly hosts: number
  readonly seconds: number
  readonly posts: number
  readonly posted_lines: number
  /** Lines that left a host again after they had left before. */
  readonly duplicates_sent: number
  readonly expected_events: number
  readonly stored_events: number
  readonly missing_events: number
  readonly doubled_events: number
  readonly unacknowledged_events: number
  readonly quarantined: number
  readonly quarantine_expected: number
  readonly alerts_expected: number
  readonly alerts_delivered: number
  readonly alerts_missing: readonly string[]
  readonly alerts_unexpected: readonly string[]
  readonly alerts_doubled: readonly string[]
  /** Hosts that were told to be silent and were not to be; reported and not judged. */
  readonly silences_unplanned: readonly string[]
  readonly resolved: number
  /** What people did in PagerDuty or by the API, and had to be seen on both sides. */
  readonly responses_expected: number
  readonly responses_missing: readonly string[]
  readonly post_to_page_ms: PagesVerdict['postToPageMs']
  readonly wrong_answers: readonly string[]
  readonly pagerduty_refused: number
  readonly killed: boolean
  /** Posts that were acknowledged before the kill and that the sweep found on disk after it. */
  readonly recovered_posts: number
  readonly ok: boolean
}

/** What was counted where, before it is judged. */
export interface Counted {
  readonly hosts: number
  readonly seconds: number
  readonly posts: number
  readonly postedLines: number
  readonly linesSentAgain: number
  /** Lines that hosts could not get rid of. */
  readonly linesLeft: number
  readonly expectedEvents: number
  readonly storage: StorageVerdict
  readonly pages: PagesVerdict
  readonly silencesUnplanned: readonly string[]
  readonly responses: ResponsesVerdict
  readonly quarantined: number
  readonly quarantineExpected: number
  readonly wrongAnswers: readonly string[]
  readonly pagerDutyRefused: number
  readonly killed: boolean
  readonly recoveredPosts: number
}

export function summarize(counted: Counted): Summary {
  const { storage, pages, responses } = counted
  return {
    hosts: counted.hosts,
    seconds: Math.round(counted.seconds),
    posts: counted.posts,
    posted_lines: counted.postedLines,
    duplicates_sent: counted.linesSentAgain,
    expected_events: counted.expectedEvents,
    stored_events: storage.stored,
    missing_events: storage.missing.length,
    doubled_events: storage.doubled.length,
    unacknowledged_events: storage.unacknowledged,
    quarantined: counted.quarantined,
    quarantine_expected: counted.quarantineExpected,
    alerts_expected: pages.expected,
    alerts_delivered: pages.delivered,
    alerts_missing: pages.missing,
    alerts_unexpected: pages.unexpected,
    alerts_doubled: pages.doubled,
    silences_unplanned: counted.silencesUnplanned,
    resolved: pages.resolved,
    responses_expected: responses.expected,
    responses_missing: responses.missing,
    post_to_page_ms: pages.postToPageMs,
    wrong_answers: counted.wrongAnswers,
    pagerduty_refused: counted.pagerDutyRefused,
    killed: counted.killed,
    recovered_posts: counted.recoveredPosts,
    ok: isAsItHasToBe(counted),
  }
}

function isAsItHasToBe({ storage, pages, responses, ...counted }: Counted): boolean {
  return (
    counted.linesLeft === 0 &&
    counted.expectedEvents > 0 &&
    storage.missing.length === 0 &&
    storage.doubled.length === 0 &&
    storage.unacknowledged === 0 &&
    counted.quarantined === counted.quarantineExpected &&
    pages.expected > 0 &&
    pages.missing.length === 0 &&
    pages.unexpected.length === 0 &&
    pages.doubled.length === 0 &&
    responses.expected > 0 &&
    responses.missing.length === 0 &&
    counted.wrongAnswers.length === 0 &&
    counted.pagerDutyRefused === 0
  )
}

/** The summary for people. */
export function spoken(summary: Summary): string {
  const page = summary.post_to_page_ms
  const lines = [
    '',
    `posted    ${summary.posted_lines} lines in ${summary.posts} posts from ${summary.hosts} hosts; ${summary.duplicates_sent} lines were sent again`,
    `stored    ${summary.stored_events} events of ${summary.expected_events}: ${summary.missing_events} missing, ${summary.doubled_events} twice`,
    `rejected  ${summary.quarantined} of ${summary.quarantine_expected} bodies and records lie in quarantine`,
    `paged     ${summary.alerts_delivered} of ${summary.alerts_expected} expected alerts; ${summary.resolved} resolved`,
    `answered  ${summary.responses_expected} alerts were acknowledged or resolved in PagerDuty or by the API; both sides agree on ${summary.responses_expected - new Set(summary.responses_missing).size}`,
    ...(page === null
      ? []
      : [
          `          post to page: half within ${page.p50} ms, 99 % within ${page.p99} ms, longest ${page.max} ms`,
        ]),
    ...(summary.killed
      ? [`killed    ${summary.recovered_posts} posts were acknowledged before the kill and swept up after it`]
      : []),
    ...summary.alerts_missing.map(text => `MISSING   ${text}`),
    ...summary.alerts_unexpected.map(text => `UNEXPECTED PAGE  ${text}`),
    ...summary.silences_unplanned.map(
      text => `SILENT UNPLANNED  ${text}: its machine was busy, or this is a false page`,
    ),
    ...summary.alerts_doubled.map(text => `PAGED TWICE  ${text}`),
    ...summary.responses_missing.map(text => `NOT SEEN  ${text}`),
    ...summary.wrong_answers.map(text => `WRONG ANSWER  ${text}`),
    summary.ok
      ? 'Every line is stored exactly once, and every expected alert was delivered.'
      : 'NOT as it has to be: see above.',
  ]
  return lines.join('\n')
}
