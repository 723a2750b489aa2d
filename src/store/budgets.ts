/** So many sends within so much time, however that time is laid. */
export interface Lane {
  /** Names it in the table `states`. */
  readonly name: string
  readonly sends: number
  readonly windowMs: number
}

/**
 * Gives away the next turn in a lane and answers it as `{ slotAt }`, ms since the epoch: now, or when the turn that was
 * given `sends` turns ago is `windowMs` past. So no window holds more, turns come in the order in which they were asked
 * for, and each is asked for once. One statement: of callers at the same moment each gets a turn of its own.
 * @param atOnce  a turn now or none: no row is answered when there is none
 */
export function takeTurn(
  db: D1Database,
  { name, sends, windowMs }: Lane,
  now: number,
  atOnce: boolean,
): D1PreparedStatement {
  // The value is a JSON array of the last turns, oldest first; `#-n` is the n-th from its end.
  return db
    .prepare(
      `INSERT INTO states (name, value, version) VALUES ('budget:' || ?1, json_array(?4), 1)
       ON CONFLICT (name) DO UPDATE SET version = version + 1, value = (
         SELECT json_group_array(at) FROM (
           SELECT value AS at FROM json_each(states.value) WHERE key > json_array_length(states.value) - ?2
           UNION ALL
           SELECT max(?4, coalesce((states.value ->> ('$[#-' || CAST(?2 AS INTEGER) || ']')) + ?3, 0))))
       WHERE ?5 = 0 OR coalesce((states.value ->> ('$[#-' || CAST(?2 AS INTEGER) || ']')) + ?3, 0) <= ?4
       RETURNING value ->> '$[#-1]' AS slotAt`,
    )
    .bind(name, sends, windowMs, now, atOnce ? 1 : 0)
}
