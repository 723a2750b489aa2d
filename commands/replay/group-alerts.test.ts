import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/detect/engine.ts'
import type { HostFacts, HostId, RowId } from '../../src/detect/event.ts'
import { routing } from '../../src/detect/routing.ts'
import { type RuleDefinition, rule, table } from '../../src/detect/rule.ts'
import type { TableColumns } from '../../src/detect/selector.ts'
import { eventOf } from '../../src/detect/test-event.ts'
import { described } from '../../test/described.ts'
import { groupAlerts } from './group-alerts.ts'

const host: HostFacts = { id: 'h' as HostId, name: 'web-1', platform: '', tags: [] }
const START = 1_700_000_000

function findingsAt(
  minutes: readonly number[],
  change: Partial<RuleDefinition<TableColumns<'crontab'>>> = {},
) {
  const jobs = rule({
    id: 'posix.jobs',
    title: 'Job',
    severity: 'high',
    on: table('crontab'),
    detect: () => true,
    ...described,
    tests: [
      { name: 'yes', match: true },
      { name: 'no', match: false, action: 'removed' },
    ],
    ...change,
  })
  const engine = createEngine([jobs])
  return minutes.flatMap((minute, index) => {
    const unixTime = START + minute * 60
    const event = eventOf(jobs, { name: '', match: true, unixTime, columns: { command: `job ${index % 2}` } })
    return engine.evaluate({ ...event, p_row_id: `row ${index}` as RowId }, host)
  })
}

function group(findings: ReturnType<typeof findingsAt>) {
  const told = routing({ destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }] })
  return groupAlerts(findings, told, new Map([[host.id, host]])).map(
    ({ alert, eventCount, lastEventAt, destinations: told }) => ({
      episode: alert.episode,
      first: (alert.firstEventAt / 1000 - START) / 60,
      last: (lastEventAt / 1000 - START) / 60,
      eventCount,
      told,
    }),
  )
}

describe('groupAlerts', () => {
  it('opens a window with its first match and closes it after the dedup period, by event time', () => {
    expect(group(findingsAt([59, 0, 29, 35, 61, 200]))).toEqual([
      { episode: 1, first: 0, last: 59, eventCount: 4, told: ['pagerduty'] },
      { episode: 2, first: 61, last: 61, eventCount: 1, told: ['pagerduty'] },
      { episode: 3, first: 200, last: 200, eventCount: 1, told: ['pagerduty'] },
    ])
  })

  it('waits for the threshold, and begins anew with each window', () => {
    expect(group(findingsAt([0, 50, 70, 80, 90], { threshold: 3 }))).toEqual([
      { episode: 2, first: 70, last: 90, eventCount: 3, told: ['pagerduty'] },
    ])
  })

  it('counts distinct values within a window only', () => {
    const unique = ({ columns }: { readonly columns: { readonly command: string } }) => columns.command
    const rules = { threshold: 2, unique }
    expect(group(findingsAt([0, 1], rules))).toHaveLength(1)
    expect(group(findingsAt([0, 70], rules))).toEqual([])
  })

  it('counts an event once and makes no alert of a signal', () => {
    const findings = findingsAt([0, 1])
    expect(group([...findings, ...findings])).toMatchObject([{ eventCount: 2 }])
    expect(group(findingsAt([0, 1], { alert: false }))).toEqual([])
  })
})
