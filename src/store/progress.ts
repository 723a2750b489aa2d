/** How far a job that goes over something in turn has come; kept in the table `states`. */

/** @returns what `writeProgress` wrote last under this name, or null */
export async function readProgress(db: D1Database, name: string): Promise<unknown> {
  const value = await db
    .prepare('SELECT value FROM states WHERE name = ?1')
    .bind(nameOf(name))
    .first<string>('value')
  return value === null ? null : JSON.parse(value)
}

/** Writes progress, unless it is where it was. @param progress  serializable as JSON */
export async function writeProgress<T>(db: D1Database, name: string, before: T, progress: T): Promise<void> {
  const value = JSON.stringify(progress)
  if (value === JSON.stringify(before)) return
  await db
    .prepare(
      `INSERT INTO states (name, value, version) VALUES (?1, ?2, 1)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value, version = version + 1`,
    )
    .bind(nameOf(name), value)
    .run()
}

function nameOf(name: string): string {
  return `progress:${name}`
}
