import type { Env, Settings } from './env.ts'
import { judgeUrl } from './notify/url-policy.ts'

const PAGERDUTY_EVENTS_URL = 'https://events.pagerduty.com/v2/enqueue'

/** Standard Webhooks 1.0.0: `whsec_` and base64 of 24 to 64 bytes. */
const WEBHOOK_SECRET = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/
const WEBHOOK_SECRET_MIN_BYTES = 24
const WEBHOOK_SECRET_MAX_BYTES = 64
/** The one that receivers have, and the one that they are changing to. */
const WEBHOOK_SECRETS_MAX = 2

type DestinationSettings = Pick<
  Settings,
  'pagerDutyRoutingKey' | 'pagerDutyEventsUrl' | 'slackWebhookUrl' | 'webhookUrl' | 'webhookSecrets'
>

/**
 * Reads the keys and URLs of destinations. What is malformed is null and named in `problems`, without quoting it. That
 * one is not set at all is no problem here: whether a destination needs it is known where routing is, and told by
 * `destinationProblems`.
 */
export function destinationSettings(
  problems: string[],
  env: Env,
  surroundings: Pick<Settings, 'environment' | 'publicUrl'>,
): DestinationSettings {
  const urlOf = (name: 'PAGERDUTY_EVENTS_URL' | 'SLACK_WEBHOOK_URL' | 'WEBHOOK_URL') =>
    destinationUrl(problems, name, env[name], surroundings)
  return {
    pagerDutyRoutingKey: routingKey(problems, env.PAGERDUTY_ROUTING_KEY),
    pagerDutyEventsUrl: urlOf('PAGERDUTY_EVENTS_URL') ?? PAGERDUTY_EVENTS_URL,
    slackWebhookUrl: urlOf('SLACK_WEBHOOK_URL'),
    webhookUrl: urlOf('WEBHOOK_URL'),
    webhookSecrets: webhookSecrets(problems, env.WEBHOOK_SECRET),
  }
}

function routingKey(problems: string[], text: string | undefined): string | null {
  if (text === undefined || text === '') return null
  // PagerDuty Events v2: 32 alphanumeric characters.
  if (/^[A-Za-z0-9]{32}$/.test(text)) return text
  problems.push('PAGERDUTY_ROUTING_KEY is not a routing key (32 letters and digits): alerts wait, parked.')
  return null
}

function destinationUrl(
  problems: string[],
  name: string,
  text: string | undefined,
  surroundings: Pick<Settings, 'environment' | 'publicUrl'>,
): string | null {
  if (text === undefined || text === '') return null
  const verdict = judgeUrl(text, surroundings)
  if (verdict.ok) return text
  problems.push(`${name} ${verdict.reason}; it is not used.`)
  return null
}

function webhookSecrets(problems: string[], text: string | undefined): string[] {
  const entries = (text ?? '')
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
  const secrets = entries.filter(isWebhookSecret)
  if (secrets.length < entries.length) {
    problems.push(
      'WEBHOOK_SECRET: a secret is whsec_ and the base64 of 24 to 64 random bytes; others are ignored.',
    )
  }
  if (secrets.length > WEBHOOK_SECRETS_MAX) {
    problems.push(`WEBHOOK_SECRET: only the first ${WEBHOOK_SECRETS_MAX} secrets sign.`)
  }
  return secrets.slice(0, WEBHOOK_SECRETS_MAX)
}

function isWebhookSecret(text: string): boolean {
  const [, base64 = ''] = WEBHOOK_SECRET.exec(text) ?? []
  const bytes = Math.floor((base64.replace(/=+$/, '').length * 3) / 4)
  return bytes >= WEBHOOK_SECRET_MIN_BYTES && bytes <= WEBHOOK_SECRET_MAX_BYTES
}
