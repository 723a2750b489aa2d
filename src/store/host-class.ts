import type { HostId } from '../detect/event.ts'

/** A guess about one host. */
export interface HostClassGuess {
  readonly hostId: HostId
  readonly class: string
  /** Why, for people. */
  readonly reason: string
  /** 3 is the surest. */
  readonly sureness: 1 | 2 | 3
}

/**
 * Notes guesses, at most one for each host. One is written only when it says something new, and when what it is founded
 * on is worth as much as what the guess there is founded on: only the surest makes hosts ephemeral, and the least sure is
 * for hosts of which nothing is known.
 */
export function noteClassGuesses(db: D1Database, guesses: readonly HostClassGuess[]): D1PreparedStatement {
  return db.prepare(NOTE_GUESSES).bind(JSON.stringify(guesses))
}

const NOTE_GUESSES = `
UPDATE hosts SET class_guess = g.value->>'class', class_reason = g.value->>'reason'
FROM json_each(?1) AS g
WHERE hosts.host_id = g.value->>'hostId'
  AND (hosts.class_guess <> g.value->>'class' OR hosts.class_reason <> g.value->>'reason')
  AND (hosts.class_guess = '' OR g.value->>'sureness' = 3
    OR (g.value->>'sureness' = 2 AND hosts.class_guess <> 'ephemeral'))`
