import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { readD1Migrations } from '@cloudflare/vitest-plugin'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { OFFLINE, PROJECT } from '../commands/local/wrangler.ts'
import type { AlertWakeUp } from '../src/alerts/wake-up.ts'
import type { IngestMessage } from '../src/ingest/message.ts'
import { type Delivery, deliveriesOf } from '../src/store/deliveries.ts'
import { nodeKeyTakenFrom } from './osquery-reply.ts'
import { enrollRequest, logRequest, type WireRequest } from './simulator/wire.ts'

const run = promisify(execFile)

const ENROLL_SECRET = 'enroll-secret-of-the-tests-0123456789'
const ADMIN_TOKEN = 'admin-token-of-the-tests-0123456789'
const SECRETS = {
  ENVIRONMENT: 'local',
  ENROLL_SECRETS: `default:${ENROLL_SECRET}`,
  NODE_KEY_SECRETS: 'k1:node-key-secret-one-0123456789abcdef',
  ADMIN_TOKEN,
} as const

const POLL_MS = 20

/** Starting takes the processor, waiting does not: so many start at once, or those that measure time are slowed by the rest. */
const STARTS_AT_ONCE = 2
let starting = 0
const waitingToStart: (() => void)[] = []

async function inTurn<Made>(start: () => Promise<Made>): Promise<Made> {
  if (starting >= STARTS_AT_ONCE) await new Promise<void>(resolve => waitingToStart.push(resolve))
  else starting += 1
  try {
    return await start()
  } finally {
    // Whoever is next takes this place.
    const next = waitingToStart.shift()
    if (next === undefined) starting -= 1
    else next()
  }
}

/** The Worker as it is deployed, with the routing of a test in place of the repository's. */
export interface BuiltWorker {
  readonly directory: string
}

/**
 * Builds the Worker as `wrangler deploy` does, from a copy of the sources in which `rules/routing.ts` is another.
 * @param routing  what `rules/routing.ts` says; the repository's own when it is left out
 */
export async function buildWorker(routing?: string): Promise<BuiltWorker & { remove(): void }> {
  const scratch = join(PROJECT, '.wrangler')
  mkdirSync(scratch, { recursive: true })
  const directory = mkdtempSync(join(scratch, 'real-worker-'))
  for (const part of ['src', 'rules', 'wrangler.toml']) {
    cpSync(join(PROJECT, part), join(directory, part), { recursive: true })
  }
  if (routing !== undefined) writeFileSync(join(directory, 'rules', 'routing.ts'), routing)
  const wrangler = join(PROJECT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
  const config = join(directory, 'wrangler.toml')
  await run(
    process.execPath,
    [wrangler, 'deploy', '--dry-run', '--config', config, '--outdir', join(directory, 'out')],
    { cwd: directory, env: { ...process.env, ...OFFLINE } },
  )
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) }
}

/** One batch that the local queue handed to the Worker, as the queue tells it. */
export interface HandledBatch {
  readonly queue: string
  readonly acknowledged: number
  readonly messages: number
  readonly ms: number
}

/** Hears what the local queues say of each batch. */
class QueueLog extends Log {
  readonly batches: HandledBatch[] = []

  constructor() {
    super(LogLevel.INFO)
  }

  override log(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the text is coloured
    const plain = text.replaceAll(/\x1b\[\d+m/g, '')
    const [, queue, acknowledged, messages, ms] = /QUEUE (\S+) (\d+)\/(\d+) \((\d+)ms\)/.exec(plain) ?? []
    if (queue === undefined) return
    this.batches.push({
      queue,
      acknowledged: Number(acknowledged),
      messages: Number(messages),
      ms: Number(ms),
    })
  }
}

/**
 * The Worker whole, as it is deployed, in a workerd of its own: real time, real local queues, D1 and R2, real requests to
 * whatever stands at the addresses that it is given.
 */
export class RealWorker {
  readonly #built: BuiltWorker
  readonly #state: string
  readonly #queueLog = new QueueLog()
  /** Lines that the Worker printed. */
  readonly printed: string[] = []
  #vars: Readonly<Record<string, string>>
  #miniflare: Miniflare
  #origin = ''
  #db!: D1Database // set before anyone gets to see this: `start` is the only way to one

