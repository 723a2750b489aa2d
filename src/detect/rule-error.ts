import type { Row } from './event.ts'
import type { RuleError, RuleFunctionName } from './finding.ts'
import type { Rule, RuleContext } from './rule.ts'
import type { Severity } from './severity.ts'
import { shownText } from './text.ts'

/** A broken rule is work for the day, whatever the rule is about: it is not a match and must not page like one. */
const RULE_ERROR_SEVERITY: Severity = 'low'

/** The finding for a function of a rule that threw or answered what it must not. Grouped by function and kind of error. */
export function ruleError(
  rule: Rule,
  context: RuleContext<Row>,
  stage: RuleFunctionName,
  thrown: unknown,
): RuleError {
  const { name, message } = describeThrown(thrown)
  return {
    kind: 'rule_error',
    ruleId: rule.id,
    event: context.event,
    severity: RULE_ERROR_SEVERITY,
    title: shownText(`Rule ${rule.id} failed in ${stage}: ${name}: ${message}`),
    dedup: shownText(`${stage}:${name}`),
    dedupMinutes: rule.dedupMinutes,
    runbook: `Mend ${stage} of rule ${rule.id} and add this event to its tests. Until then events like it go unjudged or carry defaults.`,
    stage,
    message: shownText(message),
  }
}

/** A function of a rule answered with the wrong type of value. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer'

  constructor(answer: unknown, expected: string) {
    super(`answered ${kindOf(answer)} instead of ${expected}`)
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value instanceof Promise) return 'a promise'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'string' ? 'another string' : `a value of type ${typeof value}`
}

/** Rules can throw anything, also what throws again when it is looked at. */
function describeThrown(thrown: unknown): { readonly name: string; readonly message: string } {
  try {
    if (thrown instanceof Error) return { name: String(thrown.name), message: String(thrown.message) }
    return { name: 'Thrown', message: typeof thrown === 'string' ? thrown : kindOf(thrown) }
  } catch {
    // Nothing is known of it, and that is what the answer says.
    return { name: 'Thrown', message: 'an error that cannot be read' }
  }
}
