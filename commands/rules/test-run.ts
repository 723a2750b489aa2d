import type { Rule } from '../../src/detect/rule.ts'
import { type RuleTestResult, runRuleTests } from '../../src/detect/rule-test.ts'
import type { Sequence } from '../../src/detect/sequence.ts'
import { runSequenceTests } from '../../src/detect/sequence-test.ts'
import { asJsonLines } from './output.ts'

/** What came of the tests of some rules. */
export interface TestRun {
  readonly results: readonly RuleTestResult[]
  readonly failed: readonly RuleTestResult[]
}

export function runTests(rules: readonly Rule[], sequences: readonly Sequence[] = []): TestRun {
  const results = [...rules.flatMap(runRuleTests), ...sequences.flatMap(runSequenceTests)]
  return { results, failed: results.filter(({ failures }) => failures.length > 0) }
}

/** Failures by rule, with the rule's file, then a tally. What passed is not told. */
export function testText(
  { results, failed }: TestRun,
  rules: readonly Rule[],
  files: ReadonlyMap<string, string>,
): string {
  const byRule = [...Map.groupBy(failed, ({ ruleId }) => ruleId)].map(([id, ofRule]) => {
    const tests = ofRule.map(({ name, failures }) => {
      const lines = failures.flatMap(readable)
      return `  ✗ ${name}\n${lines.map(line => `      ${line}\n`).join('')}`
    })
    return `${id}  ${files.get(id) ?? ''}\n${tests.join('')}\n`
  })
  const stale = rules
    .filter(isTemplate)
    .map(({ id }) => `${id} still holds text of the template: say it in your words\n`)
  const tally = `${rules.length} rules, ${results.length} tests, ${failed.length} failed\n`
  return `${byRule.join('')}${stale.join('')}${tally}`
}

export function testJson({ results }: TestRun): string {
  return asJsonLines(results.map(result => ({ kind: 'test', ...result })))
}

/** `title: expected "a", got "b"` with the two below each other, where the eye finds what differs. */
function readable(failure: string): readonly string[] {
  const [, what, expected, got] = /^(\w+): expected (.*), got (.*)$/s.exec(failure) ?? []
  if (what === undefined || expected === undefined || got === undefined) return [failure]
  return [what, `  expected  ${expected}`, `  got       ${got}`]
}

/** Text that `new` writes for its author to replace. */
export const TEMPLATE_MARK = 'To be said:'

function isTemplate(rule: Rule): boolean {
  return [rule.title, rule.means, rule.benign, rule.runbook].some(text => text.startsWith(TEMPLATE_MARK))
}
