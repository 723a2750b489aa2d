import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { described } from '../../test/described.ts'
import { createEngine } from './engine.ts'
import type { HostFacts, HostId, OsqueryEvent, Row } from './event.ts'
import { pack as packOf } from './pack.ts'
import { rowOf } from './rows.ts'
import {
  knownPack,
  logType,
  pack,
  query,
  type Rule,
  type RuleContext,
  type RuleDefinition,
  rule,
  table,
} from './rule.ts'
import type { Selector } from './selector.ts'
import { eventOf } from './test-event.ts'

const host: HostFacts = { id: 'host-1' as HostId, name: 'web-1', platform: 'ubuntu', tags: ['web'] }

type Loose = Readonly<Record<string, string | undefined>>

/** A rule that matches everything it meets, changed as a test needs it. */
function ruleOf(change: Partial<RuleDefinition<Loose>> & { readonly on?: Selector<Loose> } = {}): Rule {
  return rule<Loose>({
    id: 'test.rule',
    title: 'Title',
    severity: 'high',
    on: query('q'),
    detect: () => true,
    ...described,
    tests: [
      { name: 'yes', match: true },
      { name: 'no', match: false, action: 'removed' },
    ],
    ...change,
  })
}

const crontab = table('crontab') as Selector<Loose>

/** An event that `ruleOf()` meets, changed as a test needs it. */
function event(change: Partial<OsqueryEvent> = {}): OsqueryEvent {
  return { ...eventOf(ruleOf(), { name: '', match: true, columns: { command: 'x' } }), ...change }
}

function evaluate(rules: readonly Rule[], one: OsqueryEvent) {
  return createEngine(rules).evaluate(one, host)
}

/** Ids of the rules that matched. */
function matched(rules: readonly Rule[], one: OsqueryEvent): readonly string[] {
  return evaluate(rules, one).map(finding => finding.ruleId)
}

