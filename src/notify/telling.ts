import type { Row } from '../detect/event.ts'
import type { Settings } from '../env.ts'
import type { Alert } from '../store/alerts.ts'
import type { DeliveryAction, DeliveryNews } from '../store/deliveries.ts'
import type { Outcome } from './classify.ts'
import type { RuleText } from './rule-text.ts'

/** What is told to a destination, and what is known of it at this attempt. */
export interface Telling {
  /** The same at every attempt. */
  readonly deliveryId: string
  readonly action: DeliveryAction
  /** What happened, where the action alone does not say it: a trigger of an alert that opened again, an update of one that is no longer acknowledged. */
  readonly news?: DeliveryNews | null
  readonly alert: Alert
  /** Columns of the match that the alert shows; null when no rule made it or its match is gone. */
  readonly columns: Row | null
  /** What the rule that made the alert says; absent when none did or it is gone. */
  readonly rule?: RuleText
  /** Names of the hosts that it is about, at most 20; absent when that is `alert.hostname` alone. */
  readonly hosts?: readonly string[]
  /** Origin of this deployment, or null when it is not known. */
  readonly publicUrl: string | null
  /** Milliseconds since the epoch of this attempt. */
  readonly now: number
}

/** One POST: JSON, and headers besides its content type. */
export interface Message {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** A destination as it can be told something now. */
export interface Target {
  readonly ok: true
  readonly url: string
  /** What must not stand in logs, errors and timelines, though a destination or a failed connection may quote it. */
  readonly secrets: readonly string[]
  /**
   * What to send, in order: the second only after the first was refused as unfit. Each fits the destination's limits. The
   * last is also the form of the plainest words (plainest.ts), so all that it holds is in the telling.
   */
  messages(telling: Telling): readonly Message[]
  /** A trigger that takes effect behind the resolve opens the alert anew: a resolve is repeated where that can happen. */
  readonly repeatsResolves?: true
  /**
   * Understands an answer.
   * @param retryAfter  the Retry-After header as received
   * @param body  as much of the answer as came
   * @param now  ms since the epoch
   */
  classify(status: number, retryAfter: string | null, body: string, now: number): Outcome
}

/** Nothing can be sent as things stand; `missing` says in half a sentence what is missing or wrong, and quotes nothing. */
export interface NoTarget {
  readonly ok: false
  readonly missing: string
}

/** One type of destination: what its file gives to the registry in `target.ts`. */
export type DestinationKind = (settings: Settings) => Target | NoTarget

/** Nothing but JSON is sent. */
export const NO_HEADERS: Readonly<Record<string, string>> = {}
