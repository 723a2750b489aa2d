import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorOf, eventAt, hostId, matchOf } from '../../test/findings.ts'
import type { Finding, RuleMatch } from '../detect/finding.ts'
import { routing as routingOf } from '../detect/routing.ts'
import type { Window } from '../store/windows.ts'
import { groupIdOfFinding, matchKeyOf, type Plan, planFindings, uniqueValueOf } from './plan.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 10, 24, 10, 7, 20)
const routing = routingOf({
  destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }],
})

/** What D1 would know after a row of plans, kept the way the store keeps it. */
class Memory {
  readonly windows = new Map<string, Window>()
  readonly matches = new Set<string>()
  readonly values = new Map<string, { alertId: string; values: Set<string> }>()
  readonly counts = new Map<string, number>()
  readonly titles = new Map<string, string>()

  plan(findings: readonly Finding[], now: number): Plan {
    const uniqueValues = new Map([...this.values].map(([groupId, { values }]) => [groupId, values]))
    const known = { windows: this.windows, matches: this.matches, uniqueValues }
    const plan = planFindings(findings, known, routing, new Map(), now)
    this.#learn(plan, findings)
    return plan
  }

  #learn(plan: Plan, findings: readonly Finding[]): void {
    for (const window of plan.windows) this.windows.set(window.groupId, window)
    for (const match of plan.matches) this.matches.add(matchKeyOf(match.kind, match.ruleId, match.rowId))
    for (const alert of plan.created) {
      this.counts.set(alert.alertId, alert.eventCount)
      this.titles.set(alert.alertId, alert.title)
    }
    for (const { alertId, eventCount } of plan.grown) this.counts.set(alertId, eventCount)
    for (const finding of findings) this.#learnValue(finding)
  }

  #learnValue(finding: Finding): void {
    const groupId = groupIdOfFinding(finding)
    const alertId = this.windows.get(groupId)?.alertId ?? ''
    const value = uniqueValueOf(finding)
    const kept = this.values.get(groupId)
    const values = kept?.alertId === alertId ? kept.values : new Set<string>()
    if (value !== null) values.add(value)
    this.values.set(groupId, { alertId, values })
  }
}

function only<T>(list: readonly T[]): T {
  expect(list).toHaveLength(1)
  return list[0] as T
}

describe('the window of a rule', () => {
  it('fires at 10:07, appends at 10:36, 10:42 and 11:06, and fires anew at 11:07, with a period of one hour', () => {
    const memory = new Memory()
    const first = only(memory.plan([matchOf(1)], START).created)
    for (const [order, minutes] of [29, 35, 59].entries()) {
      const { created, grown, deliveries } = memory.plan([matchOf(order + 2)], START + minutes * MINUTE)
      expect(created).toEqual([])
      expect(deliveries).toEqual([])
      expect(only(grown)).toEqual({
        alertId: first.alertId,
        eventCount: order + 2,
        lastEventAt: START + minutes * MINUTE,
      })
    }
    const second = only(memory.plan([matchOf(9)], START + 60 * MINUTE + 1000).created)
    expect(second.alertId).not.toBe(first.alertId)
    expect(second).toMatchObject({ episode: 2, eventCount: 1, title: 'Cron fetches code, 9' })
  })

  it('still takes a match that comes exactly when the period ends', () => {
    const memory = new Memory()
    memory.plan([matchOf(1)], START)
    expect(memory.plan([matchOf(2)], START + 60 * MINUTE).grown).toHaveLength(1)
    expect(memory.plan([matchOf(3)], START + 60 * MINUTE + 1).created).toHaveLength(1)
  })

  it('is not prolonged by the matches within it', () => {
    const memory = new Memory()
    memory.plan([matchOf(1)], START)
    memory.plan([matchOf(2)], START + 59 * MINUTE)
    expect(memory.plan([matchOf(3)], START + 61 * MINUTE).created).toHaveLength(1)
  })

  it('keeps the title, severity and context of its first event', () => {
    const memory = new Memory()
    const late = matchOf(7, { severity: 'critical', title: 'late', context: { n: 7 } })
    const early = matchOf(3, { severity: 'low', title: 'early', context: { n: 3 } })
    const alert = only(memory.plan([late, early], START).created)
    expect(alert).toMatchObject({ title: 'early', severity: 'low', context: '{"n":3}', eventCount: 2 })
    expect(alert.firstRowId).toBe(early.event.p_row_id)
    memory.plan([matchOf(1, { title: 'older still' })], START + MINUTE)
    expect(memory.titles.get(alert.alertId)).toBe('early')
  })

  it('goes by our clock alone, whatever the agents say', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e13, max: 1e13 }), { minLength: 1, maxLength: 8 }), shifts => {
        const run = (shift: (index: number) => number) => {
          const memory = new Memory()
          return shifts.map((_, index) => {
            const event = eventAt(index, { p_event_time: shift(index), unixTime: shift(index) })
            const { created, grown } = memory.plan([matchOf(index, { event })], START + index * 20 * MINUTE)
            return { created, grown }
          })
        }
        expect(run(index => shifts[index] ?? 0)).toEqual(run(() => 0))
      }),
      { numRuns: 50 },
    )
  })

  it('is one for each rule, dedup string and kind', () => {
    const { windows, created } = new Memory().plan(
      [
        matchOf(1),
        matchOf(2, { dedup: 'host-2' }),
        matchOf(3, { ruleId: 'other' }),
        errorOf(4, { dedup: 'host-1' }),
      ],
      START,
    )
    expect(new Set(windows.map(({ groupId }) => groupId)).size).toBe(4)
    expect(new Set(created.map(({ alertId }) => alertId)).size).toBe(4)
  })
})

