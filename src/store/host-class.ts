import type { HostId } from '../detect/event.ts'
import { minuteOf } from './counters.ts'

const CLASSES = "('server', 'laptop', 'ephemeral')"
/** On how many of its days a host was away for as long as machines are that people switch off. */
const NIGHTS = `(SELECT count(*) FROM json_each(iif(json_valid(vitals), vitals, '{}'), '$.rhythm.days') AS d
    WHERE json_extract(d.value, '$[2]') BETWEEN 7200000 AND 72000000)`
/** What `classOf` (src/staleness/host-class.ts) says, in SQL; a test holds the two to each other. */
export const HOST_CLASS = `coalesce(
  iif(class IN ${CLASSES}, class, NULL),
  (SELECT value FROM json_each(iif(json_valid(tags), tags, '[]')) WHERE value IN ${CLASSES} ORDER BY instr('server laptop ephemeral', value) LIMIT 1),
  iif(class_guess IN ${CLASSES}, class_guess, NULL),
  iif(${NIGHTS} >= 3, 'laptop', 'server'))`

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

/** So long a host is getting to be known: what it is guessed to be changes as its rows come. */
const NEW_FOR_MS = 86_400_000

/**
 * Counts hosts that were judged as servers for a day or longer and, by what they say of themselves, no longer will be: their
 * silence is then told to nobody, and whoever has a host's key, or the enroll secret, can bring it about. Must stand before
 * `noteClassGuesses` with the same guesses, in the same batch: so it counts once.
 * @param now  milliseconds since the epoch
 */
export function countLoweredClasses(
  db: D1Database,
  guesses: readonly HostClassGuess[],
  now: number,
): D1PreparedStatement {
  return db.prepare(COUNT_LOWERED).bind(JSON.stringify(guesses), minuteOf(now), now - NEW_FOR_MS)
}

const COUNT_LOWERED = `
INSERT INTO counters (minute, name, label, value)
SELECT ?2, 'classes_lowered', h.host_id, 1
FROM json_each(?1) AS g CROSS JOIN hosts h ON h.host_id = g.value->>'hostId'
WHERE g.value->>'class' <> 'server' AND h.enrolled_at <= ?3 AND h.class = ''
  AND (h.class_guess = '' OR (h.class_guess = 'server' AND g.value->>'sureness' >= 2))
  AND instr(h.tags, '"server"') = 0 AND instr(h.tags, '"laptop"') = 0 AND instr(h.tags, '"ephemeral"') = 0
ON CONFLICT DO UPDATE SET value = value + excluded.value`
