import { intakeFindings, isConflict, wake } from '../alerts/intake.ts'
import type { HostFacts, HostId, OsqueryEvent, RowId } from '../detect/event.ts'
import type { Finding } from '../detect/finding.ts'
import type { World } from '../env.ts'
import {
  addToCounters,
  type CountedPost,
  type CountedRejection,
  countNewEvents,
  countNewFindings,
  countNewPosts,
  countNewRejections,
  hotEventsOfDay,
  minuteOf,
} from '../store/counters.ts'
import { insertEvents } from '../store/events.ts'
import { touchHosts, touchIntervalMs, touchIntervals } from '../store/hosts.ts'
import { putSegments, type Segment, segmentsOf } from '../store/lake.ts'
import { insertQuarantine, putQuarantine, type QuarantineRow } from '../store/quarantine.ts'
import { insertSegments } from '../store/segments.ts'
import { assertVitalsAsRead, countLateLines, type KnownHosts, readKnownHosts } from '../store/vitals.ts'
import { noteAgents } from './agent-notes.ts'
import type { Chunk, ChunkEvent, ChunkPost, ChunkRejections } from './chunk.ts'
import { type ContactPlan, lateLines, planContacts } from './contacts.ts'
import type { Detection } from './detection.ts'
import { jitter } from './jitter.ts'

/**
 * Tries to commit a chunk while others change the same windows. A conflict needs two consumers with matches of one rule
 * and dedup string at the same moment; eight in a row mean a storm in which the queue's retry is the better wait.
 */
const COMMIT_ATTEMPTS = 8
/** Waits between those tries: at random up to so long, longer each time, so that rivals part. */
const CONFLICT_WAIT_MS = 50

/** What a host without a row calls itself goes into titles and rows; longer is nobody's name. */
const CLAIMED_NAME_MAX_LENGTH = 256

/** Quarantine rows in one statement: below 1.5 MB of JSON at 300 characters of detail each. */
const QUARANTINE_ROWS_PER_STATEMENT = 1_000

/**
 * Stores a chunk: the lake and quarantine objects in R2 first, then everything D1 has to know in one transaction, then
 * the wake-up of what is to be delivered. Committing the same events again changes nothing, whether the first time got
 * as far as R2, or as far as D1, or all the way.
 *
 * @param known  the rows of the hosts the chunk is about; one without a row is judged by what the event says
 * @returns them as they are now
 * @throws what D1 or R2 throw. The chunk may be stored all the same; commit it again.
 */
export async function commitChunk(
  world: World,
  detection: Detection,
  known: KnownHosts,
  chunk: Chunk,
): Promise<KnownHosts> {
  if (chunk.isEmpty) return known
  const events = [...chunk.events.values()]
  const facts = factsOf(events, known.byId)
  const findings = events.flatMap(({ event }) =>
    detection.engine.evaluate(event, facts.get(event.p_host_id) ?? claimedFacts(event)),
  )
  const [segments, quarantined] = await Promise.all([
    putLake(world, events),
    Promise.all(chunk.rejections.map(rejections => putRejections(world, rejections))),
  ])
  const hot = await withinHotBudget(world, events, findings)
  const notes = noteAgents(
    world.db,
    events.map(({ event }) => event),
    detection.snapshots ?? new Map(),
    world.now(),
  )
  const late = lateLines(hot.kept, known)
  const statements = statementsOf(world, chunk, {
    findings,
    hot,
    segments,
    quarantined: new Map(quarantined),
  })
  const before = late.length > 0 ? [countLateLines(world.db, late), ...notes] : notes
  const committed = await commitWithFindings(world, detection, { facts, findings, chunk, known }, [
    ...before,
    ...statements,
  ])
  await wake(world, committed.deliveryIds)
  return committed.known
}