  private constructor(built: BuiltWorker, vars: Readonly<Record<string, string>>) {
    this.#built = built
    this.#vars = vars
    this.#state = mkdtempSync(join(built.directory, 'state-'))
    this.#miniflare = this.#newMiniflare()
  }

  /** Starts it on empty stores. @param vars  configuration besides the secrets of the tests */
  static async start(built: BuiltWorker, vars: Readonly<Record<string, string>>): Promise<RealWorker> {
    return await inTurn(async () => {
      const worker = new RealWorker(built, vars)
      await worker.#connect()
      const migrations = await readD1Migrations(join(PROJECT, 'migrations'))
      const statements = migrations.flatMap(({ queries }) => queries)
      await worker.db.batch(statements.map(statement => worker.db.prepare(statement)))
      return worker
    })
  }

  get db(): D1Database {
    return this.#db
  }

  /** Batches that the local queues handed over, in the order in which they were done. */
  get batches(): readonly HandledBatch[] {
    return this.#queueLog.batches
  }

  /** Ends its process as a power cut would, then begins anew on what was on disk. Queues are lost: they lie in memory. */
  async restart(vars: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#miniflare.dispose()
    this.#vars = { ...this.#vars, ...vars }
    this.#miniflare = this.#newMiniflare()
    await this.#connect()
  }

  async stop(): Promise<void> {
    await this.#miniflare.dispose()
  }

  /** Sends a request as osqueryd does; answers the body of the reply. */
  async send(request: WireRequest): Promise<string> {
    const reply = await fetch(this.#origin + request.path, {
      method: 'POST',
      headers: request.headers.map(([name, value]): [string, string] => [name, value]),
      body: new Uint8Array(request.body),
    })
    return await reply.text()
  }

  /** Enrolls a host of this name and answers its node key. */
  async enroll(name: string): Promise<string> {
    const details = {
      os_version: { name: 'Ubuntu', version: '24.04', platform: 'ubuntu' },
      osquery_info: { instance_id: name, uuid: name, version: '5.23.1' },
      platform_info: {},
      system_info: { hostname: name, uuid: name, hardware_serial: name },
    }
    const enrollment = { enrollSecret: ENROLL_SECRET, hostIdentifier: name, platformType: '9', details }
    const text = await this.send(enrollRequest('/api/v1/osquery/enroll', enrollment))
    const key = nodeKeyTakenFrom(text)
    if (key === null) throw new Error(`${name} was not let in: ${text}`)
    return key
  }

  /** Posts result lines. @throws Error unless the reply lets osqueryd delete them */
  async log(key: string, lines: readonly unknown[]): Promise<void> {
    const texts = lines.map(line => JSON.stringify(line))
    const text = await this.send(await logRequest('/api/v1/osquery/log', key, 'result', texts, true))
    if (text !== '{}') throw new Error(`the lines were not taken: ${text}`)
  }

