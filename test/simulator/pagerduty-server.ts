import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PagerDutyModel, type PagerDutyReply } from './pagerduty.ts'
import { WebhookSender } from './pagerduty-sender.ts'
import type { Subscription, Webhook } from './pagerduty-webhooks.ts'

/** How the stand-in answers the next requests instead of taking them. */
type Fault = '429' | '500' | 'hang'

export interface PagerDutyStandIn {
  readonly model: PagerDutyModel
  /** Where the Worker must send: `http://127.0.0.1:<port>/v2/enqueue`. */
  readonly url: string
  /** The next `count` requests meet this fault. A request that hangs gets no answer at all. */
  fail(fault: Fault, count: number): void
  close(): Promise<void>
}

interface StandInOptions {
  readonly routingKeys: readonly string[]
  /** 0 takes any free port. */
  readonly port?: number
  readonly now: () => number
  /** Called once for each request, after it was answered. */
  readonly arrived?: (reply: PagerDutyReply, model: PagerDutyModel) => void
  /** Webhooks go here, signed. */
  readonly subscription?: Subscription
  /** Called once for each webhook that was answered. */
  readonly webhookAnswered?: (webhook: Webhook, status: number, body: string) => void
}

/** Starts PagerDuty's stand-in on this machine. */
export async function startPagerDuty(options: StandInOptions): Promise<PagerDutyStandIn> {
  const sender =
    options.subscription && new WebhookSender(options.subscription, options.webhookAnswered ?? (() => {}))
  const model = new PagerDutyModel(options.routingKeys, happening => sender?.take(happening))
  const faults: Fault[] = []
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = options.now()
    const body = await bodyOf(request)
    const fault = faults.shift()
    if (fault === 'hang') return
    const reply = fault === undefined ? route(request, body, at, model) : faultReply(fault)
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body))
    options.arrived?.(reply, model)
  }

  await listen(server, options.port ?? 0)
  // A server that listens on TCP has an address of this form.
  const { port } = server.address() as AddressInfo
  return {
    model,
    url: `http://127.0.0.1:${port}/v2/enqueue`,
    fail: (fault, count) => faults.push(...Array.from({ length: count }, () => fault)),
    close: () =>
      new Promise(resolve => {
        sender?.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function route(request: IncomingMessage, body: string, at: number, model: PagerDutyModel): PagerDutyReply {
  if (request.method === 'POST' && request.url === '/v2/enqueue') return model.enqueue(body, at)
  if (request.method === 'POST' && request.url === '/v2/change/enqueue') return model.enqueueChange(body)
  return { status: 404, body: { status: 'not found' } }
}

function faultReply(fault: Exclude<Fault, 'hang'>): PagerDutyReply {
  return fault === '429'
    ? {
        status: 429,
        body: { status: 'throttle exceeded', message: 'Requests for this service have exceeded…' },
      }
    : { status: 500, body: { status: 'error', message: 'Internal server error' } }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // no encoding is set, so chunks are bytes
  return Buffer.concat(chunks).toString('utf8')
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}