/** What the chunk came to, before D1 knows of it. */
interface Outcome {
  readonly findings: readonly Finding[]
  readonly hot: HotSelection
  readonly segments: readonly Segment[]
  readonly quarantined: ReadonlyMap<ChunkRejections, readonly QuarantineRow[]>
}

interface HotSelection {
  readonly kept: readonly ChunkEvent[]
  /** Those that only the lake keeps. */
  readonly left: readonly ChunkEvent[]
}

async function putLake(world: World, events: readonly ChunkEvent[]): Promise<readonly Segment[]> {
  const segments = await segmentsOf(events.map(({ event }) => event))
  await putSegments(world.bucket, segments)
  return segments
}

async function putRejections(
  world: World,
  rejections: ChunkRejections,
): Promise<[ChunkRejections, readonly QuarantineRow[]]> {
  return [rejections, await putQuarantine(world, rejections.items)]
}

/**
 * Parts the events that D1 keeps from those that only the lake keeps: beyond the day's budget only what matched stays
 * hot. The budget is read once a chunk and rivals don't wait for each other, so it may be overrun by some chunks.
 */
async function withinHotBudget(
  world: World,
  events: readonly ChunkEvent[],
  findings: readonly Finding[],
): Promise<HotSelection> {
  if (events.length === 0) return { kept: [], left: [] }
  const used = await hotEventsOfDay(world.db, world.now())
  if (used < world.settings.hotEventsPerDay) return { kept: events, left: [] }
  const matched = new Set<RowId>(findings.map(({ event }) => event.p_row_id))
  return {
    kept: events.filter(({ event }) => matched.has(event.p_row_id)),
    left: events.filter(({ event }) => !matched.has(event.p_row_id)),
  }
}

/** The order matters: what is new is counted before it is inserted. */
function statementsOf(world: World, chunk: Chunk, outcome: Outcome): D1PreparedStatement[] {
  const { db } = world
  const { findings, hot, segments } = outcome
  const posts = chunk.posts.flatMap(post => countedPost(post, outcome) ?? [])
  const minute = minuteOf(world.now())
  const rejections = [...outcome.quarantined].flatMap(entry => countedRejections(entry, minute))
  const rows = [...outcome.quarantined.values()].flat()
  const additions = uncountableOf(chunk, hot.left)
  return [
    ...(hot.kept.length > 0 ? countNewEvents(db, hot.kept.map(countedEvent), world.now()) : []),
    ...(posts.length > 0 ? [countNewPosts(db, posts)] : []),
    ...(rejections.length > 0 ? [countNewRejections(db, rejections)] : []),
    ...(findings.length > 0 ? [countNewFindings(db, findings)] : []),
    ...(additions.length > 0 ? [addToCounters(db, additions)] : []),
    ...insertEvents(
      db,
      hot.kept.map(({ json }) => json),
    ),
    ...slices(rows, QUARANTINE_ROWS_PER_STATEMENT).map(slice => insertQuarantine(db, slice)),
    ...(segments.length > 0 ? [insertSegments(db, segments, world.now())] : []),
  ]
}

function countedEvent({ event }: ChunkEvent) {
  return { id: event.p_row_id, minute: minuteOf(event.p_parse_time), logType: event.p_log_type }
}

function countedPost(post: ChunkPost, { quarantined }: Outcome): CountedPost | null {
  const { first, receivedAt, bytes } = post
  const firstId = typeof first === 'string' ? first : quarantined.get(first)?.[0]?.quarantineId
  return firstId === undefined ? null : { firstId, minute: minuteOf(receivedAt), bytes }
}

/** @param minute  now: what is rejected long after its receipt must still be seen by who watches the last minutes */
function countedRejections(
  [{ counts }, rows]: [ChunkRejections, readonly QuarantineRow[]],
  minute: number,
): CountedRejection[] {
  return rows.flatMap(({ quarantineId, reason }) => {
    if (counts === null) return [{ quarantineId, minute, reason, records: 1 }]
    return [...counts].map(([reason, records]) => ({ quarantineId, minute, reason, records }))
  })
}

