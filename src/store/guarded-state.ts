/** A singleton of the table `states`, with the version that a later write must still find. */
export interface StateRow {
  readonly value: string
  readonly version: number
}

/** Reads a singleton, or null when it was never written. */
export async function readGuardedState(db: D1Database, name: string): Promise<StateRow | null> {
  return await db.prepare('SELECT value, version FROM states WHERE name = ?').bind(name).first<StateRow>()
}

/**
 * Writes a singleton; the batch they stand in is refused (`isConflict`) when another run wrote it since it was read.
 * @param version  as read; 0 when there was none
 */
export function writeGuardedState(
  db: D1Database,
  name: string,
  value: string,
  version: number,
): D1PreparedStatement[] {
  return [
    db
      .prepare(
        'INSERT INTO assertions SELECT 0 WHERE coalesce((SELECT version FROM states WHERE name = ?), 0) <> ?',
      )
      .bind(name, version),
    db
      .prepare(
        `INSERT INTO states (name, value, version) VALUES (?, ?, 1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value, version = version + 1`,
      )
      .bind(name, value),
  ]
}
