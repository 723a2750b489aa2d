import { classify, type Outcome } from './classify.ts'
import { pagerDutyBodies } from './pagerduty-body.ts'
import { type DestinationKind, NO_HEADERS } from './telling.ts'
import { judgeUrl } from './url-policy.ts'

/** PagerDuty as a destination: PAGERDUTY_ROUTING_KEY and PAGERDUTY_EVENTS_URL. */
export const pagerDuty: DestinationKind = settings => {
  const routingKey = settings.pagerDutyRoutingKey
  if (routingKey === null) {
    return { ok: false, missing: 'PAGERDUTY_ROUTING_KEY is missing or not a routing key' }
  }
  const verdict = judgeUrl(settings.pagerDutyEventsUrl, settings)
  if (!verdict.ok) return { ok: false, missing: `PAGERDUTY_EVENTS_URL ${verdict.reason}` }
  return {
    ok: true,
    url: verdict.url,
    secrets: [routingKey],
    messages: telling =>
      pagerDutyBodies({ ...telling, routingKey }).map(body => ({ body, headers: NO_HEADERS })),
    repeatsResolves: true,
    classify: classifyPagerDuty,
  }
}

/** Understands PagerDuty's answer: a bad routing key comes as 400, yet no other body would be taken either. */
export function classifyPagerDuty(
  status: number,
  retryAfter: string | null,
  body: string,
  now: number,
): Outcome {
  if (status === 400 && /routing.?key/i.test(body)) {
    return { kind: 'broken', reason: 'HTTP 400: the routing key is refused' }
  }
  return classify(status, retryAfter, now)
}
