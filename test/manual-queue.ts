import { type QueuedMessage, queued } from './ingest-batch.ts'

interface Waiting<Body> {
  readonly body: Body
  readonly dueAt: number
  readonly deliveries: number
}

/**
 * A queue that a test moves by hand. What is sent is cloned, as on its way through Cloudflare; what a consumer wants
 * again comes back when its delay is over, and goes to `dead` when it was delivered too often.
 */
export class ManualQueue<Body> {
  waiting: readonly Waiting<Body>[] = []
  readonly dead: Body[] = []
  readonly #now: () => number
  readonly #maxRetries: number

  constructor(now: () => number, maxRetries = 100) {
    this.#now = now
    this.#maxRetries = maxRetries
  }

  readonly queue: Queue<Body> = {
    send: async (body, options) => this.#add([{ body, ...options }]),
    sendBatch: async (messages, options) =>
      this.#add([...messages].map(message => ({ ...options, ...message }))),
    metrics: async () => ({ backlogCount: this.waiting.length, backlogBytes: 0 }),
  }

  /** When the next message is due, ms since the epoch; null when none waits. */
  get nextDueAt(): number | null {
    return this.waiting.length === 0 ? null : Math.min(...this.waiting.map(({ dueAt }) => dueAt))
  }

  /**
   * Hands up to `max` due messages to a consumer and does with each what it asks for.
   * @param choose  changes what is handed over: its order, repetitions, what is left for later
   */
  async deliver(
    max: number,
    consume: (messages: readonly QueuedMessage<Body>[]) => Promise<void>,
    choose: (due: readonly Waiting<Body>[]) => readonly Waiting<Body>[] = due => due,
  ): Promise<number> {
    const now = this.#now()
    const taken = choose(this.waiting.filter(({ dueAt }) => dueAt <= now)).slice(0, max)
    if (taken.length === 0) return 0
    this.waiting = this.waiting.filter(waiting => !taken.includes(waiting))
    const messages = taken.map(({ body }) => queued(structuredClone(body)))
    await consume(messages)
    for (const [i, message] of messages.entries()) {
      const fate = message.fate()
      const { body, deliveries } = taken[i] ?? { body: message.body, deliveries: 0 }
      if (fate.kind !== 'retried') continue
      if (deliveries >= this.#maxRetries) this.dead.push(body)
      else this.#put(body, fate.delaySeconds ?? 0, deliveries + 1)
    }
    return taken.length
  }

  #add(messages: readonly { readonly body: Body; readonly delaySeconds?: number }[]) {
    for (const { body, delaySeconds = 0 } of messages) this.#put(structuredClone(body), delaySeconds, 0)
    return Promise.resolve({ metadata: { metrics: { backlogCount: this.waiting.length, backlogBytes: 0 } } })
  }

  #put(body: Body, delaySeconds: number, deliveries: number): void {
    this.waiting = [...this.waiting, { body, dueAt: this.#now() + delaySeconds * 1000, deliveries }]
  }
}
