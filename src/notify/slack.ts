import { classify, type Outcome } from './classify.ts'
import { urlSecrets } from './redact.ts'
import { parseRetryAfter } from './retry-after.ts'
import { slackBodies } from './slack-body.ts'
import { type DestinationKind, NO_HEADERS } from './telling.ts'
import { judgeUrl } from './url-policy.ts'

/** Errors of a webhook that no other body would cure ("Handling errors from incoming webhooks" and the Web API's). */
const BROKEN_ERRORS =
  /^(no_service|no_service_id|no_team|no_active_hooks|team_disabled|invalid_token|invalid_auth|token_revoked|account_inactive|action_prohibited|channel_not_found|channel_is_archived|user_not_found|posting_to_general_channel_denied)$/
/** Errors that pass. */
const PASSING_ERRORS =
  /^(rollup_error|rate_?limited|internal_error|fatal_error|service_unavailable|request_timeout|team_added_to_org)$/

/** Slack as a destination: an incoming webhook, whose URL (SLACK_WEBHOOK_URL) is the secret. */
export const slack: DestinationKind = settings => {
  const text = settings.slackWebhookUrl
  if (text === null) return { ok: false, missing: 'SLACK_WEBHOOK_URL is missing or not allowed' }
  const verdict = judgeUrl(text, settings)
  if (!verdict.ok) return { ok: false, missing: `SLACK_WEBHOOK_URL ${verdict.reason}` }
  return {
    ok: true,
    url: verdict.url,
    secrets: urlSecrets(verdict.url),
    messages: telling => slackBodies(telling).map(body => ({ body, headers: NO_HEADERS })),
    classify: classifySlack,
  }
}

/**
 * Understands Slack's answer. Success is a 2xx whose body is `ok` or JSON with `"ok": true`: what failed may come as 200
 * too. A 2xx with anything else is from something in between, or its body was lost: the message may have arrived.
 */
export function classifySlack(status: number, retryAfter: string | null, body: string, now: number): Outcome {
  const said = errorIn(body)
  const isSuccess = status >= 200 && status < 300
  if (isSuccess && said === 'ok') return { kind: 'delivered' }
  const reason = `HTTP ${status}`
  if (BROKEN_ERRORS.test(said)) return { kind: 'broken', reason }
  if (PASSING_ERRORS.test(said)) {
    return { kind: 'transient', reason, retryAfterMs: parseRetryAfter(retryAfter, now) }
  }
  if (!isSuccess) return classify(status, retryAfter, now)
  if (isJsonFailure(body)) return { kind: 'rejected', reason: `${reason} with ok: false` }
  return {
    kind: 'transient',
    reason: `${reason} without Slack's "ok"; it may have arrived`,
    retryAfterMs: null,
  }
}

/** The word that Slack answers: `ok`, or the name of an error, bare or in JSON. */
function errorIn(body: string): string {
  const json = jsonIn(body)
  if (json === null) return body.trim()
  if ('ok' in json && json.ok === true) return 'ok'
  return 'error' in json && typeof json.error === 'string' ? json.error : ''
}

function isJsonFailure(body: string): boolean {
  const json = jsonIn(body)
  return json !== null && 'ok' in json && json.ok === false
}

function jsonIn(body: string): object | null {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
