import type { Destination } from '../detect/routing.ts'
import type { Settings } from '../env.ts'

/** Where a PagerDuty delivery goes. */
export interface PagerDutyTarget {
  readonly url: string
  readonly routingKey: string
}

export type Target =
  | ({ readonly ok: true } & PagerDutyTarget)
  /** Nothing can be sent as things stand; `reason` tells the operator what to do. */
  | { readonly ok: false; readonly reason: string }

/**
 * Finds out where a delivery goes, at each send anew: the configuration may have changed since it was written.
 * @param id  the destination as the delivery row names it
 */
export function targetOf(id: string, routing: readonly Destination[], settings: Settings): Target {
  if (!routing.some(destination => destination.id === id)) {
    return refused(`rules/routing.ts has no destination "${id}"`)
  }
  const { pagerDutyRoutingKey: routingKey, pagerDutyEventsUrl: url, environment } = settings
  if (routingKey === null) return refused('PAGERDUTY_ROUTING_KEY is missing or not a routing key')
  if (!isAllowed(url, environment)) return refused('PAGERDUTY_EVENTS_URL must be an https URL')
  return { ok: true, url, routingKey }
}

function refused(reason: string): Target {
  return { ok: false, reason: `${reason}: mend it, deploy, and redrive this delivery` }
}

/** The routing key and what a host holds must not cross a network in the clear; a stand-in on this machine may. */
function isAllowed(text: string, environment: Settings['environment']): boolean {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return false
  if (url.protocol === 'https:') return true
  const isHere = url.hostname === 'localhost' || url.hostname === '127.0.0.1'
  return environment === 'local' && url.protocol === 'http:' && isHere
}
