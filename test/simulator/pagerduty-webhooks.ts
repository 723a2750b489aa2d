/**
 * PagerDuty's webhooks (v3) as a model: what is sent, how it is signed, and how it is tried again.
 * Facts: PagerDuty's developer documentation, "Webhooks: Overview, Behavior, Signatures".
 */

import { createHmac } from 'node:crypto'
import type { Happening, Incident } from './pagerduty.ts'

/** One webhook, ready to be sent as often as it takes. */
export interface Webhook {
  readonly type: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** Where webhooks go; several secrets sign while one takes the place of the other. */
export interface Subscription {
  readonly url: string
  readonly secrets: readonly string[]
}

const ACCOUNT = 'https://example.pagerduty.com'

/** Makes the webhooks of one subscription, each with an id of its own. */
export class Webhooks {
  readonly #secrets: readonly string[]
  #made = 0

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets
  }

  /** The webhook that tells of something that happened. */
  of(happening: Happening): Webhook {
    return this.make(happening.type, eventOf(happening, `event-${this.#made + 1}`))
  }

  /** The webhook with this event in it. */
  make(type: string, event: object): Webhook {
    this.#made += 1
    const body = JSON.stringify({ event })
    return {
      type,
      body,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'PagerDuty-Webhook/V3.0',
        'x-webhook-id': `webhook-${this.#made}`,
        'x-webhook-subscription': 'PSUB001',
        'x-pagerduty-signature': signatureOf(body, this.#secrets),
      },
    }
  }
}

/** The header that proves a body: one value for each secret. */
export function signatureOf(body: string, secrets: readonly string[]): string {
  return secrets.map(secret => `v1=${createHmac('sha256', secret).update(body).digest('hex')}`).join(',')
}

function eventOf({ type, incident, at, person, mergedInto }: Happening, id: string): object {
  return {
    id,
    event_type: type,
    resource_type: 'incident',
    occurred_at: new Date(at).toISOString(),
    agent: person === null ? null : { id: 'PUSER01', type: 'user_reference', summary: person },
    client: null,
    data: {
      id: incident.id,
      type: 'incident',
      self: `https://api.pagerduty.com/incidents/${incident.id}`,
      html_url: `${ACCOUNT}/incidents/${incident.id}`,
      number: incident.number,
      status: incident.status,
      incident_key: incident.dedupKey,
      created_at: new Date(incident.openedAt).toISOString(),
      title: incident.summary,
      urgency: 'high',
      resolve_reason:
        mergedInto === undefined ? null : { type: 'merge_resolve_reason', incident: referenceOf(mergedInto) },
    },
  }
}

function referenceOf({ id }: Incident): object {
  return { id, type: 'incident_reference', html_url: `${ACCOUNT}/incidents/${id}` }
}
