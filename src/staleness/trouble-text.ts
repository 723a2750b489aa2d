import { type AlertSpec, alertIdOf, type StatusChange } from '../alerts/lifecycle.ts'
import type { Severity } from '../detect/severity.ts'
import { shownText } from '../detect/text.ts'
import {
  type FailingAddress,
  PARKED_MAX,
  type ParkedDelivery,
  QUARANTINED_MAX,
  type QuarantinedThing,
} from '../store/trouble.ts'
import { instant } from './instant.ts'
import {
  BURST_MINUTES,
  deadPosts,
  deadWakeUps,
  enrollFailures,
  lookedAgainAt,
  loweredHosts,
  minutesMissed,
  QUIET_MINUTES,
  rejectedRecords,
  rejectionsByReason,
  type Trouble,
  type TroubleChange,
} from './trouble.ts'

/** An alert that is to open. */
export type Opening = Exclude<TroubleChange, { kind: 'resolves' }>

/** There is one Margay: every trouble has one alert at a time. */
const DEDUP = 'margay'
const BY = 'margay'
/** Ids and hosts that the context names; the API has the rest. */
const NAMED_MAX = 20

const RESOLVES = `The alert resolves by itself after ${QUIET_MINUTES} minutes without it; while it is open nothing opens a second one.`

const QUARANTINE_RUNBOOK = `1. GET /api/v1/quarantine says what it was, from which host and why; the bytes lie in R2 under r2_key. Nothing is lost.
2. One host: a broken or foreign log shipper, a proxy that changes bodies, or someone who has its node key and tries things out. Look at the host; revoke it if in doubt (POST /api/v1/hosts/<id>/revoke).
3. Many hosts: a new osquery version, a changed query or an endpoint in front of this service that changes bodies.
Reasons: not_json, not_an_object, not_a_log_line: a record that is no osquery log line. record_too_large: a row or record above the caps; narrow the query. broken_gzip: damaged on the way. too_large, over_cap: a post above the caps; lower logger_tls_max_lines, narrow the query. no_data: not an osquery body. many_rejected: so many bad records that the whole post is kept.
${RESOLVES}`

const ENROLL_RUNBOOK = `1. Few addresses, all yours: hosts with an old or mistyped enroll secret. Was a secret rotated? Add the old one to ENROLL_SECRETS again until all hosts have the new one.
2. Addresses you don't know: someone tries secrets, or a scanner found the route. Long random secrets can't be guessed; an address is shut out after ten failures. Block it in front if it goes on.
3. Who enrolled meanwhile? GET /api/v1/hosts, newest first: revoke what is not yours.
Until they are let in, hosts with a wrong secret are not watched.
${RESOLVES}`

const DEAD_LETTER_RUNBOOK = `1. Posts: GET /api/v1/quarantine?reason=dead_letter. Their lines are kept, but not searchable and no rule saw them.
2. Why could they not be stored for hours? GET /healthz, the status of D1 and R2, the Worker's log (ingest_retry, exceeded limits). A deploy that throws on one kind of post does it too.
3. Wake-ups: their deliveries stand in D1 and are swept up every minute, so nothing is lost; but the consumer of the alerts queue fails. Look at its log.
${RESOLVES}`

const PARKED_RUNBOOK = `1. GET /api/v1/deliveries?state=parked says which alerts somebody was not told of, and why. Read those alerts first.
2. Mend the destination: its key or URL (wrangler secret put), the service at the other end.
3. Send them again: POST /api/v1/deliveries/<id>/redrive for each.
A parked delivery of this alert itself counts for nothing here: the same list has it.
${RESOLVES}`

const CHECKS_RUNBOOK = `1. Cron is to come each minute. It did not, or every run failed: a deploy that does not start, D1 that does not answer, a plan's limit, an outage of Cloudflare. The Worker's log of that time has silence.failed, or nothing at all.
2. Deliveries and posts that failed meanwhile were swept up when it came back; nothing is lost.
3. What fell silent in that time is told later: hosts are judged again once their agents had time to come back (docs/silence.md).
4. HEARTBEAT_URL tells of it while it lasts: have a service wait for it.
${RESOLVES}`

const CLASS_RUNBOOK = `1. GET /api/v1/hosts/<id> has the class and, in class_reason, what the host said: its hardware, its case, a battery, a scaling group.
2. Right? Nothing to do. Wrong, or it matters: POST /api/v1/hosts/<id>/class with {"class": "server"}; what a person set no host can change.
3. A server that suddenly says it is a laptop may be someone with the enroll secret, or the host itself in other hands: look at its last enrollment and its alerts.
${RESOLVES}`

