import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env as local } from 'cloudflare:workers'
import { gzipSync } from 'node:zlib'
import { vi } from 'vitest'
import type { AlertWakeUp } from '../src/alerts/wake-up.ts'
import type { Env } from '../src/env.ts'
import type { IngestMessage } from '../src/ingest/message.ts'
import worker from '../src/worker.ts'
import { ADMIN_TOKEN } from './console.ts'
import { ManualQueue } from './manual-queue.ts'
import { classifyLogReply, nodeKeyTakenFrom, type ReplyMeaning } from './osquery-reply.ts'
import { type Happening, PagerDutyModel } from './simulator/pagerduty.ts'
import { TEST_NOW, testSettings } from './world.ts'

const ORIGIN = 'https://margay.example.com'
/** Batch sizes of wrangler.toml. */
const INGEST_BATCH = 100
const ALERTS_BATCH = 10

const { enrollSecrets, pagerDutyRoutingKey } = testSettings()
export const ENROLL_SECRET = enrollSecrets[0]?.secret ?? ''
export const ROUTING_KEY = pagerDutyRoutingKey ?? ''

export interface WorkerReply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly meaning: ReplyMeaning
}

/**
 * The Worker whole: its own handlers for requests, queues and cron, with the built-in rules, over local D1 and R2. The
 * test moves the queues and the clock, PagerDuty is the model, and everything the Worker prints is kept. One at a time:
 * clock, network and console are the isolate's.
 */
export class WholeWorker {
  readonly ingest = new ManualQueue<IngestMessage>(() => Date.now())
  readonly alerts = new ManualQueue<AlertWakeUp>(() => Date.now())
  /** What happened to PagerDuty's incidents, in order. */
  readonly happenings: Happening[] = []
  readonly pagerDuty = new PagerDutyModel([ROUTING_KEY], happening => this.happenings.push(happening))
  /** Bodies sent to PagerDuty. */
  readonly told: string[] = []
  /** Lines of the Worker's log. */
  readonly printed: string[] = []
  /** Replies of every route, as text. */
  readonly replied: string[] = []
  env: Env
  /** Set to answer in PagerDuty's place; null lets a request through to the model. */
  pagerDutyInstead: (() => Response | null) | null = null

