import type { Pack } from '../../src/detect/pack.ts'
import type { Rule } from '../../src/detect/rule.ts'
import { asJsonLines, asTable } from './output.ts'

/** The rules as a table: id, severity, what it meets, techniques, title. */
export function listText(rules: readonly Rule[], packs: readonly Pack[]): string {
  const rows = rules.map(rule => [rule.id, standing(rule), meets(rule), rule.attack.join(' '), rule.title])
  const queries = packs.reduce((sum, pack) => sum + Object.keys(pack.queries).length, 0)
  const table = asTable(['ID', 'SEVERITY', 'MEETS', 'ATT&CK', 'TITLE'], rows)
  return `${table}\n${rules.length} rules; ${packs.length} packs with ${queries} queries\n`
}

/** The rules as JSON, one object a line: all of a rule that is data, its tests by number. */
export function listJson(rules: readonly Rule[], files: ReadonlyMap<string, string>): string {
  return asJsonLines(
    rules.map(rule => {
      const { on, freshness } = rule
      return {
        kind: 'rule',
        id: rule.id,
        file: files.get(rule.id),
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
        means: rule.means,
        check: rule.check,
        benign: rule.benign,
        runbook: rule.runbook,
        references: rule.references,
        tests: rule.tests.length,
      }
    }),
  )
}

function standing({ enabled, alert, severity }: Rule): string {
  if (!enabled) return 'off'
  return alert ? severity : `${severity} (signal)`
}

/** `table crontab`, with the actions when they are not the usual. */
export function meets({ on, actions }: Rule): string {
  const what = `${on.kind} ${on.served === undefined ? '' : `${on.served.pack}/`}${on.names.join(', ')}`
  return actions === null || actions.join() === 'added' ? what : `${what} (${actions.join(', ')})`
}
