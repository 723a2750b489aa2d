import type { OsqueryEvent } from '../detect/event.ts'
import type { SnapshotQueries } from '../staleness/snapshot-queries.ts'
import { countDroppedLines } from '../store/dropped-lines.ts'
import { countLoweredClasses, noteClassGuesses } from '../store/host-class.ts'
import { noteSightings } from '../store/query-sightings.ts'
import { classGuessesOf } from './class-facts.ts'
import { droppedLinesOf } from './dropped-lines.ts'
import { sightingsOf } from './query-sightings.ts'

/**
 * What events say of the agents that sent them, for their watch: which snapshot queries ran, what was thrown away, and
 * what kind of machine it is. The statements must stand before the insertion of the events, in the same batch.
 */
export function noteAgents(
  db: D1Database,
  events: readonly OsqueryEvent[],
  snapshots: SnapshotQueries,
  now: number,
): D1PreparedStatement[] {
  const sightings = sightingsOf(events, snapshots)
  const dropped = droppedLinesOf(events, now)
  const guesses = classGuessesOf(events)
  return [
    ...(sightings.length > 0 ? [noteSightings(db, sightings)] : []),
    ...(dropped.length > 0 ? countDroppedLines(db, dropped) : []),
    ...(guesses.length > 0 ? [countLoweredClasses(db, guesses, now), noteClassGuesses(db, guesses)] : []),
  ]
}