/** What leaves no row by which its repetition could be told; counted each time. */
function uncountableOf(chunk: Chunk, left: readonly ChunkEvent[]) {
  return [
    ...left.map(({ event }) => ({
      minute: minuteOf(event.p_parse_time),
      name: 'events_lake_only' as const,
      label: event.p_log_type,
      value: 1,
    })),
    ...chunk.missingPosts.map(minute => ({ minute, name: 'posts_missing' as const, label: '', value: 1 })),
  ]
}

/** What a commit is planned from. */
interface Gathered {
  readonly facts: ReadonlyMap<HostId, HostFacts>
  readonly findings: readonly Finding[]
  readonly chunk: Chunk
  readonly known: KnownHosts
}

interface Committed {
  readonly deliveryIds: readonly string[]
  readonly known: KnownHosts
}

/** Commits, planning the alerts and the vitals of hosts anew each time someone else was quicker. */
async function commitWithFindings(
  world: World,
  { engine, routing }: Detection,
  { facts, findings, chunk, known: atFirst }: Gathered,
  statements: readonly D1PreparedStatement[],
): Promise<Committed> {
  const { db, settings } = world
  let known = atFirst
  for (let attempt = 1; ; attempt += 1) {
    const contacts = planContacts(chunk, known, touchIntervals(settings), touchIntervalMs(settings))
    const intake = await intakeFindings(world, findings, routing, facts, engine.sequences)
    const guards = assertVitalsAsRead(db, contacts.asRead)
    try {
      const results = await db.batch<{ host_id: string }>([
        ...guards,
        touchHosts(db, contacts.touches, touchIntervals(settings)),
        ...statements,
        ...intake.statements,
      ])
      const written = results[guards.length]?.results ?? []
      return { deliveryIds: intake.deliveryIds, known: withVitals(known, contacts, written) }
    } catch (error) {
      if (!isConflict(error) || attempt === COMMIT_ATTEMPTS) throw error
    }
    await world.sleep(jitter(world, attempt * CONFLICT_WAIT_MS))
    known = await readAgain(db, known, contacts)
  }
}

async function readAgain(db: D1Database, known: KnownHosts, { asRead }: ContactPlan): Promise<KnownHosts> {
  if (asRead.length === 0) return known
  const { byId, feedPhase } = await readKnownHosts(
    db,
    asRead.map(([hostId]) => hostId),
  )
  return { byId: new Map([...known.byId, ...byId]), feedPhase }
}

/** Knows the vitals that were written, for the next chunk. */
function withVitals(
  known: KnownHosts,
  { touches }: ContactPlan,
  written: readonly { readonly host_id: string }[],
): KnownHosts {
  const ids = new Set<string>(written.map(({ host_id }) => host_id))
  const byId = new Map(known.byId)
  for (const { hostId, vitals } of touches) {
    const host = byId.get(hostId)
    if (vitals !== undefined && host !== undefined && ids.has(hostId)) byId.set(hostId, { ...host, vitals })
  }
  return { byId, feedPhase: known.feedPhase }
}

/** Facts of every host that has events here. */
function factsOf(
  events: readonly ChunkEvent[],
  hosts: ReadonlyMap<HostId, HostFacts>,
): Map<HostId, HostFacts> {
  const facts = new Map<HostId, HostFacts>()
  for (const { event } of events) {
    const id = event.p_host_id
    if (!facts.has(id)) facts.set(id, hosts.get(id) ?? claimedFacts(event))
  }
  return facts
}

/** A host without a row, because D1 lost it or the enrollment is still to be written, is known by its own words. */
function claimedFacts(event: OsqueryEvent): HostFacts {
  const name = event.hostIdentifier.slice(0, CLAIMED_NAME_MAX_LENGTH).toWellFormed()
  return { id: event.p_host_id, name: name || event.p_host_id, platform: '', tags: [] }
}

function slices<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  )
}
