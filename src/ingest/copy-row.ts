import { type Findings, readValue } from './indicators.ts'
import { READ } from './read-way.ts'
import { type Lanes, mixText } from './row-id.ts'
import type { RowPlan } from './row-plan.ts'
import { textOf } from './values.ts'

/**
 * Copies one row as sent into one without Object's prototype, its values as text; mixes it into the hash and reads its
 * indicators on the way, so that a row is gone through once.
 *
 * @returns null when the row's columns are not those of the plan; hash and findings are then half done
 */
export function copyRow(
  sent: Readonly<Record<string, unknown>>,
  plan: RowPlan,
  hash: Lanes,
  findings: Findings,
): Record<string, string> | null {
  const { keys, seedsA, seedsB, ways, sortedKeys } = plan
  const row = new plan.Row()
  let i = 0
  // for-in and not Object.entries: it allocates nothing, and after JSON.parse there is nothing inherited to meet.
  for (const key in sent) {
    if (key !== keys[i]) return null
    const value = sent[key]
    const text = typeof value === 'string' ? value : textOf(value)
    row[key] = text
    if (sortedKeys === null) mixText(hash, text, seedsA[i] ?? 0, seedsB[i] ?? 0)
    const way = ways[i] ?? READ.nothing
    if (way !== READ.nothing) readValue(way, text, findings)
    i++
  }
  if (i !== keys.length) return null
  if (sortedKeys !== null) mixSorted(row, plan, sortedKeys, hash)
  return row
}

/** osquery writes columns by name; what re-serializes its lines may not. */
function mixSorted(
  row: Readonly<Record<string, string>>,
  { seedsA, seedsB }: RowPlan,
  sortedKeys: readonly string[],
  hash: Lanes,
): void {
  for (let i = 0; i < sortedKeys.length; i++) {
    mixText(hash, row[sortedKeys[i] ?? ''] ?? '', seedsA[i] ?? 0, seedsB[i] ?? 0)
  }
}