  constructor(overrides: Partial<Env> = {}) {
    vi.useFakeTimers({ toFake: ['Date'], now: TEST_NOW })
    const print = (...words: unknown[]) => this.printed.push(words.map(String).join(' '))
    for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(console, level).mockImplementation(print)
    }
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => this.#outside(url, init))
    this.env = { ...local, INGEST: this.ingest.queue, ALERTS: this.alerts.queue, ...overrides }
  }

  /** Goes on as another isolate, which remembers nothing, with other bindings if need be. */
  newIsolate(overrides: Partial<Env> = {}): void {
    this.env = { ...this.env, ...overrides }
  }

  /** Gives clock, network and console back. */
  leave(): void {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  }

  advance(ms: number): void {
    vi.setSystemTime(Date.now() + ms)
  }

  async fetch(path: string, init: RequestInit = {}): Promise<WorkerReply> {
    const context = createExecutionContext()
    const request = new Request(ORIGIN + path, init)
    // What Cloudflare adds to a request from outside (`cf`) the Worker doesn't read.
    const reply = await worker.fetch(request as Parameters<typeof worker.fetch>[0], this.env, context)
    const text = await reply.text()
    await waitOnExecutionContext(context)
    this.replied.push(text)
    return { status: reply.status, headers: reply.headers, text, meaning: classifyLogReply(text) }
  }

  /** A post to an agent route. @param body  a text or bytes as they are, anything else as JSON */
  async post(route: string, body: unknown, init: RequestInit = {}): Promise<WorkerReply> {
    const isBody = typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream
    const path = route.startsWith('/') ? route : `/api/v1/osquery/${route}`
    return await this.fetch(path, {
      method: 'POST',
      ...init,
      body: isBody ? body : JSON.stringify(body),
    })
  }

  /** Enrolls a host of this name and answers its node key. */
  async enroll(name: string, changes: object = {}): Promise<string> {
    const reply = await this.post('enroll', { ...enrollment(name), ...changes })
    const key = nodeKeyTakenFrom(reply.text)
    if (key === null) throw new Error(`${name} was not let in: ${reply.text}`)
    return key
  }

  /** Posts log lines, compressed. */
  async log(key: string, data: unknown, logType = 'result'): Promise<WorkerReply> {
    return await this.post(
      'log',
      new Uint8Array(gzipSync(JSON.stringify({ node_key: key, log_type: logType, data }))),
    )
  }

  /** What the API answers. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  async api(path: string, init: RequestInit = {}): Promise<any> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, ...init.headers }
    return JSON.parse((await this.fetch(`/api/v1${path}`, { ...init, headers })).text)
  }

  async deliverIngest(choose?: Parameters<ManualQueue<IngestMessage>['deliver']>[2]): Promise<number> {
    return await this.ingest.deliver(INGEST_BATCH, messages => this.consume('ingest', messages), choose)
  }

  async deliverAlerts(choose?: Parameters<ManualQueue<AlertWakeUp>['deliver']>[2]): Promise<number> {
    return await this.alerts.deliver(ALERTS_BATCH, messages => this.consume('alerts', messages), choose)
  }

  /** Consumes until both queues are empty, moving the clock to what is due next. */
  async settle(): Promise<void> {
    for (let round = 0; round < 1_000; round += 1) {
      const delivered = (await this.deliverIngest()) + (await this.deliverAlerts())
      if (delivered > 0) continue
      const due = [this.ingest.nextDueAt, this.alerts.nextDueAt].filter(at => at !== null)
      if (due.length === 0) return
      this.advance(Math.max(0, Math.min(...due) - Date.now()))
    }
    throw new Error(`the queues never empty: ${this.printed.slice(-5).join('\n')}`)
  }

  /** Lets minutes pass: cron each minute, and whatever is due meanwhile. */
  async minutes(count: number): Promise<void> {
    for (let minute = 0; minute < count; minute += 1) {
      this.advance(60_000)
      await this.cron()
      while ((await this.deliverIngest()) + (await this.deliverAlerts()) > 0);
    }
  }

  async cron(): Promise<void> {
    const context = createExecutionContext()
    await worker.scheduled({ cron: '* * * * *', scheduledTime: Date.now(), noRetry() {} }, this.env)
    await waitOnExecutionContext(context)
  }

  /** Hands messages to the consumer of a queue. */
  async consume(
    queue: 'ingest' | 'ingest-dead' | 'alerts' | 'alerts-dead',
    messages: readonly Message<IngestMessage | AlertWakeUp>[],
  ): Promise<void> {
    await worker.queue(
      {
        queue,
        messages,
        metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
        ackAll: () => messages.map(message => message.ack()),
        retryAll: options => messages.map(message => message.retry(options)),
      },
      this.env,
    )
  }

  async #outside(url: string, init: RequestInit): Promise<Response> {
    const body = String(init.body)
    if (url === this.env.PAGERDUTY_EVENTS_URL?.replace('/enqueue', '/change/enqueue')) {
      const { status, body: reply } = this.pagerDuty.enqueueChange(body)
      return Response.json(reply, { status })
    }
    this.told.push(body)
    if (url !== this.env.PAGERDUTY_EVENTS_URL) return new Response('no such place', { status: 404 })
    const instead = this.pagerDutyInstead?.()
    if (instead) return instead
    const reply = this.pagerDuty.enqueue(body, Date.now())
    return Response.json(reply.body, { status: reply.status })
  }
}

/** What a host of this name sends to enroll; the name is its instance id too. */
export function enrollment(name: string) {
  return {
    enroll_secret: ENROLL_SECRET,
    host_identifier: name,
    platform_type: '9',
    host_details: {
      os_version: { name: 'Ubuntu', version: '24.04', platform: 'ubuntu' },
      osquery_info: { instance_id: name, uuid: name, version: '5.23.1' },
      system_info: { hostname: name, uuid: name, hardware_serial: name },
    },
  }
}
