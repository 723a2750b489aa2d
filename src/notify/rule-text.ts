import type { Rule } from '../detect/rule.ts'

/** What a rule tells whoever is woken by it, beside the runbook that its alerts keep. Empty where it says nothing. */
export type RuleText = Pick<Rule, 'means' | 'check' | 'benign' | 'references'>

/** By rule id: the rules and sequences of this deployment. One that is gone has alerts still, which do without. */
export type RuleTexts = ReadonlyMap<string, RuleText>

/** The texts of rules, for the consumer of the alerts queue. */
export function ruleTexts(rules: readonly Rule[]): RuleTexts {
  return new Map(rules.map(rule => [rule.id, rule]))
}
