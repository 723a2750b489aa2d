import type { Routing } from '../detect/routing.ts'
import type { NewAlert } from '../store/alerts.ts'
import { type NewDelivery, newDelivery } from '../store/deliveries.ts'
import { type Standing, timesOf } from '../store/standings.ts'
import type { KnownStorm, Storm, StormGrowth } from '../store/storms.ts'
import type { TimelineEntry } from '../store/timeline.ts'
import type { AlertDraft, Window } from '../store/windows.ts'
import { isNewsThatItFlaps, toldAgainAt } from './flapping.ts'
import { routeAlert } from './routing.ts'
import { admit, NEW_ALERTS_PER_HOUR, noStorm, stormDedup, stormKeyOf, stormTitle } from './storm.ts'

/** A window that met its threshold: its alert comes to be, or opens again. */
export interface Opening {
  readonly window: Window
  readonly draft: AlertDraft
  /** Why, in words. */
  readonly reason: string
  /** The alert as it stands if it opens again; null when it is new. */
  readonly again: Standing | null
}

/** A delivery of an alert that opened again: to be sent at `dueAt` (ms since the epoch). */
interface TriggerAgain extends NewDelivery {
  readonly dueAt: number
}

/** What openings come to. */
export interface Announcement {
  readonly created: readonly NewAlert[]
  readonly reopened: readonly { readonly alertId: string; readonly at: number; readonly by: string }[]
  readonly deliveries: readonly NewDelivery[]
  readonly triggersAgain: readonly TriggerAgain[]
  readonly timeline: readonly TimelineEntry[]
  /** Hosts that alerts of storms are about, as `[alert id, host id]`. */
  readonly hosts: readonly (readonly [alertId: string, hostId: string])[]
  readonly storms: readonly Storm[]
  readonly stormGrowths: readonly StormGrowth[]
}

/** Who changed the status when an alert opens again by itself. */
const BY = 'margay'

/**
 * Says who is told of which opening: of those a rule makes the first 25 in an hour are told one by one, and one alert
 * stands for the others. An opening that nobody would be told of takes no place among them.
 * @param openings  in the order in which they are told
 * @param storms  by `stormKeyOf`
 */
export function announce(
  openings: readonly Opening[],
  storms: ReadonlyMap<string, KnownStorm>,
  routing: Routing,
  now: number,
): Announcement {
  const routed = openings.map(opening => routedOpening(opening, routing))
  const silent = routed.filter(({ recipients }) => recipients.length === 0)
  const groups = Map.groupBy(
    routed.filter(({ recipients }) => recipients.length > 0),
    ({ window: { kind, ruleId }, draft }) => stormKeyOf(kind, ruleId, draft.severity),
  )
  const parts = [...groups].map(([key, members]) => announceGroup(members, storms.get(key), now))
  const told = [...silent, ...parts.flatMap(part => part.told)]
  const held = parts.flatMap(part => part.held)
  const stormy = parts.flatMap(({ storm, held: members }) =>
    members.length === 0 ? [] : [stormAlert(storm.after, storm.before, members, now)],
  )
  return {
    created: [
      ...routed.filter(({ again }) => again === null).map(opening => newAlertOf(opening, now)),
      ...stormy.flatMap(({ created }) => created),
    ],
    reopened: [
      ...routed.flatMap(({ again }) => (again === null ? [] : [{ alertId: again.alertId, at: now, by: BY }])),
      ...stormy.flatMap(({ reopened }) => reopened),
    ],
    deliveries: [
      ...told.filter(({ again }) => again === null).flatMap(opening => triggersOf(opening, now)),
      ...stormy.flatMap(({ deliveries }) => deliveries),
    ],
    triggersAgain: [
      ...told.flatMap(opening => triggersAgainOf(opening, now)),
      ...stormy.flatMap(({ triggersAgain }) => triggersAgain),
    ],
    timeline: [
      ...routed.flatMap(opening => entriesOf(opening, now)),
      ...told.flatMap(opening => againEntries(opening, now)),
      ...held.map(({ window: { alertId }, storm }) => heldEntry(alertId, storm, now)),
      ...stormy.flatMap(({ timeline }) => timeline),
    ],
    hosts: held.map(({ draft, storm }) => [storm.alertId, draft.hostId] as const),
    storms: parts.map(({ storm }) => storm.after),
    stormGrowths: stormy.map(({ growth }) => growth),
  }
}

interface RoutedOpening extends Opening {
  readonly recipients: readonly string[]
  readonly why: string
}

interface HeldOpening extends RoutedOpening {
  readonly storm: Storm
}