describe('which rules an event meets', () => {
  const rules = [
    ruleOf({ id: 'by.table', on: crontab }),
    ruleOf({ id: 'by.query', on: query('cron_jobs', 'jobs') }),
    ruleOf({ id: 'by.pack', on: pack('incident-response') }),
    ruleOf({ id: 'by.log-type', on: logType('Osquery.Differential') }),
  ]

  it.each<[Partial<OsqueryEvent>, readonly string[]]>([
    [{ p_table: 'crontab', p_query: 'anything' }, ['by.table', 'by.log-type']],
    [{ p_table: '', p_query: 'jobs' }, ['by.query', 'by.log-type']],
    [{ p_query: 'cron-jobs' }, ['by.log-type', 'by.query']],
    [{ p_pack: 'incident-response' }, ['by.pack', 'by.log-type']],
    [{ p_pack: 'incident_response' }, ['by.pack', 'by.log-type']],
    [{ p_pack: 'incident' }, ['by.log-type']],
    [
      { p_table: 'crontab', p_query: 'jobs', p_pack: 'incident-response' },
      ['by.table', 'by.query', 'by.pack', 'by.log-type'],
    ],
    [{ p_table: 'crontab', action: 'removed' }, ['by.log-type']],
    [{ p_table: 'crontab', action: 'ADDED' }, ['by.log-type']],
    [{ p_table: 'crontab', action: 'snapshot', p_log_type: 'Osquery.Snapshot' }, []],
    [{ p_table: 'crontab', p_log_type: 'Osquery.Batch' }, ['by.table']],
    [{ p_table: 'constructor', p_query: '__proto__', p_pack: 'toString', p_log_type: 'Osquery.Batch' }, []],
  ])('%j', (change, ids) => {
    const found = matched(rules, event({ p_query: 'other', ...change }))
    expect([...found].sort()).toEqual([...ids].sort())
  })

  it('finds in the order of the registry', () => {
    const one = event({ p_table: 'crontab', p_query: 'jobs', p_pack: 'incident-response' })
    expect(matched(rules, one)).toEqual(['by.table', 'by.query', 'by.pack', 'by.log-type'])
    expect(matched(rules.toReversed(), one)).toEqual(['by.log-type', 'by.pack', 'by.query', 'by.table'])
  })

  it('meets a served query only in its own pack', () => {
    const { queries } = packOf({
      name: 'mine-own',
      description: '',
      queries: { q: { query: 'SELECT 1;', interval: 60 } },
    })
    const served = [ruleOf({ on: query(queries.q) })]
    expect(matched(served, event({ p_pack: 'mine-own' }))).toHaveLength(1)
    expect(matched(served, event({ p_pack: 'mine_own' }))).toHaveLength(1)
    expect(matched(served, event({ p_pack: 'other' }))).toEqual([])
    expect(matched(served, event({ p_pack: '' }))).toEqual([])
  })

  it('meets a pack that is known by its queries in any pack, once', () => {
    const known = [ruleOf({ id: 'known.pack', on: knownPack('osx-attacks', ['OSX_Snake', 'Tibet.D']) })]
    const at = (p_pack: string, p_query: string) => matched(known, event({ p_pack, p_query }))
    expect(at('osx-attacks', 'anything')).toEqual(['known.pack'])
    expect(at('osx-attacks', 'OSX_Snake')).toEqual(['known.pack'])
    expect(at('team-1', 'Tibet.D')).toEqual(['known.pack'])
    expect(at('', 'OSX_Snake')).toEqual(['known.pack'])
    expect(at('team-1', 'launchd')).toEqual([])
  })

  it('shows events without columns only to rules about status lines', () => {
    const status = ruleOf({ id: 'by.status', on: logType('Osquery.Status') })
    const all = [...rules, status, ruleOf({ id: 'by.snapshot', on: logType('Osquery.Snapshot') })]
    const line = event({ p_log_type: 'Osquery.Status', columns: null, action: '', p_query: '', message: 'm' })
    expect(matched(all, line)).toEqual(['by.status'])
    const empty = event({
      p_log_type: 'Osquery.Snapshot',
      columns: null,
      action: 'snapshot',
      p_table: 'crontab',
    })
    expect(matched(all, empty)).toEqual([])
  })

  it('leaves out rules that are not enabled, and refuses two of one id', () => {
    expect(matched([ruleOf({ enabled: false })], event())).toEqual([])
    expect(() => createEngine([ruleOf(), ruleOf({ enabled: false })])).toThrow(
      'two rules are called "test.rule"',
    )
  })

  it('answers one shared list when nothing matches', () => {
    const engine = createEngine([ruleOf({ detect: () => false })])
    const nothing = engine.evaluate(event(), host)
    expect(nothing).toEqual([])
    expect(engine.evaluate(event({ p_query: 'other' }), host)).toBe(nothing)
  })

  it('gives every rule what a plain search through all rules gives it', () => {
    const names = fc.constantFrom('a', 'a-b', 'a_b', 'crontab', 'last')
    const on: fc.Arbitrary<Selector<Loose>> = fc.oneof(
      fc.constantFrom('crontab' as const, 'last' as const).map(name => table(name) as Selector<Loose>),
      fc.array(names, { minLength: 1 }).map(([first = 'a', ...rest]) => query(first, ...rest)),
      names.map(name => pack(name)),
      fc.constantFrom('Osquery.Differential' as const, 'Osquery.Batch' as const).map(name => logType(name)),
    )
    const alike = (a: string, b: string) =>
      a === b || a.replaceAll('-', '_') === b || a.replaceAll('_', '-') === b
    const meets = ({ on: { kind, names: wanted }, actions }: Rule, one: OsqueryEvent) => {
      if (actions?.includes(one.action) === false) return false
      if (kind === 'table') return wanted.includes(one.p_table)
      if (kind === 'logType') return wanted.includes(one.p_log_type)
      return wanted.some(name => alike(name, kind === 'query' ? one.p_query : one.p_pack))
    }
    fc.assert(
      fc.property(
        fc.array(on, { maxLength: 12 }),
        fc.record({
          p_table: names,
          p_query: names,
          p_pack: names,
          action: fc.constantFrom('added', 'removed', 'snapshot', ''),
          p_log_type: fc.constantFrom('Osquery.Differential' as const, 'Osquery.Batch' as const),
        }),
        (selectors, change) => {
          const all = selectors.map((selector, place) => ruleOf({ id: `test.rule-${place}`, on: selector }))
          const one = event(change)
          expect(matched(all, one)).toEqual(all.filter(each => meets(each, one)).map(({ id }) => id))
        },
      ),
    )
  })
})

