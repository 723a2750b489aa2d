/** Until when destinations take nothing: ms since the epoch, by destination id. Those that never paused are absent. */
export async function destinationPauses(db: D1Database): Promise<ReadonlyMap<string, number>> {
  const { results } = await db
    .prepare(
      // A range of the primary key: what begins with the prefix sorts before the prefix with its last sign raised.
      `SELECT substr(name, 7) AS destination, CAST(value AS INTEGER) AS until FROM states
       WHERE name >= 'pause:' AND name < 'pause;' LIMIT ${PAUSES_MAX}`,
    )
    .all<{ destination: string; until: number }>()
  return new Map(results.map(({ destination, until }) => [destination, until]))
}

/** More destinations than anyone has; some of them may be long gone from routing. */
const PAUSES_MAX = 1_000
