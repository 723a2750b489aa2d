import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { PagerDutyModel } from '../simulator/pagerduty.ts'
import { SlackModel } from '../simulator/slack.ts'
import type { Badness } from './badness.ts'

/** One request to PagerDuty's place, as the server saw it. Times are ms since the epoch. */
export interface Seen {
  readonly at: number
  /** What it was about; empty while the body was not read. */
  dedupKey: string
  /** When the connection was given up, by whoever; null while it is held. */
  overAt: number | null
  /** Bytes of the answer that were written. */
  wroteBytes: number
}

/** One signed webhook that arrived. */
export interface SignedWebhook {
  readonly at: number
  readonly id: string
  /** Which of the secrets sign it rightly. */
  readonly signedBy: readonly string[]
  readonly alertId: string
}

/**
 * A server on this machine with PagerDuty, Slack and a receiver of signed webhooks behind it. The two others are always
 * well; PagerDuty's place is as bad as it is told to be, for each request anew.
 */
export class BadServer implements AsyncDisposable {
  readonly pagerDuty: PagerDutyModel
  readonly slack = new SlackModel()
  readonly seen: Seen[] = []
  readonly webhooks: SignedWebhook[] = []
  /** Most requests to PagerDuty's place that were open at once. */
  mostInFlight = 0
  /** Requests that came to `/elsewhere`. */
  wentElsewhere = 0
  /** When Slack was told something, ms since the epoch. */
  readonly slackAt: number[] = []
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => request.socket.destroy(error as Error)) // is one
  })
  readonly #badness: (turn: number) => Badness
  readonly #webhookSecrets: readonly string[]
  readonly #late: string[] = []
  #inFlight = 0

  /**
   * @param routingKeys  the integrations that PagerDuty knows
   * @param badness  how the request to PagerDuty of this number, from 1, is treated
   */
  constructor(
    routingKeys: readonly string[],
    badness: (turn: number) => Badness,
    webhookSecrets: readonly string[] = [],
  ) {
    this.pagerDuty = new PagerDutyModel(routingKeys)
    this.#badness = badness
    this.#webhookSecrets = webhookSecrets
  }

  /** Listens on a free port of this machine. @returns its origin */
  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    const { port } = this.#server.address() as AddressInfo // TCP has an address of this form
    return `http://127.0.0.1:${port}`
  }

  /** Does now what was to be done late. */
  applyLate(): void {
    for (const body of this.#late.splice(0)) this.pagerDuty.enqueue(body, Date.now())
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise(resolve => this.#server.close(() => resolve()))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (request.url) {
      case '/v2/enqueue':
        return await this.#asPagerDuty(request, response)
      case '/v2/change/enqueue':
        this.pagerDuty.enqueueChange(await bodyOf(request))
        response.writeHead(202).end('{}')
        return
      case '/slack': {
        this.slackAt.push(Date.now())
        const reply = this.slack.post(await bodyOf(request))
        response.writeHead(reply.status).end(reply.body)
        return
      }
      case '/webhook':
        this.webhooks.push(this.#read(request, await bodyOf(request)))
        response.writeHead(204).end()
        return
      default:
        this.wentElsewhere += 1
        response.writeHead(200).end('{}')
    }
  }

  async #asPagerDuty(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen: Seen = { at: Date.now(), dedupKey: '', overAt: null, wroteBytes: 0 }
    this.seen.push(seen)
    this.#inFlight += 1
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight)
    response.once('close', () => {
      seen.overAt = Date.now()
      this.#inFlight -= 1
    })
    await this.#badness(this.seen.length)({
      request,
      response,
      body: async () => {
        const body = await bodyOf(request)
        seen.dedupKey = /"dedup_key":"([^"]*)"/.exec(body)?.[1] ?? ''
        return body
      },
      apply: body => {
        const reply = this.pagerDuty.enqueue(body, Date.now())
        return { status: reply.status, body: JSON.stringify(reply.body) }
      },
      applyLater: body => void this.#late.push(body),
      wrote: bytes => {
        seen.wroteBytes += bytes
      },
    })
  }

  #read(request: IncomingMessage, body: string): SignedWebhook {
    const headers = Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(name => [
        name,
        String(request.headers[name]),
      ]),
    )
    const { data } = JSON.parse(body) as { data: { alert_id?: string; id?: string } } // as our webhooks are
    return {
      at: Date.now(),
      id: headers['webhook-id'] ?? '',
      signedBy: this.#webhookSecrets.filter(secret => isSigned(secret, body, headers)),
      alertId: data.alert_id ?? data.id ?? '',
    }
  }
}

function isSigned(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(body, headers)
    return true
  } catch {
    // The library says no by throwing.
    return false
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // no encoding is set, so chunks are bytes
  return Buffer.concat(chunks).toString('utf8')
}

/** A place on this machine where nobody listens. */
export async function refusingOrigin(): Promise<string> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // TCP has an address of this form
  await new Promise(resolve => server.close(resolve))
  return `http://127.0.0.1:${port}`
}
