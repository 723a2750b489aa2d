/** The Worker's JSON API as the demo reads it. */

import { type EventKey, eventKey, statusFacts } from './ledger.ts'

const PAGE = 200
const DEADLINE_MS = 30_000

interface List<Item> {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

/** An event as `GET /api/v1/events` shows it; only what the demo compares. */
interface ApiEvent {
  readonly p_row_id: string
  readonly hostIdentifier: string
  readonly name: string
  readonly unixTime: number | null
  readonly counter: string
  readonly action: string
  readonly columns: Readonly<Record<string, string>> | null
  readonly severity?: number
  readonly filename?: string
  readonly line?: number
  readonly message?: string
}

export interface ApiAlert {
  readonly id: string
  readonly kind: string
  readonly rule_id: string
  readonly title: string
  readonly severity: string
  readonly status: string
  readonly status_by: string
  readonly hostname: string
  readonly event_count: number
}

/** A host as `GET /api/v1/hosts` shows it; only what the demo tells. */
interface ApiHost {
  readonly hostname: string
  readonly state: string
  readonly state_reason: string
}

export class Api {
  readonly #origin: string
  readonly #token: string

  constructor(origin: string, token: string) {
    this.#origin = origin
    this.#token = token
  }

  /** Identities of all stored events, by row id. */
  async storedEvents(): Promise<ReadonlyMap<string, EventKey>> {
    const stored = new Map<string, EventKey>()
    for await (const event of this.#all<ApiEvent>('/events')) stored.set(event.p_row_id, keyOf(event))
    return stored
  }

  async alerts(): Promise<readonly ApiAlert[]> {
    return Array.fromAsync(this.#all<ApiAlert>('/alerts'))
  }

  /** The host of this name. */
  async host(hostname: string): Promise<ApiHost | undefined> {
    const { items } = await this.#get<List<ApiHost>>(`/hosts?${new URLSearchParams({ q: hostname })}`)
    return items.find(host => host.hostname === hostname)
  }

  /** Acknowledges an alert in someone's name. */
  async acknowledge(alertId: string, by: string): Promise<void> {
    await this.#ask(`/alerts/${alertId}/acknowledge`, { method: 'POST', body: JSON.stringify({ by }) })
  }

  /** How many bodies and records lie in quarantine. */
  async quarantined(): Promise<number> {
    return (await Array.fromAsync(this.#all('/quarantine'))).length
  }

  async *#all<Item>(path: string): AsyncGenerator<Item> {
    let cursor: string | null = null
    do {
      const query = new URLSearchParams({ limit: String(PAGE), ...(cursor === null ? {} : { cursor }) })
      const page: List<Item> = await this.#get(`${path}?${query}`)
      yield* page.items
      cursor = page.next_cursor
    } while (cursor !== null)
  }

  async #get<Body>(path: string): Promise<Body> {
    const response = await this.#ask(path, {})
    // The API's own contract, openapi.json; the demo reads what its own Worker wrote.
    return (await response.json()) as Body
  }

  async #ask(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(`${this.#origin}/api/v1${path}`, {
      ...init,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} /api/v1${path} answered ${response.status}`)
    return response
  }
}

function keyOf(event: ApiEvent): EventKey {
  const { hostIdentifier, name, unixTime, counter, action, columns } = event
  const isStatus = event.severity !== undefined
  return eventKey({
    hostIdentifier,
    name,
    unixTime: unixTime ?? 0,
    counter,
    action,
    columns,
    status: isStatus
      ? statusFacts(event.severity ?? 0, event.filename ?? '', event.line ?? 0, event.message ?? '')
      : '',
  })
}
