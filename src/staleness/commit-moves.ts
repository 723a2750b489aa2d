import { wake } from '../alerts/intake.ts'
import { type Change, openAlert, openAlertAgain, resolveAlert } from '../alerts/lifecycle.ts'
import type { Routing } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { isConflict } from '../store/assertion.ts'
import { assertHostsAsRead, moveHosts } from '../store/host-silence.ts'
import { hostAlert, hostReturns } from './alert-text.ts'
import { hostMoveOf } from './host-row.ts'
import { DIGEST_RULE } from './page-cap.ts'
import type { SilencePolicy } from './policy.ts'
import type { Move } from './watched-host.ts'

/** Moves with alerts that share a transaction. A host that changes meanwhile refuses its chunk, so chunks are small. */
const MOVES_IN_CHUNK = 10
/** Moves without: one statement, whose parameter D1 takes up to 2 MB. */
const QUIET_IN_STATEMENT = 1_000

/** Moves hosts whose own alerts stay as they are; one that changed since it was read is left alone. */
export async function moveQuietly(world: World, moves: readonly Move[]): Promise<void> {
  if (moves.length === 0) return
  const { db } = world
  const statements: D1PreparedStatement[] = []
  for (let start = 0; start < moves.length; start += QUIET_IN_STATEMENT) {
    statements.push(moveHosts(db, moves.slice(start, start + QUIET_IN_STATEMENT).map(hostMoveOf)))
  }
  await db.batch(statements)
}

/** Commits moves with their alerts, chunk by chunk, and answers how many were made. */
export async function commitMoves(
  world: World,
  routing: Routing,
  moves: readonly Move[],
  policy: SilencePolicy,
  now: number,
): Promise<{ readonly opened: number; readonly resolved: number }> {
  const made: Move[] = []
  const commit = async (chunk: readonly Move[]) => {
    const changes = chunk.map(move => changeOf(world.db, routing, move, policy, now))
    const isDone = await commitTogether(world, chunk, changes)
    if (isDone) made.push(...chunk)
    return isDone
  }
  for (let start = 0; start < moves.length; start += MOVES_IN_CHUNK) {
    const chunk = moves.slice(start, start + MOVES_IN_CHUNK)
    if (await commit(chunk)) continue
    // One host of the chunk was heard, or moved by another run, since it was read. The others are still due.
    for (const move of chunk) await commit([move])
  }
  const opened = made.filter(({ raises }) => raises !== null).length
  return { opened, resolved: made.length - opened }
}

function changeOf(db: D1Database, routing: Routing, move: Move, policy: SilencePolicy, now: number): Change {
  const { resolves, raises } = move
  const parts: Change[] = []
  if (resolves !== null && resolves !== DIGEST_RULE) {
    parts.push(resolveAlert(db, routing.destinations, hostReturns(move, resolves, now)))
  }
  if (raises !== null && raises.ruleId !== DIGEST_RULE) {
    const spec = hostAlert(move, { ...raises, ruleId: raises.ruleId }, policy, now)
    parts.push(
      raises.kind === 'opens'
        ? openAlert(db, routing, spec)
        : openAlertAgain(db, routing, spec, raises.dueAt),
    )
  }
  return {
    statements: parts.flatMap(({ statements }) => statements),
    deliveryIds: parts.flatMap(({ deliveryIds }) => deliveryIds),
  }
}

async function commitTogether(
  world: World,
  moves: readonly Move[],
  changes: readonly Change[],
): Promise<boolean> {
  const { db } = world
  const rows = moves.map(hostMoveOf)
  try {
    await db.batch([
      assertHostsAsRead(db, rows),
      ...changes.flatMap(({ statements }) => statements),
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
    changes.flatMap(({ deliveryIds }) => deliveryIds),
  )
  return true
}
