/**
 * How a D1 batch says "only if nothing changed since I read": a statement of the form
 * `INSERT INTO assertions SELECT 0 WHERE <something changed>`. The zero violates the CHECK of that table, and the
 * transaction of the whole batch is undone. D1 has no other conditional rollback.
 */
const REFUSAL = 'CHECK constraint failed: ok = 1'

/**
 * True when a batch was refused by one of its assertions: someone else was quicker. Read again, plan again, commit
 * again. False for every other error, lost connections above all.
 */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && error.message.includes(REFUSAL)
}
