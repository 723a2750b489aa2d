/**
 * PagerDuty's Events API v2 as a model: what it refuses, and which incidents are open after what it took. No I/O.
 * Facts: PagerDuty's OpenAPI for Events v2 and its developer documentation ("Send an alert event", "Response codes").
 */

import * as z from 'zod'

/** Bytes of a whole body; more is refused. */
const MAX_BODY_BYTES = 512_000

const severity = z.enum(['critical', 'error', 'warning', 'info'])
const routingKey = z
  .string()
  .length(32, "Length of 'routing_key' is incorrect (should be 32 characters)")
  .regex(/^[A-Za-z0-9]*$/, "'routing_key' may hold letters and digits only")
const dedupKey = z
  .string()
  .min(1, "'dedup_key' is blank")
  .refine(text => [...text].length <= 255, "'dedup_key' is too long (maximum is 255 characters)")

const payload = z.object({
  summary: z
    .string()
    .min(1, "'payload.summary' is missing or blank")
    .refine(text => [...text].length <= 1024, "'payload.summary' is too long (maximum is 1024 characters)"),
  source: z.string().min(1, "'payload.source' is missing or blank"),
  severity,
  timestamp: z.iso.datetime({ offset: true }).optional(),
  component: z.string().optional(),
  group: z.string().optional(),
  class: z.string().optional(),
  custom_details: z.record(z.string(), z.unknown()).optional(),
})

const links = z.array(z.object({ href: z.url(), text: z.string().optional() })).optional()
const images = z
  .array(
    z.object({ src: z.url({ protocol: /^https$/ }), href: z.url().optional(), alt: z.string().optional() }),
  )
  .optional()

const pagerDutyEvent = z.discriminatedUnion('event_action', [
  z.object({
    event_action: z.literal('trigger'),
    routing_key: routingKey,
    dedup_key: dedupKey.optional(),
    payload,
    client: z.string().optional(),
    client_url: z.url().optional(),
    links,
    images,
  }),
  z.object({ event_action: z.literal('acknowledge'), routing_key: routingKey, dedup_key: dedupKey }),
  z.object({ event_action: z.literal('resolve'), routing_key: routingKey, dedup_key: dedupKey }),
])

const changeEvent = z.object({
  routing_key: routingKey,
  payload: payload.pick({ summary: true, timestamp: true, custom_details: true }).extend({
    source: z.string().optional(),
  }),
  links,
})

export type ChangeEvent = z.infer<typeof changeEvent>

export type PagerDutyEvent = z.infer<typeof pagerDutyEvent>

export interface Incident {
  readonly id: string
  readonly number: number
  /** Of its first alert. */
  readonly dedupKey: string
  /** Keys of the alerts in it that are not resolved: more than one when another incident was merged into it. */
  readonly openAlerts: Set<string>
  readonly openedAt: number
  readonly summary: string
  readonly source: string
  readonly severity: z.infer<typeof severity>
  readonly details: Readonly<Record<string, unknown>>
  status: 'triggered' | 'acknowledged' | 'resolved'
  /** Triggers that were added to the open incident after its first. */
  repeats: number
  resolvedAt: number | null
}

/** What happened to an incident, as webhooks tell it. */
export interface Happening {
  readonly type:
    | 'incident.triggered'
    | 'incident.acknowledged'
    | 'incident.unacknowledged'
    | 'incident.resolved'
    | 'incident.reopened'
  readonly incident: Incident
  readonly at: number
  /** Null when nobody did it: an event of ours, a time that ran out. */
  readonly person: string | null
  /** The incident that this one became part of. */
  readonly mergedInto?: Incident
}

/** One request as it arrived, whether it was taken or not. */
export interface Arrival {
  readonly at: number
  readonly status: number
  readonly action: PagerDutyEvent['event_action'] | 'unreadable'
  readonly dedupKey: string
  readonly errors: readonly string[]
}

export interface PagerDutyReply {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export class PagerDutyModel {
  /** All incidents in the order in which they opened; several may share a dedup_key one after the other. */
  readonly incidents: Incident[] = []
  readonly arrivals: Arrival[] = []
  /** Change events that were taken: nothing follows from them but a line on a page. */
  readonly changes: ChangeEvent[] = []
  /** Set while its service is disabled, in maintenance, or a rule suppresses events: they are accepted and open nothing. */
  suppressed = false
  readonly #routingKeys: ReadonlySet<string>
  readonly #happened: (happening: Happening) => void

  /**
   * @param routingKeys  the integrations that exist; any other key is refused as PagerDuty refuses it
   * @param happened  called once for each change of an incident
   */
  constructor(routingKeys: readonly string[], happened: (happening: Happening) => void = () => {}) {
    this.#routingKeys = new Set(routingKeys)
    this.#happened = happened
  }

  /** The incident in which the alert of this key is open. */
  openIncident(dedupKey: string): Incident | undefined {
    return this.incidents.find(incident => incident.openAlerts.has(dedupKey))
  }

  /** Someone presses the button; on an incident where it is not to be pressed nothing happens. */
  press(button: Button, incident: Incident, person: string, at: number): void {
    const { from, to, type } = BUTTONS[button]
    if (!from.includes(incident.status)) return
    this.#change(incident, to, at)
    this.#happened({ type, incident, at, person: person === NOBODY ? null : person })
  }

