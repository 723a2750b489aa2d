import { type Findings, READ, readValue } from './indicators.ts'
import { addText, type Lanes } from './row-id.ts'
import type { RowPlan } from './row-plan.ts'
import { textOf } from './values.ts'

/**
 * Copies one row as sent into one without Object's prototype, its values as text; adds it to the hash and reads its
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
  const { keys, seedsA, seedsB, ways } = plan
  const row = new plan.Row()
  let i = 0
  // for-in and not Object.entries: it allocates nothing, and after JSON.parse there is nothing inherited to meet.
  for (const key in sent) {
    if (key !== keys[i]) return null
    const value = sent[key]
    const text = typeof value === 'string' ? value : textOf(value)
    row[key] = text
    addText(hash, text, seedsA[i] ?? 0, seedsB[i] ?? 0)
    const way = ways[i] ?? READ.nothing
    if (way !== READ.nothing) readValue(way, text, findings)
    i++
  }
  return i === keys.length ? row : null
}