interface GroupAnnouncement {
  readonly told: readonly RoutedOpening[]
  readonly held: readonly HeldOpening[]
  readonly storm: { readonly before: KnownStorm | undefined; readonly after: Storm }
}

function routedOpening(opening: Opening, routing: Routing): RoutedOpening {
  const { window, draft } = opening
  // A draft that was kept by code before this one has no tags.
  const { destinations: chosen, hostTags = [], ...shown } = draft
  const { kind, ruleId } = window
  const { destinations, why } = routeAlert(routing, { ...shown, kind, ruleId, hostTags }, chosen)
  return { ...opening, recipients: destinations.map(({ id }) => id), why }
}

function announceGroup(
  members: readonly RoutedOpening[],
  known: KnownStorm | undefined,
  now: number,
): GroupAnnouncement {
  // A group is made by its first member, so there is one.
  const { window, draft } = members[0] as RoutedOpening
  const before = stormOf(known ?? noStorm(window.kind, window.ruleId, draft.severity))
  // What was told within the hour is told later, so it takes no place now; but it does not get past a storm.
  const isLater = (opening: RoutedOpening) => before.alertId === '' && isPutOff(opening, now)
  const counted = members.filter(opening => !isLater(opening))
  const { storm, told } = admit(before, counted.length, now)
  return {
    told: [...members.filter(isLater), ...counted.slice(0, told)],
    held: counted.slice(told).map(opening => ({ ...opening, storm })),
    storm: { before: known, after: storm },
  }
}

function isPutOff({ again, recipients }: RoutedOpening, now: number): boolean {
  return again !== null && recipients.every(id => toldAgainAt(again.toldAt.get(id), now) > now)
}

/** The storm without what was read beside it. */
export function stormOf(known: Storm | KnownStorm): Storm {
  const { kind, ruleId, severity, hourStartedAt, hourCount, episode } = known
  const { alertId, beganAt, lastHeldAt, heldCount, version } = known
  return {
    kind,
    ruleId,
    severity,
    hourStartedAt,
    hourCount,
    episode,
    alertId,
    beganAt,
    lastHeldAt,
    heldCount,
    version,
  }
}

function newAlertOf({ window, draft }: Opening, now: number): NewAlert {
  const { alertId, kind, ruleId, dedup, episode, matchCount, startedAt } = window
  const { destinations: _, hostTags: __, ...shown } = draft
  return {
    alertId,
    kind,
    ruleId,
    dedup,
    episode,
    ...shown,
    eventCount: matchCount,
    firstEventAt: startedAt,
    lastEventAt: now,
    createdAt: now,
  }
}

function triggersOf({ window: { alertId }, recipients }: RoutedOpening, now: number): NewDelivery[] {
  return recipients.map(id => newDelivery(alertId, id, 'trigger', now))
}

function triggersAgainOf(opening: RoutedOpening, now: number): TriggerAgain[] {
  const { again } = opening
  return again === null ? [] : triggersOf(opening, now).map(delivery => putOff(delivery, again.toldAt, now))
}

/** It counts as made when it is due: until then nobody has to know that it was not taken. */
function putOff(delivery: NewDelivery, toldAt: ReadonlyMap<string, number>, now: number): TriggerAgain {
  const dueAt = toldAgainAt(toldAt.get(delivery.destination), now)
  return { ...delivery, createdAt: dueAt, dueAt }
}

function entriesOf({ window: { alertId }, reason, why, again }: RoutedOpening, now: number): TimelineEntry[] {
  const routed = { alertId, at: now, entryId: '2-routed', kind: 'routed', detail: why } as const
  if (again === null) {
    return [{ alertId, at: now, entryId: '1-created', kind: 'created', detail: reason }, routed]
  }
  const minutes = Math.round((now - (again.resolvedAt ?? now)) / 60_000)
  const detail = `Opened again ${minutes} min after it was resolved. ${reason}`
  return [{ alertId, at: now, entryId: '1-reopened', kind: 'reopened', detail }, routed]
}

function againEntries(opening: RoutedOpening, now: number): TimelineEntry[] {
  const { window, again, recipients } = opening
  if (again === null || recipients.length === 0) return []
  const { alertId } = window
  const flapping = `Flapping: it changed ${again.changes + 1} times in 20 minutes.`
  return [
    ...(isNewsThatItFlaps(again.changes, again.flappingAt, now)
      ? [{ alertId, at: now, entryId: '3-flapping', kind: 'flapping', detail: flapping } as const]
      : []),
    ...laterEntries(alertId, triggersAgainOf(opening, now), now),
  ]
}

