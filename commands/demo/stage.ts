import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PagerDutyStandIn, startPagerDuty } from '../../test/simulator/pagerduty-server.ts'
import { newSecret, varsFile } from '../local/dev-vars.ts'
import { applyMigrations, bundleWorker, type LocalWorker, startWorker } from '../local/wrangler.ts'
import type { Narrator } from './narrator.ts'

/** The demo's clock runs faster than a fleet's: what takes 15 minutes by default takes 12 s here. */
export const HEARTBEAT_S = 2
export const SILENT_AFTER_S = 12
/** Cron fires each minute in production. */
const CRON_INTERVAL_MS = 2_000

/** Everything but the hosts: the Worker, its state, its cron, and PagerDuty's stand-in. */
export interface Stage {
  readonly origin: string
  readonly enrollSecret: string
  readonly adminToken: string
  readonly pagerDuty: PagerDutyStandIn
  /** Output of the Worker, the last lines. */
  readonly workerLog: readonly string[]
  /** kill -9 of the Worker, then a new one on what was on disk. Resolves when that one answers. */
  killAndRestart(): Promise<void>
  /** How many posts the Worker said it found in the spool, unconsumed, and enqueued anew. */
  recoveredPosts(): number
  close(): Promise<void>
}

const KEPT_LOG_LINES = 400

/** Sets the stage on a fresh directory. Rejects when the Worker does not start; nothing is left behind then. */
export async function setStage(port: number, narrator: Narrator): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'margay-demo-'))
  const routingKey = newSecret().slice(0, 32)
  const webhookSecret = newSecret()
  const pagerDuty = await startPagerDuty({
    routingKeys: [routingKey],
    now: () => Date.now(),
    arrived: (_reply, model) => narrator.arrived(model),
    subscription: {
      url: `http://localhost:${port}/api/v1/webhooks/pagerduty`,
      // As while a secret is rotated: the first is one that the Worker no longer knows.
      secrets: [newSecret(), webhookSecret],
    },
    webhookAnswered: (webhook, status, body) => narrator.webhookAnswered(webhook, status, body),
  })
  try {
    return await startAll(directory, port, { routingKey, webhookSecret }, pagerDuty, narrator)
  } catch (error) {
    await pagerDuty.close()
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

async function startAll(
  directory: string,
  port: number,
  pagerDutySecrets: { readonly routingKey: string; readonly webhookSecret: string },
  pagerDuty: PagerDutyStandIn,
  narrator: Narrator,
): Promise<Stage> {
  const enrollSecret = newSecret()
  const adminToken = newSecret()
  const vars = join(directory, 'vars.env')
  const origin = `http://localhost:${port}`
  writeFileSync(
    vars,
    varsFile({
      ENVIRONMENT: 'local',
      ENROLL_SECRETS: `demo:${enrollSecret}`,
      NODE_KEY_SECRETS: `k1:${newSecret()}`,
      ADMIN_TOKEN: adminToken,
      PAGERDUTY_ROUTING_KEY: pagerDutySecrets.routingKey,
      PAGERDUTY_WEBHOOK_SECRET: pagerDutySecrets.webhookSecret,
      PAGERDUTY_EVENTS_URL: pagerDuty.url,
      PUBLIC_URL: origin,
      // Local queues live in memory: every post also lies in R2 until its events are stored.
      INLINE_MAX_BYTES: '0',
      HEARTBEAT_SECONDS: String(HEARTBEAT_S),
      SILENT_AFTER_SECONDS: String(SILENT_AFTER_S),
      // A host of a minute's age has no rhythm yet to wait for.
      SILENCE_LEARNING_SECONDS: '0',
    }),
    { mode: 0o600 },
  )
  const stateDirectory = join(directory, 'state')
  const [bundle] = await Promise.all([
    bundleWorker(join(directory, 'bundle')),
    applyMigrations(stateDirectory),
  ])
  const workerLog: string[] = []
  let recovered = 0
  const start = () =>
    startWorker({
      port,
      stateDirectory,
      bundle,
      varsFile: vars,
      onLine: line => {
        workerLog.push(line)
        recovered += sweptPosts(line)
        if (workerLog.length > KEPT_LOG_LINES) workerLog.shift()
      },
    })
  let worker = await start()
  const cron = fireAgainAndAgain(() => worker)
  return {
    origin,
    enrollSecret,
    adminToken,
    pagerDuty,
    workerLog,
    killAndRestart: async () => {
      await worker.kill()
      narrator.say('The Worker is dead (kill -9). Hosts keep their lines and try again.')
      worker = await start()
      narrator.say('The Worker is back, on what was on disk.')
    },
    recoveredPosts: () => recovered,
    close: async () => {
      clearInterval(cron)
      await worker.stop()
      await pagerDuty.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** One cron at a time, as often as the demo's clock asks. */
function fireAgainAndAgain(worker: () => LocalWorker): NodeJS.Timeout {
  let firing = false
  return setInterval(async () => {
    if (firing) return
    firing = true
    await worker().fireCron()
    firing = false
  }, CRON_INTERVAL_MS)
}

/** Reads the Worker's own log: `{"event":"spool_swept","posts":n}`. */
function sweptPosts(line: string): number {
  const [, posts] = /"event":"spool_swept".*"posts":(\d+)/.exec(line) ?? []
  return Number(posts ?? 0)
}
