import type { Env, Settings, World } from '../src/env.ts'

/** 2026-11-24T12:00:00Z: the time at which every test world starts. */
export const TEST_NOW = Date.UTC(2026, 10, 24, 12)

/** One recorded call of `world.log`. */
interface LoggedLine {
  readonly event: string
  readonly fields: Readonly<Record<string, string | number | boolean | null>>
}

/** A world whose clock stands still until a test moves it, and that remembers what was logged. */
export interface TestWorld extends World {
  readonly logged: LoggedLine[]
  /** Moves the clock. */
  advance(ms: number): void
}

/** The configuration of the tests; the secrets are those of vitest.config.ts. */
export function testSettings(overrides: Partial<Settings> = {}): Settings {
  return {
    environment: 'local',
    enrollSecrets: [{ label: 'default', secret: 'enroll-secret-of-the-tests-0123456789' }],
    nodeKeySecrets: [
      { id: 'k2', secret: 'node-key-secret-two-0123456789abcdef' },
      { id: 'k1', secret: 'node-key-secret-one-0123456789abcdef' },
    ],
    adminToken: 'admin-token-of-the-tests-0123456789',
    pagerDutyRoutingKey: '0123456789abcdef0123456789abcdef',
    pagerDutyEventsUrl: 'https://pagerduty.example.com/v2/enqueue',
    slackWebhookUrl: null,
    webhookUrl: null,
    webhookSecrets: [],
    pagerDutyWebhookSecrets: [],
    heartbeatUrl: null,
    publicUrl: null,
    hotHours: 72,
    hotEventsPerDay: 1_000_000,
    inlineMaxBytes: 120_000,
    heartbeatSeconds: 60,
    silentAfterSeconds: 900,
    silenceLearningSeconds: 86_400,
    problems: [],
    ...overrides,
  }
}

/**
 * A world over the given bindings (real local ones in a worker test): fixed clock, repeatable random, recorded log.
 * `sleep` never resolves unless overridden, so a deadline strikes only in a test that is about it; `fetch` throws.
 */
export function worldFor(
  bindings: Pick<Env, 'DB' | 'BUCKET' | 'INGEST' | 'ALERTS'>,
  overrides: Partial<World> = {},
): TestWorld {
  const logged: LoggedLine[] = []
  const clock = { now: TEST_NOW }
  const randomBytes = repeatableRandom(1)
  return {
    now: () => clock.now,
    randomBytes,
    fetch: url => Promise.reject(new Error(`unexpected fetch of ${url}`)),
    sleep: () => new Promise(() => {}),
    db: bindings.DB,
    bucket: bindings.BUCKET,
    ingest: bindings.INGEST,
    alerts: bindings.ALERTS,
    settings: testSettings(),
    log: (event, fields = {}) => {
      logged.push({ event, fields })
    },
    ...overrides,
    logged,
    advance: ms => {
      clock.now += ms
    },
  }
}

/** Bytes that look random and are the same in every run (mulberry32). */
function repeatableRandom(seed: number): (length: number) => Uint8Array {
  let state = seed
  const nextByte = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) & 0xff
  }
  return length => Uint8Array.from({ length }, nextByte)
}

declare global {
  namespace Cloudflare {
    interface Env {
      readonly INGEST: Queue<import('../src/ingest/message.ts').IngestMessage>
      readonly ALERTS: Queue<import('../src/alerts/wake-up.ts').AlertWakeUp>
    }
  }
}
