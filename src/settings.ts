import { destinationSettings } from './destination-settings.ts'
import type { EnrollSecret, Env, NodeKeySecret, Settings } from './env.ts'
import { judgeUrl } from './notify/url-policy.ts'

/** Below this a secret can be guessed, and the operator is told; 32 characters of hex are 128 bits. */
const STRONG_SECRET_CHARACTERS = 24
/** Each costs one HMAC for each webhook; rotating takes two. */
const INBOUND_SECRETS_MAX = 5
/** `<id>.` opens every node key, so the id is short and has no dot. */
const NODE_KEY_SECRET_ID = /^[a-z0-9]{1,8}$/i
const ENROLL_LABEL = /^[A-Za-z0-9._-]{1,64}$/

/** A queue message holds 128,000 bytes with its metadata; the rest is the envelope's. */
const INLINE_MAX_BYTES = 120_000
const HEARTBEAT_SECONDS = 300
/** A host is silent when this many heartbeats are missing, but never sooner than the floor. */
const MISSED_HEARTBEATS = 3
const SILENT_FLOOR_SECONDS = 15 * 60
/** A host is learnt for a day at the default limit: a day has every hour of its life once. */
const LEARNING_LIMITS = 96
const HOT_HOURS = 72
const HOT_EVENTS_PER_DAY = 1_000_000

/**
 * Reads the Worker's configuration. Never throws: what is missing or malformed is replaced by a safe value and named in
 * `problems`, so that one bad variable costs one function and not the intake of logs.
 */
export function parseSettings(env: Env): Settings {
  const problems: string[] = []
  const environment = env.ENVIRONMENT === 'local' ? 'local' : 'production'
  const heartbeatSeconds = wholeNumber(
    problems,
    'HEARTBEAT_SECONDS',
    env.HEARTBEAT_SECONDS,
    HEARTBEAT_SECONDS,
    1,
  )
  const urls = { environment, publicUrl: publicUrl(problems, env.PUBLIC_URL) } as const
  const silentAfterSeconds = wholeNumber(
    problems,
    'SILENT_AFTER_SECONDS',
    env.SILENT_AFTER_SECONDS,
    Math.max(MISSED_HEARTBEATS * heartbeatSeconds, SILENT_FLOOR_SECONDS),
    1,
  )
  return {
    environment,
    enrollSecrets: enrollSecrets(problems, env.ENROLL_SECRETS),
    nodeKeySecrets: nodeKeySecrets(problems, env.NODE_KEY_SECRETS),
    adminToken: adminToken(problems, env.ADMIN_TOKEN),
    ...destinationSettings(problems, env, urls),
    pagerDutyWebhookSecrets: inboundSecrets(problems, env.PAGERDUTY_WEBHOOK_SECRET),
    heartbeatUrl: heartbeatUrl(problems, env.HEARTBEAT_URL, urls),
    publicUrl: urls.publicUrl,
    hotHours: wholeNumber(problems, 'HOT_HOURS', env.HOT_HOURS, HOT_HOURS, 1),
    hotEventsPerDay: wholeNumber(
      problems,
      'HOT_EVENTS_PER_DAY',
      env.HOT_EVENTS_PER_DAY,
      HOT_EVENTS_PER_DAY,
      0,
    ),
    inlineMaxBytes: Math.min(
      INLINE_MAX_BYTES,
      wholeNumber(problems, 'INLINE_MAX_BYTES', env.INLINE_MAX_BYTES, INLINE_MAX_BYTES, 0),
    ),
    heartbeatSeconds,
    silentAfterSeconds,
    silenceLearningSeconds: wholeNumber(
      problems,
      'SILENCE_LEARNING_SECONDS',
      env.SILENCE_LEARNING_SECONDS,
      LEARNING_LIMITS * silentAfterSeconds,
      0,
    ),
    problems,
  }
}