  /** Someone merges an incident into another: it is resolved, and its alerts live on in the other. */
  merge(incident: Incident, into: Incident, person: string, at: number): void {
    for (const key of incident.openAlerts) into.openAlerts.add(key)
    this.#change(incident, 'resolved', at)
    this.#happened({ type: 'incident.resolved', incident, at, person, mergedInto: into })
  }

  /**
   * Takes one body of `POST /v2/enqueue`.
   * @param at  time of arrival, ms since the epoch
   */
  enqueue(body: string, at: number): PagerDutyReply {
    const read = readEvent(body)
    if (!read.ok) return this.#refuse(at, read.errors)
    const { event } = read
    if (!this.#routingKeys.has(event.routing_key)) return this.#refuse(at, ['Invalid routing key'])
    const dedupKey = event.dedup_key ?? `generated-${this.arrivals.length + 1}`
    this.#apply(event, dedupKey, at)
    this.arrivals.push({ at, status: 202, action: event.event_action, dedupKey, errors: [] })
    return {
      status: 202,
      body: { status: 'success', message: 'Event processed', dedup_key: dedupKey },
    }
  }

  /** Takes one body of `POST /v2/change/enqueue`. */
  enqueueChange(body: string): PagerDutyReply {
    const parsed = changeEvent.safeParse(jsonOf(body))
    if (!parsed.success || !this.#routingKeys.has(parsed.data.routing_key)) {
      return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid' } }
    }
    this.changes.push(parsed.data)
    return { status: 202, body: { status: 'success', message: 'Change event processed' } }
  }

  #refuse(at: number, errors: readonly string[]): PagerDutyReply {
    this.arrivals.push({ at, status: 400, action: 'unreadable', dedupKey: '', errors })
    return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors } }
  }

  /** A trigger adds to the open incident of its key or opens one; acknowledge and resolve without one are dropped. */
  #apply(event: PagerDutyEvent, dedupKey: string, at: number): void {
    const open = this.openIncident(dedupKey)
    if (event.event_action === 'trigger') {
      if (open !== undefined) open.repeats += 1
      else if (!this.suppressed) this.#open(event, dedupKey, at)
    } else if (open === undefined) {
      return
    } else if (event.event_action === 'acknowledge') {
      this.press('acknowledge', open, NOBODY, at)
    } else {
      open.openAlerts.delete(dedupKey)
      if (open.openAlerts.size === 0) this.press('resolve', open, NOBODY, at)
    }
  }

  #open(event: Extract<PagerDutyEvent, { event_action: 'trigger' }>, dedupKey: string, at: number): void {
    const incident = newIncident(event, dedupKey, at, this.incidents.length + 1)
    this.incidents.push(incident)
    this.#happened({ type: 'incident.triggered', incident, at, person: null })
  }

  #change(incident: Incident, to: Incident['status'], at: number): void {
    incident.status = to
    incident.resolvedAt = to === 'resolved' ? at : null
    if (to === 'resolved') incident.openAlerts.clear()
    else incident.openAlerts.add(incident.dedupKey)
  }
}

/** What an integration does is done in nobody's name. */
const NOBODY = ''

type Button = 'acknowledge' | 'unacknowledge' | 'resolve' | 'reopen'

const BUTTONS: Readonly<
  Record<Button, { from: readonly Incident['status'][]; to: Incident['status']; type: Happening['type'] }>
> = {
  acknowledge: { from: ['triggered'], to: 'acknowledged', type: 'incident.acknowledged' },
  unacknowledge: { from: ['acknowledged'], to: 'triggered', type: 'incident.unacknowledged' },
  resolve: { from: ['triggered', 'acknowledged'], to: 'resolved', type: 'incident.resolved' },
  reopen: { from: ['resolved'], to: 'triggered', type: 'incident.reopened' },
}

function newIncident(
  event: Extract<PagerDutyEvent, { event_action: 'trigger' }>,
  dedupKey: string,
  at: number,
  number: number,
): Incident {
  return {
    id: `PD${String(number).padStart(6, '0')}`,
    number,
    dedupKey,
    openAlerts: new Set([dedupKey]),
    openedAt: at,
    summary: event.payload.summary,
    source: event.payload.source,
    severity: event.payload.severity,
    details: event.payload.custom_details ?? {},
    status: 'triggered',
    repeats: 0,
    resolvedAt: null,
  }
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

type ReadEvent =
  | { readonly ok: true; readonly event: PagerDutyEvent }
  | { readonly ok: false; readonly errors: readonly string[] }

function readEvent(body: string): ReadEvent {
  if (new TextEncoder().encode(body).length > MAX_BODY_BYTES) {
    return { ok: false, errors: ['Event size exceeds the maximum of 512 KB'] }
  }
  const value = jsonOf(body)
  if (value === undefined) return { ok: false, errors: ['Event is not valid JSON'] }
  const parsed = pagerDutyEvent.safeParse(value)
  if (parsed.success) return { ok: true, event: parsed.data }
  return {
    ok: false,
    errors: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
  }
}
