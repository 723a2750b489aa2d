/**
 * What hosts posted and were told is stored, kept by the hosts themselves: the measure that the store is held against.
 * Pure.
 */

/** Identity of one event, made from what osquery sent alone; the same for a line of ours and for an event of the API. */
export type EventKey = string

/** The members that tell one event from another, whoever shows it. */
export interface EventFacts {
  readonly hostIdentifier: string
  readonly name: string
  readonly unixTime: number
  readonly counter: string
  readonly action: string
  readonly columns: Readonly<Record<string, string>> | null
  /** Status lines only: file, line, severity and text, or empty. */
  readonly status: string
}

export function eventKey(facts: EventFacts): EventKey {
  const { hostIdentifier, name, unixTime, counter, action, columns, status } = facts
  const row =
    columns === null ? null : Object.entries(columns).sort(([a], [b]) => (a < b ? -1 : a === b ? 0 : 1))
  return JSON.stringify([hostIdentifier, name, unixTime, counter, action, row, status])
}

/** The status part of an event's facts. */
export function statusFacts(severity: number, filename: string, line: number, message: string): string {
  return JSON.stringify([severity, filename, line, message])
}

/** A line as the hosts of the demo write them. */
interface PostedLine {
  readonly hostIdentifier: string
  readonly unixTime: number
  readonly name?: string
  readonly counter?: number
  readonly action?: string
  readonly columns?: Readonly<Record<string, string>>
  readonly snapshot?: readonly Readonly<Record<string, string>>[]
  readonly diffResults?: Readonly<Record<'removed' | 'added', readonly Readonly<Record<string, string>>[]>>
  readonly severity?: number
  readonly filename?: string
  readonly line?: number
  readonly message?: string
}

/** The events that a line must become: one a row; one without columns for a snapshot that found nothing. */
export function eventsOf(text: string): EventKey[] {
  const line = JSON.parse(text) as PostedLine // made by the simulator
  const { hostIdentifier, unixTime, name = '', counter = 0 } = line
  const base = { hostIdentifier, unixTime, name, counter: String(counter), status: '' }
  if (line.severity !== undefined) {
    const status = statusFacts(line.severity, line.filename ?? '', line.line ?? 0, line.message ?? '')
    return [eventKey({ ...base, counter: '', action: '', columns: null, status })]
  }
  if (line.diffResults !== undefined) {
    const { removed, added } = line.diffResults
    return [
      ...removed.map(columns => eventKey({ ...base, action: 'removed', columns })),
      ...added.map(columns => eventKey({ ...base, action: 'added', columns })),
    ]
  }
  const rows = line.snapshot ?? [line.columns ?? null]
  const columnsOfEach = rows.length === 0 ? [null] : rows
  return columnsOfEach.map(columns => eventKey({ ...base, action: line.action ?? '', columns }))
}

export class Ledger {
  /** Lines that hosts were told are stored. */
  postedLines = 0
  /** Times that a line left a host again after it had left before. */
  linesSentAgain = 0
  posts = 0
  readonly #sent = new Map<string, number>()
  readonly #accepted = new Set<string>()
  readonly #acknowledged = new Set<EventKey>()

  /** Notes that lines leave a host, acknowledged or not. @param at  ms since the epoch */
  sending(texts: readonly string[], at: number): void {
    this.posts += 1
    for (const text of texts) {
      if (this.#sent.has(text)) this.linesSentAgain += 1
      else this.#sent.set(text, at)
    }
  }

  /** Notes that a host was told to forget these lines. */
  accepted(texts: readonly string[]): void {
    for (const text of texts) {
      if (this.#accepted.has(text)) continue
      this.#accepted.add(text)
      this.postedLines += 1
      for (const key of eventsOf(text)) this.#acknowledged.add(key)
    }
  }

  /** True when the host was told to forget this line. */
  isAccepted(text: string): boolean {
    return this.#accepted.has(text)
  }

  /** When this line first left its host, or undefined. */
  firstSent(text: string): number | undefined {
    return this.#sent.get(text)
  }

  /** Every event that must be stored. */
  get expected(): ReadonlySet<EventKey> {
    return this.#acknowledged
  }
}
