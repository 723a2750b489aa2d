import type { AlertWakeUp } from '../src/alerts/wake-up.ts'

interface WaitingMessage {
  readonly body: unknown
  readonly delaySeconds: number
}

/** What a consumer did with one message. */
export interface Verdict {
  readonly body: unknown
  verdict: 'none' | 'acked' | 'retried'
  delaySeconds: number
}

/** The ALERTS queue as a list that the test empties by hand, in whatever order and as often as it likes. */
export class AlertsQueue {
  waiting: WaitingMessage[] = []
  /** Set to make every send fail. */
  broken = false

  readonly queue: Queue<AlertWakeUp> = {
    send: async (body, options) => this.#take([{ body, ...options }]),
    sendBatch: async (messages, options) =>
      this.#take(
        [...messages].map(({ body, delaySeconds }) => ({
          body,
          ...options,
          ...(delaySeconds && { delaySeconds }),
        })),
      ),
    metrics: async () => ({ backlogCount: this.waiting.length, backlogBytes: 0 }),
  }

  /** Takes all that waits. */
  takeAll(): WaitingMessage[] {
    const taken = this.waiting
    this.waiting = []
    return taken
  }

  async #take(messages: readonly { readonly body: unknown; readonly delaySeconds?: number }[]) {
    if (this.broken) throw new Error('Queue is overloaded. Please back off.')
    this.waiting.push(...messages.map(({ body, delaySeconds = 0 }) => ({ body, delaySeconds })))
    return { metadata: { metrics: { backlogCount: this.waiting.length, backlogBytes: 0 } } }
  }
}

/** A batch of messages with these bodies, and what becomes of each. */
export function batchOf(bodies: readonly unknown[]): {
  readonly batch: MessageBatch<unknown>
  readonly verdicts: readonly Verdict[]
} {
  const verdicts = bodies.map((body): Verdict => ({ body, verdict: 'none', delaySeconds: 0 }))
  const messages = verdicts.map(
    (verdict, index): Message<unknown> => ({
      id: `m${index}`,
      timestamp: new Date(0),
      body: verdict.body,
      attempts: 1,
      // The first word on a message counts, as in production.
      ack: () => {
        if (verdict.verdict === 'none') verdict.verdict = 'acked'
      },
      retry: ({ delaySeconds = 0 } = {}) => {
        if (verdict.verdict === 'none') Object.assign(verdict, { verdict: 'retried', delaySeconds })
      },
    }),
  )
  const batch: MessageBatch<unknown> = {
    queue: 'alerts',
    messages,
    metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
    ackAll: () => {
      for (const message of messages) message.ack()
    },
    retryAll: options => {
      for (const message of messages) message.retry(options)
    },
  }
  return { batch, verdicts }
}