  /** Does what a person does by the API; answers the reply. */
  async api(path: string, method = 'GET'): Promise<unknown> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    const reply = await fetch(`${this.#origin}/api/v1${path}`, { method, headers })
    return await reply.json()
  }

  /** Cron strikes once. */
  async cron(): Promise<void> {
    const { outcome } = await (await this.#miniflare.getWorker()).scheduled({ cron: '* * * * *' })
    if (outcome !== 'ok') throw new Error(`cron ended ${outcome}`)
  }

  /** Puts wake-ups on the real queue, in this order, all at once. */
  async wake(deliveryIds: readonly string[]): Promise<void> {
    const queue = await this.#miniflare.getQueueProducer<AlertWakeUp>('ALERTS')
    await queue.sendBatch(deliveryIds.map(deliveryId => ({ body: { v: 1, deliveryId } })))
  }

  /** Puts posts on the real queue, in this order, all at once. */
  async post(posts: readonly IngestMessage[]): Promise<void> {
    const queue = await this.#miniflare.getQueueProducer<IngestMessage>('INGEST')
    await queue.sendBatch(posts.map(body => ({ body, contentType: 'v8' })))
  }

  /** Hands wake-ups to the consumer in a batch of their own, beside whatever the queue does. */
  async consume(
    deliveryIds: readonly string[],
  ): Promise<{ readonly outcome: string; readonly explicitAcks: readonly string[] }> {
    const worker = await this.#miniflare.getWorker()
    const messages = deliveryIds.map((deliveryId, n) => ({
      id: `message-${n}`,
      timestamp: new Date(),
      body: { v: 1, deliveryId },
      attempts: 1,
    }))
    return await worker.queue('alerts', messages)
  }

  /** Everything to be told about an alert, by destination and in order. */
  async deliveries(alertId: string): Promise<readonly Delivery[]> {
    return await deliveriesOf(this.db, alertId)
  }

  /** What PagerDuty is to be told of every alert, oldest first. */
  async pagerDutyDeliveries(): Promise<readonly Delivery[]> {
    const { results } = await this.db
      .prepare(
        "SELECT DISTINCT alert_id AS alertId FROM deliveries WHERE destination = 'pagerduty' ORDER BY created_at",
      )
      .all<{ alertId: string }>()
    const all = await Promise.all(results.map(({ alertId }) => this.deliveries(alertId)))
    return all.flat().filter(({ destination }) => destination === 'pagerduty')
  }

  /** The one number that a statement answers. */
  async number(sql: string): Promise<number> {
    return (await this.db.prepare(sql).first<number>('n')) ?? Number.NaN
  }

  /**
   * Moves every time of the outbox into the past, and the pauses of destinations: to the Worker it is as if so much time
   * had gone by. Wake-ups that wait on the queue stay where they are.
   */
  async letPass(ms: number): Promise<void> {
    const times = [
      'next_attempt_at',
      'lease_expires_at',
      'first_attempt_at',
      'delivered_at',
      'ambiguous_at',
      'slot_at',
    ]
    await this.db.batch([
      this.db
        .prepare(`UPDATE deliveries SET ${times.map(name => `${name} = ${name} - ?1`).join(', ')}`)
        .bind(ms),
      this.db
        .prepare(
          "UPDATE states SET value = CAST(CAST(value AS INTEGER) - ?1 AS TEXT) WHERE name GLOB 'pause:*'",
        )
        .bind(ms),
    ])
  }

  /** Asks again and again until the answer is yes. @throws Error when it is not within the time */
  async until(what: string, isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs
    while (!(await isSo())) {
      if (Date.now() > deadline) {
        const rows = await this.db.prepare('SELECT * FROM deliveries').all()
        throw new Error(
          `not within ${withinMs} ms: ${what}\n${this.printed.slice(-10).join('\n')}\n${JSON.stringify(rows.results)}`,
        )
      }
      await sleep(POLL_MS)
    }
  }

  async #connect(): Promise<void> {
    this.#origin = (await this.#miniflare.ready).origin
    // Miniflare's stand-in for the binding has the same members under types of its own.
    this.#db = (await this.#miniflare.getD1Database('DB')) as unknown as D1Database
  }

  #newMiniflare(): Miniflare {
    const { workerOptions } = unstable_getMiniflareWorkerOptions(join(this.#built.directory, 'wrangler.toml'))
    const { bindings, ...options } = workerOptions as Record<string, unknown>
    const out = join(this.#built.directory, 'out')
    return new Miniflare(
      convertV4MiniflareOptions({
        ...options,
        name: 'margay',
        modulesRoot: out,
        modules: [{ type: 'ESModule', path: join(out, 'worker.js') }],
        bindings: { ...(bindings as Record<string, string>), ...SECRETS, ...this.#vars }, // [vars] are texts
        resourcePersistencePath: this.#state,
        cf: false,
        log: this.#queueLog,
        handleStructuredLogs: ({ message }) => void this.printed.push(String(message)),
      }),
    )
  }
}