describe('a threshold', () => {
  const counted = (order: number) => matchOf(order, { threshold: 3 })

  it('makes the alert when it is met, with the facts of the match that opened the window', () => {
    const memory = new Memory()
    const quiet = memory.plan([counted(1), counted(2)], START)
    expect(quiet.created).toEqual([])
    expect(quiet.deliveries).toEqual([])
    const alert = only(memory.plan([counted(3)], START + 10 * MINUTE).created)
    expect(alert).toMatchObject({ title: 'Cron fetches code, 1', eventCount: 3, firstEventAt: START })
    expect(alert.createdAt).toBe(START + 10 * MINUTE)
  })

  it('writes the matches below it, with the id of the alert that may never be', () => {
    const memory = new Memory()
    const below = memory.plan([counted(1)], START)
    const after = memory.plan([counted(2), counted(3), counted(4)], START + 61 * MINUTE)
    expect(below.matches.map(({ alertId }) => alertId)).toEqual([only(below.windows).alertId])
    expect(only(after.created)).toMatchObject({ episode: 2, eventCount: 3 })
    expect(only(after.created).alertId).not.toBe(only(below.windows).alertId)
  })

  it('is met once: what follows appends', () => {
    const memory = new Memory()
    memory.plan([counted(1), counted(2), counted(3)], START)
    const { created, grown } = memory.plan([counted(4)], START + MINUTE)
    expect(created).toEqual([])
    expect(only(grown).eventCount).toBe(4)
  })
})

describe('a rule that counts distinct values', () => {
  const valued = (order: number, unique: string | null, overrides: Partial<RuleMatch> = {}) =>
    matchOf(order, { threshold: 3, unique, ...overrides })

  it('fires when the window has seen as many values as its threshold, exactly', () => {
    const memory = new Memory()
    memory.plan([valued(1, 'a'), valued(2, 'a'), valued(3, 'b')], START)
    memory.plan([valued(4, 'b'), valued(5, 'a')], START + MINUTE)
    expect(memory.counts.size).toBe(0)
    const { created, timeline } = memory.plan([valued(6, 'c')], START + 2 * MINUTE)
    expect(only(created)).toMatchObject({ eventCount: 6, title: 'Cron fetches code, 1' })
    expect(timeline[0]?.detail).toContain('3 distinct values in 6 matches')
  })

  it('forgets the values with the window', () => {
    const memory = new Memory()
    memory.plan([valued(1, 'a'), valued(2, 'b')], START)
    memory.plan([valued(3, 'c')], START + 61 * MINUTE)
    expect(memory.counts.size).toBe(0)
  })

  it('does not count what has no value', () => {
    const memory = new Memory()
    const once = (order: number, value: string | null) => valued(order, value, { threshold: 1 })
    expect(memory.plan([once(1, null), once(2, '')], START).created).toEqual([])
    expect(only(memory.plan([once(3, 'a')], START).created).eventCount).toBe(3)
  })
})

describe('a signal', () => {
  it('leaves a match and nothing else', () => {
    const plan = new Memory().plan([matchOf(1, { alert: false })], START)
    expect(only(plan.matches)).toMatchObject({ ruleId: 'posix.cron-fetches-code', alertId: '' })
    expect({ ...plan, matches: [] }).toEqual({
      matches: [],
      windows: [],
      created: [],
      reopened: [],
      grown: [],
      hosts: [],
      deliveries: [],
      triggersAgain: [],
      timeline: [],
      storms: [],
      stormGrowths: [],
    })
  })
})

