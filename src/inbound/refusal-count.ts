import type { World } from '../env.ts'
import { addToCounters, minuteOf } from '../store/counters.ts'
import { faultText, within } from '../store/within.ts'

/** Why a webhook is not taken. */
export type RefusalReason = 'not_signed' | 'too_large' | 'unreadable'

/** Anyone may send what is refused: it costs D1 one write in this time, and the log one line, for each isolate. */
const TOLD_EVERY_MS = 10_000

const WRITE_LIMIT_MS = 2_000

/** Counts refused webhooks at best effort: what was not told yet is lost with the isolate. */
export class RefusalCount {
  readonly #world: World
  readonly #counts = new Map<RefusalReason, number>()
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(world: World) {
    this.#world = world
  }

  /** Counts one. Never rejects. */
  async add(reason: RefusalReason): Promise<void> {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
    const now = this.#world.now()
    if (now - this.#toldAt < TOLD_EVERY_MS) return
    this.#toldAt = now
    const minute = minuteOf(now)
    const additions = [...this.#counts].map(
      ([label, value]) => ({ minute, name: 'pagerduty_webhooks_refused', label, value }) as const,
    )
    this.#counts.clear()
    for (const { label, value } of additions) {
      this.#world.log('pagerduty_webhooks_refused', { reason: label, webhooks: value })
    }
    const outcome = await within(this.#world, WRITE_LIMIT_MS, () =>
      addToCounters(this.#world.db, additions).run(),
    )
    if (outcome.kind !== 'done') this.#world.log('refusals_not_counted', { fault: faultText(outcome) })
  }
}
