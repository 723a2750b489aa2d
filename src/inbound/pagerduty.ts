import { isConflict, wake } from '../alerts/intake.ts'
import type { Destination } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { type IncidentAlert, selectAlertsOfIncident } from '../store/pagerduty-incidents.ts'
import { rememberWebhook, selectKnownWebhooks } from '../store/pagerduty-webhooks.ts'
import { changeOf, pagerDutyIds } from './incident-change.ts'
import { type IncidentEvent, readEvent } from './incident-event.ts'
import { readWhole } from './read-body.ts'
import { RefusalCount, type RefusalReason } from './refusal-count.ts'
import { isSigned } from './signature.ts'

/** PagerDuty promises bodies up to 55 KB and drops what is over 256 KB itself. */
const BODY_MAX_BYTES = 256 * 1024
/** PagerDuty waits 5 s for the answer, and what follows needs its share. */
const READ_LIMIT_MS = 3_000

/**
 * Alerts of one incident that one webhook changes: their statements stay far below the 1,000 that an invocation may
 * have. When there are more, PagerDuty is asked to send it again, and finds the rest.
 */
const ALERTS_AT_ONCE = 100
/** Another webhook about the same alerts at the same moment is rare; PagerDuty's next try is behind this. */
const COMMITS_MAX = 3
const WEBHOOK_ID = /^[!-~]{1,200}$/

/** What was done with a webhook; said in the answer, for whoever looks at PagerDuty's log of it. */
type Verdict = 'applied' | 'repeated' | 'ignored' | 'pong'

type Handler = (request: Request) => Promise<Response>

/**
 * Takes PagerDuty's webhooks (v3): what people do to an incident there happens to our alerts.
 *
 * What is well signed and can't be understood or concerns no alert of ours is answered 200: three refusals in a row
 * would make PagerDuty switch the subscription off and throw away what waits. Only a fault of ours is answered 503,
 * after which it comes again.
 */
export function pagerDutyWebhook(world: World, destinations: readonly Destination[]): Handler {
  const refusals = new RefusalCount(world)
  const refuse = async (reason: RefusalReason, status: number, message: string): Promise<Response> => {
    await refusals.add(reason)
    return refusal(status, reason, message)
  }
  return async request => {
    const secrets = world.settings.pagerDutyWebhookSecrets
    if (secrets.length === 0) return refusal(404, 'not_found', 'There is no such route.')
    if (request.method !== 'POST') return refusal(405, 'method_not_allowed', 'Use POST.', { allow: 'POST' })
    const body = await readWhole(world, request, BODY_MAX_BYTES, READ_LIMIT_MS)
    if (!body.ok) {
      return body.reason === 'too_large'
        ? await refuse('too_large', 413, `The body is larger than ${BODY_MAX_BYTES} bytes.`)
        : await refuse('unreadable', 503, 'The body did not come. Send it again.')
    }
    if (!isSigned(request.headers.get('x-pagerduty-signature'), body.bytes, secrets)) {
      return await refuse('not_signed', 401, 'The signature is missing or wrong.')
    }
    return await take(world, destinations, body.bytes, request.headers.get('x-webhook-id') ?? '')
  }
}

async function take(
  world: World,
  destinations: readonly Destination[],
  body: Uint8Array,
  webhookId: string,
): Promise<Response> {
  const event = readEvent(body)
  if (event.kind === 'ping') return accepted('pong')
  if (event.kind === 'other') {
    world.log('pagerduty_webhook_ignored', { what: event.what })
    return accepted('ignored')
  }
  try {
    const verdict = await apply(world, destinations, event, idsOf(event, webhookId))
    if (verdict !== null) return accepted(verdict)
  } catch (error) {
    world.log('pagerduty_webhook_failed', {
      fault: error instanceof Error ? error.message.slice(0, 200) : 'unknown',
    })
  }
  return refusal(503, 'try_again', 'This could not be stored. Send it again.')
}

/** The header is not signed and the event's own id is: what was caught and sent again under another name is known too. */
function idsOf({ eventId }: IncidentEvent, webhookId: string): readonly string[] {
  return [
    ...(WEBHOOK_ID.test(webhookId) ? [`webhook:${webhookId}`] : []),
    ...(eventId === '' ? [] : [`event:${eventId}`]),
  ]
}

/**
 * Applies an event to the alerts that it is news for.
 * @returns null when it has to come again
 * @throws what D1 throws
 */
async function apply(
  world: World,
  destinations: readonly Destination[],
  event: IncidentEvent,
  ids: readonly string[],
): Promise<Verdict | null> {
  for (let commits = 0; commits < COMMITS_MAX; commits += 1) {
    const { isKnown, alerts } = await read(world.db, event, ids, pagerDutyIds(destinations))
    if (isKnown) return 'repeated'
    const [first] = alerts
    if (first === undefined) return 'ignored'
    const now = world.now()
    const some = alerts.slice(0, ALERTS_AT_ONCE)
    const isAll = some.length === alerts.length
    const { statements, deliveryIds } = changeOf(world.db, event, some, destinations, now)
    try {
      await world.db.batch([...statements, ...(isAll ? rememberWebhook(world.db, ids, now) : [])])
    } catch (error) {
      if (isConflict(error)) continue
      throw error
    }
    await wake(world, deliveryIds)
    return isAll ? 'applied' : null
  }
  return null
}

async function read(
  db: D1Database,
  { incidentId, alertId, occurredAt }: IncidentEvent,
  ids: readonly string[],
  knowing: readonly string[],
): Promise<{ readonly isKnown: boolean; readonly alerts: readonly IncidentAlert[] }> {
  const [known, alerts] = await db.batch([
    selectKnownWebhooks(db, ids),
    selectAlertsOfIncident(db, incidentId, alertId, occurredAt, ALERTS_AT_ONCE + 1, knowing),
  ])
  return {
    isKnown: (known?.results.length ?? 0) > 0,
    // The statement names its columns as the type does.
    alerts: (alerts?.results ?? []) as IncidentAlert[],
  }
}

function accepted(verdict: Verdict): Response {
  return reply(200, { status: verdict })
}

function refusal(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return reply(status, { error: { code, message } }, headers)
}

function reply(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...headers,
    },
  })
}
