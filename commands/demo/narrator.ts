import type { Arrival, Incident, PagerDutyModel } from '../../test/simulator/pagerduty.ts'
import type { Webhook } from '../../test/simulator/pagerduty-webhooks.ts'

/** Tells what happens, one line each, with the seconds since the start. */
export class Narrator {
  readonly #write: (line: string) => void
  readonly #startedAt: number
  readonly #postToPage: (incident: Incident) => number | null
  #posts = 0
  #lines = 0
  #bytes = 0

  /**
   * @param write  takes one line
   * @param postToPage  milliseconds from the post of what paged to the page, or null when it can't be told
   */
  constructor(write: (line: string) => void, postToPage: (incident: Incident) => number | null) {
    this.#write = write
    this.#postToPage = postToPage
    this.#startedAt = Date.now()
  }

  say(text: string): void {
    const seconds = ((Date.now() - this.#startedAt) / 1000).toFixed(1).padStart(6)
    this.#write(`${seconds}s  ${text}`)
  }

  /** A request left a host. */
  posted(bytes: number): void {
    this.#posts += 1
    this.#bytes += bytes
  }

  /** A host was told that its lines are stored. */
  accepted(lines: number): void {
    this.#lines += lines
  }

  /** Says what was posted since the last time, if anything was. */
  sayPosts(): void {
    if (this.#posts === 0) return
    this.say(
      `${this.#posts} requests, ${(this.#bytes / 1024).toFixed(1)} KiB on the wire; ${this.#lines} lines acknowledged`,
    )
    this.#posts = 0
    this.#lines = 0
    this.#bytes = 0
  }

  /** Says what the Worker made of a webhook; of those that only say that an incident opened, nothing. */
  webhookAnswered({ type }: Webhook, status: number, body: string): void {
    if (type === 'incident.triggered' && status === 200) return
    this.say(`WEBHOOK   ${type} · ${status} ${body.slice(0, 100)}`)
  }

  /** Says what reached PagerDuty last. */
  arrived(model: PagerDutyModel): void {
    const arrival = model.arrivals.at(-1)
    if (arrival === undefined) return
    const incident = model.incidents.findLast(({ dedupKey }) => dedupKey === arrival.dedupKey)
    this.say(spoken(arrival, incident, incident === undefined ? null : this.#postToPage(incident)))
  }
}

function spoken(arrival: Arrival, incident: Incident | undefined, postToPage: number | null): string {
  if (arrival.status !== 202) return `PagerDuty refused a body: ${arrival.errors.join('; ')}`
  const summary = incident?.summary ?? arrival.dedupKey
  if (arrival.action === 'trigger') {
    const took = postToPage === null ? '' : ` · ${(postToPage / 1000).toFixed(2)} s after the post`
    return `PAGE      ${incident?.severity ?? ''} · ${summary}${took}`
  }
  return `${arrival.action === 'resolve' ? 'RESOLVED ' : 'ACK      '} ${summary}`
}
