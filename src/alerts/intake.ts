import type { HostFacts, HostId } from '../detect/event.ts'
import type { Finding } from '../detect/finding.ts'
import type { Destination } from '../detect/routing.ts'
import type { World } from '../env.ts'

/** Statements to add to the D1 batch that stores the events, and the deliveries to wake once it is committed. */
export interface Intake {
  readonly statements: D1PreparedStatement[]
  readonly deliveryIds: readonly string[]
}

/**
 * Turns the findings of one chunk of events into what D1 has to learn: matches, windows, alerts, deliveries.
 *
 * The statements begin with guards: when a window changed or a match appeared since they were read, the whole batch
 * is refused and the error answers true to `isConflict`; call this again and commit what it then returns.
 * Replaying a committed chunk adds nothing. Without findings nothing is read and nothing returned.
 */
export async function intakeFindings(
  _world: World,
  _findings: readonly Finding[],
  _routing: readonly Destination[],
  _hosts: ReadonlyMap<HostId, HostFacts>,
): Promise<Intake> {
  return { statements: [], deliveryIds: [] }
}

/** True when a batch was refused because someone else was quicker: read again, plan again, commit again. */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && error.message.includes('CHECK constraint failed: ok = 1')
}

/**
 * Puts the deliveries on the ALERTS queue, within five seconds. Never throws: what the queue did not take is logged
 * and found by the sweeper.
 */
export async function wake(_world: World, _deliveryIds: readonly string[]): Promise<void> {}