describe('what a rule is given', () => {
  it('is the event, its host, and what both are known by', () => {
    let seen: unknown
    const one = event({ p_pack: 'p', p_table: 'crontab', decorations: rowOf('', { team: 'blue' }) })
    evaluate(
      [
        ruleOf({
          detect: context => {
            seen = context
            return false
          },
        }),
      ],
      one,
    )
    expect(seen).toEqual({
      event: one,
      columns: { command: 'x' },
      host: 'web-1',
      hostId: 'host-1',
      hostTags: ['web'],
      platform: 'ubuntu',
      action: 'added',
      query: 'q',
      pack: 'p',
      table: 'crontab',
      decorations: { team: 'blue' },
    })
  })

  it('is the same for all rules', () => {
    const seen: unknown[] = []
    const spy = (context: RuleContext<Loose>) => seen.push(context) < 0
    evaluate([ruleOf({ id: 'a.a', detect: spy }), ruleOf({ id: 'a.b', detect: spy })], event())
    expect(seen).toHaveLength(2)
    expect(seen[0]).toBe(seen[1])
  })
})

describe('guards', () => {
  it('ignores first results of state but not of happenings', () => {
    const rules = [ruleOf({ initial: 'ignore' })]
    expect(matched(rules, event({ counter: '0', p_table: 'crontab' }))).toEqual([])
    expect(matched(rules, event({ counter: '0', p_table: '' }))).toEqual([])
    expect(matched(rules, event({ counter: '0', p_table: 'process_events' }))).toEqual(['test.rule'])
    expect(matched(rules, event({ counter: '1', p_table: 'crontab' }))).toEqual(['test.rule'])
    expect(matched(rules, event({ counter: '', p_table: 'crontab' }))).toEqual(['test.rule'])
    expect(matched([ruleOf()], event({ counter: '0', p_table: 'crontab' }))).toEqual(['test.rule'])
  })

  const fresh = [ruleOf({ freshness: { column: 'time', within: '24h' } })]
  const now = 1_700_000_000
  const oldest = now - 86_400 - 1800
  it.each([
    [String(now), true],
    [String(oldest), true],
    [String(oldest - 1), false],
    [`${oldest}.0`, true],
    [String(now + 3600), true],
    ['0', false],
    ['', false],
    ['-5', false],
    ['yesterday', false],
    ['NaN', false],
    ['Infinity', false],
    ['0x7fffffff', false],
    ['1e12', false],
    ['9'.repeat(400), false],
  ])('freshness, half an hour of grace included: time %s', (time, isMatch) => {
    const row = rowOf('last', { time })
    expect(matched(fresh, event({ columns: row, p_event_time: now * 1000 }))).toHaveLength(isMatch ? 1 : 0)
  })

  it('takes a row without the column of freshness for old', () => {
    expect(matched(fresh, event({ columns: rowOf('', {}) }))).toEqual([])
  })

  it('lets rows without a time through where a rule wants it so, but for first results', () => {
    const lenient = [ruleOf({ freshness: { column: 'time', within: '24h', untimed: 'match' } })]
    const at = (time: string, counter = '1') =>
      matched(lenient, event({ columns: rowOf('', { time }), counter })).length === 1
    expect([at(''), at('0'), at('1699999700')]).toEqual([true, true, true])
    expect([at('', '0'), at('0', '0'), at('yesterday'), at('1600000000')]).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(matched(lenient, event({ columns: rowOf('', {}) }))).toEqual(['test.rule'])
  })

  it('takes a match back when it is excluded', () => {
    expect(matched([ruleOf({ exclude: ({ columns }) => columns['command'] === 'x' })], event())).toEqual([])
    expect(matched([ruleOf({ exclude: () => false })], event())).toEqual(['test.rule'])
  })
})

