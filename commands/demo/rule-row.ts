import { createEngine } from '../../src/detect/engine.ts'
import type { OsqueryEvent, Row } from '../../src/detect/event.ts'
import { feedingQueries } from '../../src/detect/feeds.ts'
import type { Pack, PackQuery } from '../../src/detect/pack.ts'
import type { Rule } from '../../src/detect/rule.ts'
import type { RuleTest } from '../../src/detect/rule-test.ts'
import { isAtLeast, type Severity } from '../../src/detect/severity.ts'
import { eventOf, hostOf } from '../../src/detect/test-event.ts'
import type { HostProfile } from '../../test/simulator/host-profile.ts'
import type { HostileRow } from '../../test/simulator/hostile-rows.ts'

const PLATFORMS = {
  linux: ['ubuntu'],
  darwin: ['darwin'],
  windows: ['windows'],
  posix: ['ubuntu', 'darwin'],
  any: ['ubuntu', 'darwin', 'windows'],
} as const satisfies Record<string, readonly HostProfile['platform'][]>

/** A row of a rule's test, which other rules may meet as well. */
export interface PlayedRow extends HostileRow {
  /** Ids of the other rules that it makes page too. */
  readonly also: readonly string[]
}

/** The columns of a test case that matches, as the demo plays them, or why it can't. */
export type RuleRow =
  | { readonly ok: true; readonly row: PlayedRow }
  | { readonly ok: false; readonly reason: string }

/**
 * Makes something hostile for the demo of the first test of a rule that matches: the same row, as a query of the packs
 * would send it, with its own time moved to now.
 *
 * @param others  rules that judge the row too
 * @param pageFrom  alerts below this severity page nobody
 */
export function rowOfRule(
  rule: Rule,
  packs: readonly Pack[],
  pageFrom: Severity,
  others: readonly Rule[] = [],
): RuleRow {
  const no = (reason: string): RuleRow => ({ ok: false, reason: `${rule.id} can't be played: ${reason}.` })
  if (!rule.enabled) return no('it is not enabled')
  if (!rule.alert) return no('it makes no alerts (alert: false)')
  if (rule.threshold > 1) return no(`it takes ${rule.threshold} matches to alert, and the demo plays one row`)
  const test = rule.tests.find(({ match }) => match)
  if (test === undefined) return no('no test of it matches')
  const event = eventOf(rule, test)
  const action = event.action === 'removed' || event.action === 'snapshot' ? event.action : 'added'
  const match = createEngine([rule])
    .evaluate(event, hostOf(test))
    .find(({ kind }) => kind === 'match')
  if (match === undefined || event.columns === null)
    return no('its first matching test is about a status line, or fails')
  if (!isAtLeast(match.severity, pageFrom)) return no(`its severity ${match.severity} pages nobody`)
  const feeds = feedingQueries(rule, packs)
  const query = feeds.find(({ name }) => name === event.p_query) ?? feeds[0]
  if (query === undefined) return no('no query of the packs feeds it')
  const { freshness } = rule
  const age = freshness === null ? null : testAge(event.columns[freshness.column], event.p_event_time)
  return {
    ok: true,
    row: {
      what: `"${test.name}" (a test of ${rule.id})`,
      rule: rule.id,
      also: alsoMet(others, rule, event, test),
      platforms: PLATFORMS[platformOf(query, packs)],
      name: `pack_${query.pack}_${query.name}`,
      action,
      columns: (_, unixTime) => ({
        ...given(event.columns),
        ...(freshness !== null && age !== null && { [freshness.column]: String(unixTime - age) }),
      }),
    },
  }
}

function alsoMet(
  others: readonly Rule[],
  rule: Rule,
  event: OsqueryEvent,
  test: RuleTest<Row>,
): readonly string[] {
  const findings = createEngine(others.filter(({ id }) => id !== rule.id)).evaluate(event, hostOf(test))
  return findings.flatMap(finding => (finding.kind === 'match' ? [finding.ruleId] : []))
}

/** How many seconds before its event the row of a test was made. */
function testAge(time: string | undefined, eventTime: number): number | null {
  return time === undefined || time === '' ? null : Math.round(eventTime / 1000 - Number(time))
}

function platformOf(query: PackQuery, packs: readonly Pack[]): keyof typeof PLATFORMS {
  return query.platform ?? packs.find(({ name }) => name === query.pack)?.platform ?? 'any'
}

/** The columns that the row has of its own. */
function given(columns: Row | null): Row {
  return Object.fromEntries(Object.entries(columns ?? {}))
}
