import type { AlertWakeUp } from './alerts/wake-up.ts'
import type { IngestMessage } from './ingest/message.ts'

/** Bindings and configuration as Cloudflare hands them over: see wrangler.toml and README "Configuration". */
export interface Env {
  readonly DB: D1Database
  readonly BUCKET: R2Bucket
  readonly INGEST: Queue<IngestMessage>
  readonly ALERTS: Queue<AlertWakeUp>

  readonly ENVIRONMENT?: string
  readonly ENROLL_SECRETS?: string
  readonly NODE_KEY_SECRETS?: string
  readonly ADMIN_TOKEN?: string
  readonly PAGERDUTY_ROUTING_KEY?: string
  readonly PAGERDUTY_EVENTS_URL?: string
  readonly SLACK_WEBHOOK_URL?: string
  readonly WEBHOOK_URL?: string
  readonly WEBHOOK_SECRET?: string
  readonly PAGERDUTY_WEBHOOK_SECRET?: string
  readonly HEARTBEAT_URL?: string
  readonly PUBLIC_URL?: string
  readonly HOT_HOURS?: string
  readonly HOT_EVENTS_PER_DAY?: string
  readonly INLINE_MAX_BYTES?: string
  readonly HEARTBEAT_SECONDS?: string
  readonly SILENT_AFTER_SECONDS?: string
  readonly SILENCE_LEARNING_SECONDS?: string
}

/** One live enroll secret. `label` names the team or rotation it belongs to and becomes a tag of the host. */
export interface EnrollSecret {
  readonly label: string
  readonly secret: string
}

/** One live secret that signs node keys. The first of the list signs; all of them verify. */
export interface NodeKeySecret {
  readonly id: string
  readonly secret: string
}

/** The configuration, parsed once for each isolate. */
export interface Settings {
  readonly environment: 'production' | 'local'
  readonly enrollSecrets: readonly EnrollSecret[]
  readonly nodeKeySecrets: readonly NodeKeySecret[]
  readonly adminToken: string | null
  readonly pagerDutyRoutingKey: string | null
  readonly pagerDutyEventsUrl: string
  /** A secret as a whole: whoever has it can post. */
  readonly slackWebhookUrl: string | null
  /** Where signed webhooks go; it may hold a token, so it is kept as a secret. */
  readonly webhookUrl: string | null
  /** `whsec_` and base64; each signs, so that a receiver can change from one to the other. At most two. */
  readonly webhookSecrets: readonly string[]
  /** Secrets of PagerDuty's webhook subscriptions, any of which may sign; none: no webhook is taken. */
  readonly pagerDutyWebhookSecrets: readonly string[]
  /** Asked for each minute in which every stage works; who waits there raises the alarm. A secret as a whole, or null. */
  readonly heartbeatUrl: string | null
  /** Origin of this deployment for links in alerts, without a trailing slash, or null. */
  readonly publicUrl: string | null
  /** How long events stay searchable in D1. */
  readonly hotHours: number
  /** Above this many events in a UTC day only matched events are kept in D1; the lake keeps all. */
  readonly hotEventsPerDay: number
  /** Gzip bytes above which a post goes through R2. 0 sends every post through R2 (used by `npm run dev`: local queues live in memory). */
  readonly inlineMaxBytes: number
  /** Interval of the heartbeat query that the config route serves. */
  readonly heartbeatSeconds: number
  /** A host is silent after this long without a sign of life. */
  readonly silentAfterSeconds: number
  /** So long a host is watched before its threshold of silence may be less than four times the least one; 0: not at all. */
  readonly silenceLearningSeconds: number
  /** Every part of the configuration that is missing or malformed, as a sentence for the operator. */
  readonly problems: readonly string[]
}

/** Everything impure that a stage may use. Tests hand in their own. */
export interface World {
  /** Milliseconds since the epoch. */
  now(): number
  /** Cryptographically strong random bytes. */
  randomBytes(length: number): Uint8Array
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Resolves after the given time; rooms never call setTimeout themselves. */
  sleep(ms: number): Promise<void>
  readonly db: D1Database
  readonly bucket: R2Bucket
  readonly ingest: Queue<IngestMessage>
  readonly alerts: Queue<AlertWakeUp>
  readonly settings: Settings
  /** Structured log line. Never put a secret, a node key or a query string in it. */
  log(event: string, fields?: Readonly<Record<string, string | number | boolean | null>>): void
}