describe('rules that fail', () => {
  it('yield a rule error and leave the others alone', () => {
    const broken = ruleOf({
      id: 'test.broken',
      severity: 'critical',
      threshold: 5,
      detect: ({ columns }) => {
        throw new TypeError(`no ${columns['command']}\u202e`)
      },
    })
    const findings = evaluate([broken, ruleOf()], event())
    expect(findings).toMatchObject([
      {
        kind: 'rule_error',
        ruleId: 'test.broken',
        stage: 'detect',
        severity: 'low',
        title: 'Rule test.broken failed in detect: TypeError: no x\\u202e',
        message: 'no x\\u202e',
        dedup: 'detect:TypeError',
        dedupMinutes: 60,
      },
      { kind: 'match', ruleId: 'test.rule' },
    ])
    expect(findings[0]).not.toHaveProperty('threshold')
  })

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['string', 'true'],
    ['number', 1],
    ['a promise', Promise.resolve(true)],
  ])('a verdict that is %s is no match', (kind, verdict) => {
    const findings = evaluate([ruleOf({ detect: () => verdict as boolean })], event())
    expect(findings).toMatchObject([{ kind: 'rule_error', stage: 'detect' }])
    expect(findings[0]?.title).toContain(kind)
  })

  it.each<[string, unknown]>([
    ['a string', 'text'],
    ['nothing', undefined],
    ['an object without prototype', Object.create(null)],
    ['a symbol', Symbol('s')],
  ])('survives a rule that throws %s', (_, thrown) => {
    const detect = () => {
      throw thrown
    }
    expect(evaluate([ruleOf({ detect })], event())).toMatchObject([
      { kind: 'rule_error', dedup: 'detect:Thrown' },
    ])
  })

  it('survives an error whose own parts throw', () => {
    const trap = new Error('x')
    Object.defineProperty(trap, 'message', {
      get: () => {
        throw new Error('again')
      },
    })
    const detect = () => {
      throw trap
    }
    expect(evaluate([ruleOf({ detect })], event())).toMatchObject([{ kind: 'rule_error', stage: 'detect' }])
  })

  it('keeps the match when an exclusion throws: a broken exclusion must hide nothing', () => {
    const exclude = () => {
      throw new Error('x')
    }
    for (const broken of [exclude, () => 'yes' as unknown as boolean]) {
      expect(evaluate([ruleOf({ exclude: broken })], event())).toMatchObject([
        { kind: 'match' },
        { kind: 'rule_error', stage: 'exclude' },
      ])
    }
  })
})

