import { createEngine } from './engine.ts'
import type { Rule } from './rule.ts'
import { eventOf, hostOf } from './test-event.ts'

/**
 * The columns that a rule looked at while its tests ran, sorted: what a query must select, or the rule is blind. A column
 * that no test makes it look at is not among them.
 */
export function columnsRead(rule: Rule): readonly string[] {
  const engine = createEngine([{ ...rule, enabled: true }])
  const read = new Set<string>()
  for (const test of rule.tests) {
    const event = eventOf(rule, test)
    if (event.columns === null) continue
    const columns = new Proxy(event.columns, {
      get: (row, name) => {
        if (typeof name !== 'string') return undefined
        read.add(name)
        return row[name]
      },
    })
    engine.evaluate({ ...event, columns }, hostOf(test))
  }
  return [...read].toSorted()
}
