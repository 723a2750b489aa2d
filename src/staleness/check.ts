import { wake } from '../alerts/intake.ts'
import { type Change, openAlert, resolveAlert } from '../alerts/lifecycle.ts'
import type { HostId } from '../detect/event.ts'
import type { Routing } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { isConflict } from '../store/assertion.ts'
import { addToCounters, minuteOf } from '../store/counters.ts'
import {
  assertHostsAsRead,
  type HostMove,
  type HostSilenceRow,
  hostSilencePage,
  moveHosts,
  readFeedState,
  writeFeedState,
} from '../store/host-silence.ts'
import { faultText } from '../store/within.ts'
import { feedFalls, feedReturns, hostFalls, hostReturns } from './alert-text.ts'
import { type Findings, takeCensus } from './census.ts'
import { decideFeed, type FeedDecision, type FeedState } from './feed.ts'
import { NO_FEED, readFeedRecord } from './feed-record.ts'
import { type SilencePolicy, silencePolicy } from './policy.ts'
import { lastSign, type Move, SILENCE_STATES, type SilenceState, type WatchedHost } from './states.ts'

/** Hosts read in one query: about 300 KB. */
const PAGE_HOSTS = 1_000
/** 500,000 hosts. Hosts beyond are not watched, and the log says so: D1 allows 1,000 queries in an invocation. */
const MAX_PAGES = 500
/** Three missed crons: we were away, so silence proves nothing and one evaluation is skipped. */
const MAX_GAP_MS = 3 * 60_000
/** Moves that share a transaction. A host that changes meanwhile refuses its chunk, so chunks are small. */
const MOVES_IN_CHUNK = 10

/** What one run did. */
export type SilenceRun =
  | {
      readonly outcome: 'evaluated'
      readonly feed: FeedState['phase']
      readonly opened: number
      readonly resolved: number
    }
  /** The last evaluation is too long ago (or there was none): only the time was noted. */
  | { readonly outcome: 'skipped' }
  /** Another run evaluated at the same time; it does the rest. */
  | { readonly outcome: 'overtaken' }
  /** Something could not be read or written. What was not committed stays as it was, and is due again next time. */
  | { readonly outcome: 'failed'; readonly reason: string }

/**
 * Finds hosts that fell silent or returned, and opens and resolves their alerts. Run by cron each minute; never throws.
 *
 * A run that fails judges nobody: failing to look is not absence. Two runs at once change things once: the second finds
 * the feed's version changed, and every move is committed together with its alert only if the host is as it was read.
 */
export async function checkSilence(world: World, routing: Routing): Promise<SilenceRun> {
  try {
    const run = await evaluate(world, routing)
    if (run.outcome !== 'evaluated') world.log(`silence.${run.outcome}`)
    return run
  } catch (error) {
    if (isConflict(error)) {
      world.log('silence.overtaken')
      return { outcome: 'overtaken' }
    }
    const reason = faultText({ kind: 'failed', error })
    world.log('silence.failed', { reason })
    await countFailure(world)
    return { outcome: 'failed', reason }
  }
}

/** Counting shares the fate of what failed, so it may fail as well; the log has it then. */
async function countFailure(world: World): Promise<void> {
  const failure = {
    minute: minuteOf(world.now()),
    name: 'silence_checks_failed',
    label: '',
    value: 1,
  } as const
  try {
    await addToCounters(world.db, [failure]).run()
  } catch (error) {
    world.log('silence.failure-not-counted', { reason: faultText({ kind: 'failed', error }) })
  }
}

async function evaluate(world: World, routing: Routing): Promise<SilenceRun> {
  const { db } = world
  const now = world.now()
  const row = await readFeedState(db)
  const record = row === null ? null : readFeedRecord(row.value)
  const version = row?.version ?? 0
  if (record === null || now - record.evaluatedAt > MAX_GAP_MS) {
    await db.batch(writeFeedState(db, feedText(record ?? NO_FEED, now), version))
    return { outcome: 'skipped' }
  }
  const policy = silencePolicy(world.settings)
  const findings = await surveyHosts(world, policy, now)
  const decision = decideFeed(record, findings.census, policy, now)
  await commitFeed(world, routing, decision, findings, version, now)
  return await commitHosts(world, routing, decision, findings, now)
}

async function surveyHosts(world: World, policy: SilencePolicy, now: number): Promise<Findings> {
  const census = takeCensus(policy, now)
  let after = ''
  for (let page = 0; page < MAX_PAGES; page++) {
    const rows = await hostSilencePage(world.db, after, PAGE_HOSTS)
    census.add(rows.flatMap(watchedHost))
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE_HOSTS) return census.findings()
    after = last.host_id
  }
  world.log('silence.capped', { hosts: MAX_PAGES * PAGE_HOSTS })
  return census.findings()
}

