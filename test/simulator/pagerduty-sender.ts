import type { Happening } from './pagerduty.ts'
import { type Subscription, type Webhook, Webhooks } from './pagerduty-webhooks.ts'

/** PagerDuty waits so long for an answer. */
const ANSWER_LIMIT_MS = 5_000
/** PagerDuty goes on for 48 hours, ever more slowly; a demo has less time. */
const TRY_AGAIN_MS = 500
const TRIES_MAX = 240
/** What happens to one incident within this time is sent latest first. */
const GATHER_MS = 300

/**
 * Sends webhooks over a network at its worst: everything comes twice, and what happens in quick succession comes in the
 * wrong order. What is answered 5xx or 429, or not at all, is tried again; what is answered otherwise is not.
 */
export class WebhookSender {
  readonly #subscription: Subscription
  readonly #webhooks: Webhooks
  readonly #answered: (webhook: Webhook, status: number, body: string) => void
  readonly #gathered = new Map<string, Webhook[]>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #closed = new AbortController()

  /** @param answered  called once for each webhook that is over */
  constructor(
    subscription: Subscription,
    answered: (webhook: Webhook, status: number, body: string) => void,
  ) {
    this.#subscription = subscription
    this.#webhooks = new Webhooks(subscription.secrets)
    this.#answered = answered
  }

  /** Sends what happened, soon. */
  take(happening: Happening): void {
    const { id } = happening.incident
    const webhook = this.#webhooks.of(happening)
    const waiting = this.#gathered.get(id)
    if (waiting !== undefined) {
      waiting.unshift(webhook)
      return
    }
    this.#gathered.set(id, [webhook])
    this.#later(GATHER_MS, () => void this.#sendGathered(id))
  }

  close(): void {
    this.#closed.abort()
    for (const timer of this.#timers) clearTimeout(timer)
  }

  async #sendGathered(id: string): Promise<void> {
    const webhooks = this.#gathered.get(id) ?? []
    this.#gathered.delete(id)
    for (const webhook of webhooks) {
      await this.#send(webhook, 1)
      await this.#send(webhook, 1)
    }
  }

  async #send(webhook: Webhook, tries: number): Promise<void> {
    const { status, body } = await this.#post(webhook)
    if (this.#closed.signal.aborted) return
    const isOver = status !== null && status < 500 && status !== 429
    if (isOver || tries >= TRIES_MAX) this.#answered(webhook, status ?? 0, body)
    else this.#later(TRY_AGAIN_MS, () => void this.#send(webhook, tries + 1))
  }

  async #post(webhook: Webhook): Promise<{ readonly status: number | null; readonly body: string }> {
    try {
      const response = await fetch(this.#subscription.url, {
        method: 'POST',
        headers: webhook.headers,
        body: webhook.body,
        signal: AbortSignal.any([this.#closed.signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
      })
      return { status: response.status, body: await response.text() }
    } catch {
      // Nobody listens, or answers in time: PagerDuty tries again.
      return { status: null, body: '' }
    }
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      work()
    }, ms)
    this.#timers.add(timer)
  }
}