describe('a rule error', () => {
  it('is an alert of its own kind at once, whatever the threshold of the rule', () => {
    const { created, matches, deliveries } = new Memory().plan([errorOf(1)], START)
    expect(only(created)).toMatchObject({ kind: 'rule_error', title: errorOf(1).title, dedup: 'TypeError' })
    expect(only(created).context).toBe('{"stage":"detect","message":"boom"}')
    expect(only(matches).kind).toBe('rule_error')
    expect(deliveries).toHaveLength(1)
  })

  it('does not count as a match of the rule, even for the same event', () => {
    const findings = [matchOf(1, { threshold: 2 }), errorOf(1, { dedup: 'host-1' })]
    const { created, matches } = new Memory().plan(findings, START)
    expect(only(created).kind).toBe('rule_error')
    expect(matches).toHaveLength(2)
  })
})

describe('a replay', () => {
  it('changes nothing', () => {
    const memory = new Memory()
    const chunk = [matchOf(1), matchOf(2, { alert: false }), errorOf(3), matchOf(4, { unique: 'a' })]
    memory.plan(chunk, START)
    const again = memory.plan(chunk, START + 5 * MINUTE)
    expect(Object.values(again).flat()).toEqual([])
  })

  it('counts an event once that stands twice in the chunk', () => {
    expect(only(new Memory().plan([matchOf(1), matchOf(1)], START).created).eventCount).toBe(1)
  })

  it('counts each event once however chunks overlap, double and come in whatever order', () => {
    const chunks = fc.array(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 8 }), { maxLength: 10 })
    fc.assert(
      fc.property(chunks, lists => {
        const memory = new Memory()
        for (const [index, orders] of lists.entries()) {
          memory.plan(
            orders.map(order => matchOf(order)),
            START + index,
          )
        }
        const distinct = new Set(lists.flat()).size
        expect([...memory.counts.values()]).toEqual(distinct === 0 ? [] : [distinct])
      }),
      { numRuns: 100 },
    )
  })
})

describe('the order of findings in a chunk', () => {
  it('changes nothing', () => {
    const findings: readonly Finding[] = [
      matchOf(1, { threshold: 2 }),
      matchOf(2, { threshold: 2 }),
      matchOf(3, { dedup: 'host-2' }),
      errorOf(1),
      matchOf(5, { alert: false }),
    ]
    const sorted = (plan: Plan) =>
      Object.fromEntries(
        Object.entries(plan).map(([name, rows]) => [
          name,
          rows.map((row: object) => JSON.stringify(row)).sort(),
        ]),
      )
    const expected = sorted(new Memory().plan(findings, START))
    fc.assert(
      fc.property(fc.shuffledSubarray([...findings], { minLength: 5 }), shuffled => {
        expect(sorted(new Memory().plan(shuffled, START))).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })
})

describe('an alert', () => {
  it('has the same id wherever and whenever it is planned', () => {
    const here = only(new Memory().plan([matchOf(1)], START).created)
    const there = only(new Memory().plan([matchOf(2)], START + MINUTE).created)
    expect(there.alertId).toBe(here.alertId)
    expect(here.alertId).toMatch(/^[0-9a-f]{20}$/)
  })

  it('carries the name of the host row, else the name that the host gives itself', () => {
    const facts = { id: hostId('host-1'), name: 'web-1', platform: 'ubuntu', tags: [] }
    const known = { windows: new Map(), matches: new Set<string>(), uniqueValues: new Map() }
    const named = planFindings([matchOf(1)], known, routing, new Map([[facts.id, facts]]), START)
    expect(only(named.created)).toMatchObject({ hostId: 'host-1', hostname: 'web-1', query: 'crontab' })
    const unnamed = planFindings([matchOf(1)], known, routing, new Map(), START)
    expect(only(unnamed.created).hostname).toBe('web-1.example.com')
  })

  it('tells in its timeline why it is and who is told', () => {
    const { timeline } = new Memory().plan([matchOf(1)], START)
    expect(timeline.map(({ kind, detail }) => [kind, detail])).toEqual([
      [
        'created',
        'Rule posix.cron-fetches-code: 1 match in the window that began 2026-11-24T10:07:20.000Z; its threshold is 1.',
      ],
      ['routed', 'pagerduty is told: high is at least low.'],
    ])
  })
})