/** The feed goes first: once its row is written, this run alone judges hosts. */
async function commitFeed(
  world: World,
  routing: Routing,
  decision: FeedDecision,
  findings: Findings,
  version: number,
  now: number,
): Promise<void> {
  const { db } = world
  const change = feedChange(db, routing, decision, findings, now)
  await db.batch([...writeFeedState(db, feedText(decision.next, now), version), ...change.statements])
  if (decision.alert === null) return
  world.log(`silence.feed-${decision.alert.kind}`, { ...findings.census })
  await wake(world, change.deliveryIds)
}

function feedChange(
  db: D1Database,
  routing: Routing,
  { alert, next }: FeedDecision,
  { census }: Findings,
  now: number,
): Change {
  if (alert === null) return { statements: [], deliveryIds: [] }
  return alert.kind === 'opens'
    ? openAlert(db, routing, feedFalls(next.episode, census, alert.reason, now))
    : resolveAlert(db, routing.destinations, feedReturns(next.episode, alert.reason, now))
}

async function commitHosts(
  world: World,
  routing: Routing,
  decision: FeedDecision,
  findings: Findings,
  now: number,
): Promise<SilenceRun> {
  const { db } = world
  const falls = decision.hosts === 'free' ? findings.falls : []
  if (findings.quiet.length > 0) await moveHosts(db, findings.quiet.map(hostMove)).run()
  const resolved = await commitMoves(world, findings.returns, move =>
    resolveAlert(db, routing.destinations, hostReturns(move, now)),
  )
  const opened = await commitMoves(world, falls, move => openAlert(db, routing, hostFalls(move, now)))
  return { outcome: 'evaluated', feed: decision.next.phase, opened, resolved }
}

/** Commits moves with their alerts, chunk by chunk, and answers how many were made. */
async function commitMoves(
  world: World,
  moves: readonly Move[],
  changeOf: (move: Move) => Change,
): Promise<number> {
  let made = 0
  for (let start = 0; start < moves.length; start += MOVES_IN_CHUNK) {
    const chunk = moves.slice(start, start + MOVES_IN_CHUNK)
    if (await commitTogether(world, chunk, changeOf)) {
      made += chunk.length
      continue
    }
    // One host of the chunk was heard, or moved by another run, since it was read. The others are still due.
    for (const move of chunk) if (await commitTogether(world, [move], changeOf)) made += 1
  }
  return made
}

async function commitTogether(
  world: World,
  moves: readonly Move[],
  changeOf: (move: Move) => Change,
): Promise<boolean> {
  const { db } = world
  const rows = moves.map(hostMove)
  const changes = moves.map(changeOf)
  try {
    await db.batch([
      assertHostsAsRead(db, rows),
      ...changes.flatMap(change => change.statements),
      moveHosts(db, rows),
    ])
  } catch (error) {
    if (isConflict(error)) return false
    throw error
  }
  for (const { host, to, reason } of moves) {
    world.log('silence.host', { host_id: host.hostId, from: host.state, to, reason })
  }
  await wake(
    world,
    changes.flatMap(change => change.deliveryIds),
  )
  return true
}

function hostMove({ host, to, since, episode }: Move): HostMove {
  return {
    hostId: host.hostId,
    from: host.state,
    fromEpisode: host.episode,
    unheardSince: to === 'silent' ? (lastSign(host)?.at ?? 0) : null,
    to,
    since,
    episode,
  }
}

/** A state that this version doesn't know was written by a newer one: such a host is left alone. */
function watchedHost(row: HostSilenceRow): WatchedHost[] {
  if (!isSilenceState(row.silence_state)) return []
  return [
    {
      // The primary key of `hosts` is what defines a HostId.
      hostId: row.host_id as HostId,
      hostname: row.hostname === '' ? row.host_identifier : row.hostname,
      tags: row.tags,
      state: row.silence_state,
      since: row.silence_since,
      episode: row.silence_episode,
      lastEnrollAt: row.last_enroll_at,
      revokedAt: row.revoked_at,
      heard: {
        pulse: row.last_pulse_at,
        result: row.last_result_at,
        status: row.last_status_at,
        config: row.last_config_at,
        distributed: row.last_distributed_at,
      },
    },
  ]
}

function isSilenceState(text: string): text is SilenceState {
  return SILENCE_STATES.some(state => state === text)
}

function feedText(feed: FeedState, evaluatedAt: number): string {
  return JSON.stringify({ ...feed, evaluatedAt })
}
