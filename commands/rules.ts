/** Shows the registry of rules, and runs the tests that stand in the rules' files. */
import { parseArgs } from 'node:util'
import { packs, rules } from '../rules/index.ts'
import type { Rule } from '../src/detect/rule.ts'
import { type RuleTestResult, runRuleTests } from '../src/detect/rule-test.ts'

const HELP = `Usage: npm run rules -- [list | test] [--json] [ID…]

  list      every rule: id, severity, what it meets, ATT&CK techniques, title (the default)
  test      runs the test cases of the rules; exit code 1 when one fails

  ID…       only these rules; a part of an id is enough
  --json    one JSON object a line: of list a rule, of test a test case
  --help    this text

A rule is one file in rules/, registered in rules/index.ts.
`

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  })
  const [command = 'list', ...ids] = positionals
  if (values.help === true) return say(HELP)
  if (command !== 'list' && command !== 'test') return complain(`no command "${command}"\n\n${HELP}`)
  const chosen = rules.filter(({ id }) => ids.length === 0 || ids.some(part => id.includes(part)))
  if (chosen.length === 0) return complain(`no rule has an id like ${ids.join(', ')}\n`)
  const json = values.json === true
  return command === 'list' ? list(chosen, json) : test(chosen, json)
}

function list(chosen: readonly Rule[], json: boolean): number {
  if (json) return say(chosen.map(rule => `${JSON.stringify(described(rule))}\n`).join(''))
  const rows = chosen.map(rule => [
    rule.id,
    rule.enabled ? rule.severity : 'off',
    meets(rule),
    rule.attack.join(' '),
    rule.title,
  ])
  const header = ['ID', 'SEVERITY', 'MEETS', 'ATT&CK', 'TITLE']
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map(row => row[column]?.length ?? 0)),
  )
  const lines = [header, ...rows].map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const queries = packs.reduce((sum, pack) => sum + Object.keys(pack.queries).length, 0)
  return say(`${lines.join('\n')}\n\n${chosen.length} rules; ${packs.length} packs with ${queries} queries\n`)
}

function test(chosen: readonly Rule[], json: boolean): number {
  const results = chosen.flatMap(runRuleTests)
  const failed = results.filter(({ failures }) => failures.length > 0)
  if (json) say(results.map(result => `${JSON.stringify({ kind: 'test', ...result })}\n`).join(''))
  else {
    say(failed.map(failure).join(''))
    say(`${chosen.length} rules, ${results.length} tests, ${failed.length} failed\n`)
  }
  return failed.length === 0 ? 0 : 1
}

function failure({ ruleId, name, failures }: RuleTestResult): string {
  return `✗ ${ruleId}: ${name}\n${failures.map(line => `    ${line}\n`).join('')}\n`
}

/** `table crontab`, with the actions when they are not the usual. */
function meets({ on, actions }: Rule): string {
  const what = `${on.kind} ${on.served === undefined ? '' : `${on.served.pack}/`}${on.names.join(', ')}`
  return actions === null || actions.join() === 'added' ? what : `${what} (${actions.join(', ')})`
}

/** A rule as JSON: all of it that is data, its tests by number. */
function described(rule: Rule): Readonly<Record<string, unknown>> {
  const { on, freshness } = rule
  return {
    kind: 'rule',
    id: rule.id,
    title: rule.title,
    severity: rule.severity,
    enabled: rule.enabled,
    alert: rule.alert,
    on: { [on.kind]: on.names, ...(on.served && { pack: on.served.pack }) },
    actions: rule.actions,
    attack: rule.attack,
    threshold: rule.threshold,
    dedup_minutes: rule.dedupMinutes,
    ignore_initial: rule.ignoreInitial,
    freshness: freshness && { column: freshness.column, within_seconds: freshness.withinMs / 1000 },
    replaces: rule.replaces,
    runbook: rule.runbook,
    tests: rule.tests.length,
  }
}

function say(text: string): number {
  process.stdout.write(text)
  return 0
}

function complain(text: string): number {
  process.stderr.write(text)
  return 2
}

try {
  process.exitCode = main()
} catch (error) {
  // parseArgs throws on an unknown option.
  process.exitCode = complain(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`)
}
