import type { HostId } from '../src/detect/event.ts'
import { NO_VITALS, type Vitals } from '../src/staleness/vitals.ts'
import type { WatchedHost } from '../src/staleness/watched-host.ts'

/** Of a day like all others, at noon. */
export const NOON = Date.UTC(2026, 10, 24, 12)
const DAY = 24 * 60 * 60_000

/** Never heard on any path. */
export const UNHEARD: WatchedHost['heard'] = {
  pulse: null,
  result: null,
  status: null,
  config: null,
  distributed: null,
}

/** A server, live, enrolled and learnt a week ago, of which nothing was heard; `facts` say what is different. */
export function watchedHost(facts: Partial<WatchedHost> = {}): WatchedHost {
  return {
    hostId: 'h1' as HostId,
    hostname: 'web-1.example.com',
    tags: [],
    platform: 'linux',
    class: 'server',
    state: 'live',
    since: NOON - 7 * DAY,
    episode: 0,
    alert: '',
    toldAt: null,
    lateLines: 0,
    enrolledAt: NOON - 7 * DAY,
    lastEnrollAt: NOON - 7 * DAY,
    revokedAt: null,
    heard: UNHEARD,
    vitals: vitals(),
    ...facts,
  }
}

/** Vitals of a host that is learnt for a week and logs each five minutes. */
export function vitals(
  parts: {
    readonly contacts?: Partial<Vitals['contacts']>
    readonly pulses?: Partial<Vitals['pulses']>
    readonly rhythm?: Partial<Vitals['rhythm']>
  } = {},
): Vitals {
  return {
    contacts: { ...NO_VITALS.contacts, ...parts.contacts },
    pulses: { ...NO_VITALS.pulses, ...parts.pulses },
    rhythm: { since: NOON - 7 * DAY, meanMs: 300_000, deviationMs: 5_000, days: [], ...parts.rhythm },
  }
}