describe('what a match tells', () => {
  const told = (change: Partial<RuleDefinition<Loose>>, one = event()) => evaluate([ruleOf(change)], one)
  const fail = () => {
    throw new Error('x')
  }

  it('has a default for everything', () => {
    const one = event()
    expect(told({}, one)).toEqual([
      {
        kind: 'match',
        ruleId: 'test.rule',
        event: one,
        severity: 'high',
        title: 'Title',
        dedup: 'host-1',
        dedupMinutes: 60,
        runbook: described.runbook,
        threshold: 1,
        alert: true,
        destinations: null,
        context: {},
      },
    ])
  })

  it('is what the rule says', () => {
    const findings = told({
      alertTitle: ({ host: name, columns }) => `${columns['command']} on ${name}`,
      dedup: ({ query: name }) => name,
      dynamicSeverity: () => 'critical',
      destinations: () => ['pagerduty'],
      context: ({ columns }) => ({ command: columns['command'], nothing: undefined }),
      unique: ({ columns }) => columns['command'] ?? null,
      threshold: 3,
      dedupPeriod: '15m',
      alert: false,
    })
    expect(findings).toMatchObject([
      {
        title: 'x on web-1',
        dedup: 'q',
        severity: 'critical',
        destinations: ['pagerduty'],
        context: { command: 'x' },
        unique: 'x',
        threshold: 3,
        dedupMinutes: 15,
        alert: false,
      },
    ])
  })

  it.each<[keyof RuleDefinition<Loose>, string, unknown]>([
    ['alertTitle', 'title', 'Title'],
    ['dedup', 'dedup', 'host-1'],
    ['dynamicSeverity', 'severity', 'high'],
    ['destinations', 'destinations', null],
    ['unique', 'unique', null],
    ['context', 'context', { _error: 'x' }],
  ])('falls back, and says so, when %s throws', (name, part, fallback) => {
    const findings = told({ [name]: fail })
    expect(findings).toMatchObject([{ kind: 'match' }, { kind: 'rule_error', stage: name, message: 'x' }])
    expect(findings[0]).toHaveProperty(part, fallback)
  })

  it.each<[keyof RuleDefinition<Loose>, unknown, string, unknown]>([
    ['alertTitle', 7, 'title', 'Title'],
    ['alertTitle', undefined, 'title', 'Title'],
    ['dedup', null, 'dedup', 'host-1'],
    ['dynamicSeverity', 'HIGH', 'severity', 'high'],
    ['dynamicSeverity', 'toString', 'severity', 'high'],
    ['destinations', 'pagerduty', 'destinations', null],
    ['destinations', [1], 'destinations', null],
    ['unique', 7, 'unique', null],
    ['context', [], 'context', { _error: 'answered a list instead of an object' }],
    ['context', null, 'context', { _error: 'answered null instead of an object' }],
    [
      'context',
      { toJSON: () => 'text' },
      'context',
      { _error: 'answered another string instead of an object once it is JSON' },
    ],
  ])('falls back, and says so, when %s answers %j', (name, answer, part, fallback) => {
    const findings = told({ [name]: () => answer })
    expect(findings).toMatchObject([{ kind: 'match' }, { kind: 'rule_error', stage: name }])
    expect(findings[0]).toHaveProperty(part, fallback)
  })

  it.each<[keyof RuleDefinition<Loose>, unknown, string, unknown]>([
    ['alertTitle', ' ', 'title', 'Title'],
    ['dedup', '', 'dedup', 'host-1'],
    ['dynamicSeverity', undefined, 'severity', 'high'],
    ['destinations', null, 'destinations', null],
    ['destinations', [], 'destinations', []],
    ['unique', '', 'unique', null],
    ['unique', null, 'unique', null],
  ])('takes the default without complaint when %s answers %j', (name, answer, part, value) => {
    const findings = told({ [name]: () => answer })
    expect(findings).toHaveLength(1)
    expect(findings[0]).toHaveProperty(part, value)
  })

  it('cuts titles and dedup strings to 1,000 characters and shows what is unseen', () => {
    const [match] = told({ alertTitle: () => `\u202e${'a'.repeat(5000)}`, dedup: () => 'b'.repeat(5000) })
    expect(match?.title).toHaveLength(1000)
    expect(match?.title).toMatch(/^\\u202ea+\.\.\. \(truncated\)$/)
    expect(match?.dedup).toBe(`${'b'.repeat(985)}... (truncated)`)
  })

  it('cuts destinations to ten', () => {
    const ids = Array.from({ length: 12 }, (_, index) => `d${index}`)
    expect(told({ destinations: () => ids })).toMatchObject([{ destinations: ids.slice(0, 10) }])
  })

  it.each([
    ['ASCII', 'a'],
    ['three bytes a character', '€'],
  ])('takes a context of 200 KiB of JSON and no more: %s', (_, character) => {
    const bytes = new TextEncoder().encode(character).length
    const rest = 200 * 1024 - '{"t":""}'.length
    const fits = character.repeat(Math.floor(rest / bytes))
    expect(told({ context: () => ({ t: fits }) })).toMatchObject([{ context: { t: fits } }])
    expect(told({ context: () => ({ t: `${fits}${character}` }) })).toMatchObject([
      { context: { _error: 'the context is more than 200 KiB of JSON' } },
      { kind: 'rule_error', stage: 'context' },
    ])
  })

  it('gives a context as it is once it is JSON, whatever texts it holds', () => {
    const contexts = fc
      .dictionary(
        fc.oneof(fc.constantFrom('__proto__', 'toJSON', '1'), fc.string()),
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(undefined, 1, null)),
      )
      .map(values => Object.fromEntries(Object.entries(values)))
    fc.assert(
      fc.property(contexts, context => {
        const [match] = told({ context: () => context })
        expect(match).toHaveProperty('context')
        const given = match?.kind === 'match' ? match.context : null
        expect(JSON.stringify(given)).toBe(JSON.stringify(context))
        expect(Object.keys(given ?? {})).toEqual(Object.keys(JSON.parse(JSON.stringify(context))))
      }),
      { numRuns: 100 },
    )
  })

  it('survives a context that is no JSON', () => {
    const ring: Record<string, unknown> = {}
    ring['ring'] = ring
    for (const context of [ring, { big: 1n }]) {
      expect(told({ context: () => context })).toMatchObject([
        { context: { _error: expect.any(String) } },
        { stage: 'context' },
      ])
    }
  })

  it('never throws and always answers fit text, whatever the row holds', () => {
    const engine = createEngine([
      ruleOf({
        alertTitle: ({ columns }) => columns['command'] as string,
        dedup: ({ columns }) => columns['other'] as string,
        context: ({ columns }) => ({ ...columns }),
      }),
    ])
    const rows: fc.Arbitrary<Row> = fc
      .dictionary(
        fc.oneof(fc.constantFrom('command', 'other', '__proto__'), fc.string()),
        fc.string({ unit: 'binary' }),
      )
      .map(values => rowOf('', values))
    fc.assert(
      fc.property(rows, columns => {
        for (const finding of engine.evaluate(event({ columns }), host)) {
          expect(finding.title.length).toBeLessThanOrEqual(1000)
          expect(finding.title.trim()).not.toBe('')
          expect(finding.dedup).not.toBe('')
          expect(finding.title.isWellFormed() && finding.dedup.isWellFormed()).toBe(true)
        }
      }),
      { numRuns: 50 },
    )
  })
})