function laterEntries(alertId: string, triggers: readonly TriggerAgain[], at: number): TimelineEntry[] {
  const later = triggers.filter(({ dueAt }) => dueAt > at)
  if (later.length === 0) return []
  const times = later.map(({ destination, dueAt }) => `${destination} at ${new Date(dueAt).toISOString()}`)
  const detail = `Told once an hour at most: ${times.join(', ')}, if it is open by then.`
  return [{ alertId, at, entryId: '4-later', kind: 'held', detail }]
}

function heldEntry(alertId: string, storm: Storm, at: number): TimelineEntry {
  const detail =
    `Not sent: ${storm.ruleId} opened more than ${NEW_ALERTS_PER_HOUR} ${storm.severity} alerts within an hour. ` +
    `Alert ${storm.alertId} stands for it.`
  return { alertId, at, entryId: '4-held', kind: 'held', detail }
}

interface StormAnnouncement {
  readonly created: readonly NewAlert[]
  readonly reopened: Announcement['reopened']
  readonly deliveries: readonly NewDelivery[]
  readonly triggersAgain: readonly TriggerAgain[]
  readonly timeline: readonly TimelineEntry[]
  readonly growth: StormGrowth
}

/** The alert that stands for those held back: told to all who would have been told of one of them. */
function stormAlert(
  storm: Storm,
  before: KnownStorm | undefined,
  held: readonly HeldOpening[],
  now: number,
): StormAnnouncement {
  const { alertId } = storm
  const recipients = [...new Set(held.flatMap(opening => opening.recipients))]
  const deliveries = recipients.map(id => newDelivery(alertId, id, 'trigger', now))
  const isNew = before === undefined || before.alertId !== alertId
  // Somebody resolved it, but it goes on: saying nothing would hide what is held back.
  const isAgain = !isNew && before.status === 'resolved'
  const toldAt = isAgain ? timesOf(before.toldAt) : new Map<string, number>()
  const triggersAgain = isAgain ? deliveries.map(delivery => putOff(delivery, toldAt, now)) : []
  return {
    created: isNew ? [stormAlertOf(storm, held, now)] : [],
    reopened: isAgain ? [{ alertId, at: now, by: BY }] : [],
    deliveries: isAgain ? [] : deliveries,
    triggersAgain,
    timeline: [
      ...(isNew ? stormEntries(storm, recipients, now) : []),
      ...(isAgain ? [goesOn(alertId, now)] : []),
      ...laterEntries(alertId, triggersAgain, now),
    ],
    growth: { alertId, title: stormTitle(storm), heldCount: storm.heldCount, at: now },
  }
}

function goesOn(alertId: string, at: number): TimelineEntry {
  return { alertId, at, entryId: '1-reopened', kind: 'reopened', detail: 'Opened again: the storm goes on.' }
}

function stormAlertOf(storm: Storm, held: readonly HeldOpening[], now: number): NewAlert {
  const { alertId, kind, ruleId, severity, episode } = storm
  const draft = held[0]?.draft
  return {
    alertId,
    kind: 'system',
    ruleId,
    dedup: stormDedup(storm),
    episode,
    severity,
    title: stormTitle(storm),
    runbook: stormRunbook(ruleId, draft?.runbook ?? ''),
    context: JSON.stringify({
      rule: ruleId,
      kind,
      severity,
      first_held_alert: held[0]?.window.alertId ?? '',
    }),
    hostId: null,
    hostname: '',
    query: draft?.query ?? '',
    pack: draft?.pack ?? '',
    firstRowId: '',
    eventCount: storm.heldCount,
    firstEventAt: now,
    lastEventAt: now,
    createdAt: now,
  }
}

function stormRunbook(ruleId: string, ofRule: string): string {
  return `1. GET /api/v1/alerts?rule=${ruleId} has every alert, also those that were not sent; each says so in its timeline.
2. Many hosts at once: a deployment, a new version of some software, or an attack that spreads. Look at the first ones.
3. A rule that is wrong about something common: give it an exception, a better dedup string, or a lower severity.
It resolves by itself when the rule opened nothing for an hour. Of the rule itself:
${ofRule}`
}

function stormEntries(storm: Storm, recipients: readonly string[], at: number): TimelineEntry[] {
  const { alertId, ruleId, severity } = storm
  const detail = `${ruleId} opened more than ${NEW_ALERTS_PER_HOUR} ${severity} alerts within an hour: this one stands for the rest.`
  const why = `Told to those who would have been told one by one: ${recipients.join(', ')}.`
  return [
    { alertId, at, entryId: '1-created', kind: 'created', detail },
    { alertId, at, entryId: '2-routed', kind: 'routed', detail: why },
  ]
}