function enrollSecrets(problems: string[], text: string | undefined): EnrollSecret[] {
  const secrets: EnrollSecret[] = []
  for (const [label, secret] of labelled(text)) {
    if (!ENROLL_LABEL.test(label)) {
      problems.push(
        'ENROLL_SECRETS: a label may hold letters, digits, dot, dash and underscore; one entry is ignored.',
      )
    } else {
      tellIfWeak(problems, `ENROLL_SECRETS: the secret "${label}"`, secret)
      secrets.push({ label, secret })
    }
  }
  if (secrets.length === 0)
    problems.push('ENROLL_SECRETS is not set: no host can enroll. Set it to label:secret.')
  return secrets
}

function nodeKeySecrets(problems: string[], text: string | undefined): NodeKeySecret[] {
  const secrets: NodeKeySecret[] = []
  for (const [id, secret] of labelled(text)) {
    if (!NODE_KEY_SECRET_ID.test(id)) {
      problems.push('NODE_KEY_SECRETS: an id is 1 to 8 letters or digits; one entry is ignored.')
    } else if (secrets.some(known => known.id === id)) {
      problems.push(`NODE_KEY_SECRETS: the id "${id}" stands twice; only the first counts.`)
    } else {
      tellIfWeak(problems, `NODE_KEY_SECRETS: the secret "${id}"`, secret)
      secrets.push({ id, secret })
    }
  }
  if (secrets.length === 0) {
    problems.push('NODE_KEY_SECRETS is not set: hosts can neither enroll nor send. Set it to id:secret.')
  }
  return secrets
}

/** Splits `label:secret,label:secret`; a secret may itself hold colons, not commas. */
function labelled(text: string | undefined): [string, string][] {
  return (text ?? '')
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
    .map(entry => {
      const colon = entry.indexOf(':')
      return colon < 0 ? ['default', entry] : [entry.slice(0, colon), entry.slice(colon + 1)]
    })
}

function adminToken(problems: string[], text: string | undefined): string | null {
  if (text === undefined || text === '') {
    problems.push('ADMIN_TOKEN is not set: the API answers nobody.')
    return null
  }
  tellIfWeak(problems, 'ADMIN_TOKEN', text)
  return text
}

/** Optional; several, comma separated, while one takes the place of the other. */
function inboundSecrets(problems: string[], text: string | undefined): readonly string[] {
  const secrets = (text ?? '')
    .split(',')
    .map(secret => secret.trim())
    .filter(secret => secret !== '')
  for (const secret of secrets) tellIfWeak(problems, 'PAGERDUTY_WEBHOOK_SECRET: a secret', secret)
  return secrets.slice(0, INBOUND_SECRETS_MAX)
}

/** A short secret works, for a fleet may already use it; it is no secret for long, and that is said. */
function tellIfWeak(problems: string[], what: string, secret: string): void {
  if (secret.length >= STRONG_SECRET_CHARACTERS) return
  problems.push(
    `${what} is shorter than ${STRONG_SECRET_CHARACTERS} characters and can be guessed: change it soon.`,
  )
}

/** Optional; what may be asked for is what alerts may be sent to. */
function heartbeatUrl(
  problems: string[],
  text: string | undefined,
  surroundings: Pick<Settings, 'environment' | 'publicUrl'>,
): string | null {
  if (text === undefined || text === '') return null
  const verdict = judgeUrl(text, surroundings)
  if (verdict.ok) return verdict.url
  problems.push(`HEARTBEAT_URL ${verdict.reason}; nobody outside hears whether Margay lives.`)
  return null
}

function publicUrl(problems: string[], text: string | undefined): string | null {
  if (text === undefined || text === '') return null
  const url = URL.parse(text)
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url.origin
  problems.push('PUBLIC_URL is not a URL: alerts carry no links.')
  return null
}

function wholeNumber(
  problems: string[],
  name: string,
  text: string | undefined,
  fallback: number,
  least: number,
): number {
  if (text === undefined || text === '') return fallback
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least) return value
  problems.push(`${name} must be a whole number of at least ${least}; ${fallback} is used instead.`)
  return fallback
}