/** @param quarantined  what is newly in quarantine, latest first, at most `QUARANTINED_MAX` */
export function quarantineFills(
  opening: Opening,
  quarantined: readonly QuarantinedThing[],
  now: number,
): AlertSpec {
  const { recent } = opening
  const hosts = [...new Set(quarantined.flatMap(({ hostId }) => hostId ?? []))]
  const reasons = rejectionsByReason(recent)
  const atLeast = quarantined.length >= QUARANTINED_MAX ? 'at least ' : ''
  const from = hosts.length === 0 ? '' : ` from ${atLeast}${amount(hosts.length, 'host')}`
  const records = rejectedRecords(recent)
  const noun = records === 1 ? 'record or post' : 'records or posts'
  return spec(opening, 'medium', now, {
    title: `${records} ${noun}${from} could not be processed: ${tally(reasons)}`,
    runbook: QUARANTINE_RUNBOOK,
    context: {
      by_reason: Object.fromEntries(reasons),
      host_ids: hosts.slice(0, NAMED_MAX),
      host_count: hosts.length,
      newest_quarantine_ids: quarantined.slice(0, NAMED_MAX).map(({ quarantineId }) => quarantineId),
    },
  })
}

/** @param addresses  how many there are  @param most  those with most failures */
export function enrollmentsFail(
  opening: Opening,
  { addresses, most }: { readonly addresses: number; readonly most: readonly FailingAddress[] },
  now: number,
): AlertSpec {
  const failures = enrollFailures(opening.recent, now)
  return spec(opening, 'medium', now, {
    title: `${failures} enrollments from ${amount(addresses, 'address', 'addresses')} failed within ${BURST_MINUTES} minutes`,
    runbook: ENROLL_RUNBOOK,
    context: {
      failures,
      address_count: addresses,
      by_address: most.map(({ address, failures: n }) => ({ address, failures: n })),
    },
  })
}

export function lettersDie(opening: Opening, now: number): AlertSpec {
  const posts = deadPosts(opening.recent)
  const wakeUps = deadWakeUps(opening.recent)
  const parts = [
    ...(posts === 0 ? [] : [`${amount(posts, 'post')} could not be stored`]),
    ...(wakeUps === 0 ? [] : [`${amount(wakeUps, 'wake-up')} of deliveries failed`]),
  ]
  return spec(opening, 'high', now, {
    title: `Out of retries: ${parts.join(', ')}`,
    runbook: DEAD_LETTER_RUNBOOK,
    context: { posts, wake_ups: wakeUps },
  })
}

export function deliveriesPark(opening: Opening, now: number): AlertSpec {
  const { parked } = opening.recent
  const destinations = tallyOf(parked)
  const atLeast = parked.length >= PARKED_MAX ? 'At least ' : ''
  return spec(opening, 'high', now, {
    title: `${atLeast}${amount(parked.length, 'delivery', 'deliveries')} could not be sent: ${tally(destinations)}`,
    runbook: PARKED_RUNBOOK,
    context: {
      by_destination: Object.fromEntries(destinations),
      newest: parked.slice(0, NAMED_MAX).map(({ deliveryId, alertId, reason }) => ({
        delivery_id: deliveryId,
        alert_id: alertId,
        reason,
      })),
    },
  })
}

export function checksMissed(opening: Opening, now: number): AlertSpec {
  const minutes = minutesMissed(opening.recent)
  const until = instant(lookedAgainAt(opening.recent))
  return spec(opening, 'medium', now, {
    title: `For ${amount(minutes, 'minute')} nobody looked whether hosts are silent`,
    runbook: CHECKS_RUNBOOK,
    context: { reason: `Cron did not come, or each of its runs failed, until ${until}.`, minutes, until },
  })
}

export function classesFall(opening: Opening, now: number): AlertSpec {
  const hosts = loweredHosts(opening.recent)
  return spec(opening, 'medium', now, {
    title: `${amount(hosts.length, 'host')} no longer ${hosts.length === 1 ? 'counts' : 'count'} as ${hosts.length === 1 ? 'a server' : 'servers'}: silence there pages nobody`,
    runbook: CLASS_RUNBOOK,
    context: { host_ids: hosts.slice(0, NAMED_MAX), host_count: hosts.length },
  })
}

/** The resolve of a trouble that is over. */
export function troubleEnds(trouble: Trouble, episode: number, now: number): StatusChange {
  const note = `none for ${QUIET_MINUTES} minutes`
  return { alertId: troubleAlertId(trouble, episode), at: now, by: BY, note }
}

export function troubleAlertId(trouble: Trouble, episode: number): string {
  return alertIdOf('system', trouble, DEDUP, episode)
}

function spec(
  { trouble, episode }: Opening,
  severity: Severity,
  now: number,
  said: Pick<AlertSpec, 'title' | 'runbook' | 'context'>,
): AlertSpec {
  const title = shownText(said.title)
  return { ...said, title, kind: 'system', ruleId: trouble, dedup: DEDUP, episode, severity, at: now }
}

function tallyOf(parked: readonly ParkedDelivery[]): readonly (readonly [string, number])[] {
  return [...Map.groupBy(parked, ({ destination }) => destination)].map(([name, all]) => [name, all.length])
}

function tally(counts: readonly (readonly [string, number])[]): string {
  return counts.map(([name, count]) => `${name} ${count}`).join(', ')
}

function amount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
