import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { described } from '../../test/described.ts'
import { createEngine } from './engine.ts'
import type { HostFacts, HostId } from './event.ts'
import { type Exception, type ExceptionDefinition, exception, isExpired } from './exception.ts'
import { rowOf } from './rows.ts'
import { type Rule, rule, table } from './rule.ts'
import { eventOf } from './test-event.ts'

const cron: Rule = rule({
  id: 'posix.cron-test',
  title: 'Cron',
  severity: 'high',
  on: table('crontab'),
  detect: ({ columns }) => columns.command !== '',
  ...described,
  tests: [
    { name: 'yes', match: true, columns: { command: 'x' } },
    { name: 'no', match: false },
  ],
})

const host: HostFacts = { id: 'id-1' as HostId, name: 'build-7', platform: 'ubuntu', tags: ['ci', 'linux'] } // any text

const LAST_DAY = '2026-11-30'
const LAST_MOMENT = Date.UTC(2026, 10, 30, 23, 59, 59, 999)

const narrow = { host: 'build-7' }

function definitionOf(change: Partial<ExceptionDefinition> = narrow): ExceptionDefinition {
  return { rule: cron.id, reason: 'The job of the build.', expires: LAST_DAY, ...change }
}

/** Whether the rule still matches. */
function matches(
  exceptions: readonly Exception[],
  command = '/opt/ci/run now',
  receivedAt = LAST_MOMENT,
): boolean {
  const event = eventOf(cron, { name: '', match: true, columns: { command } })
  const findings = createEngine([cron], exceptions).evaluate({ ...event, p_parse_time: receivedAt }, host)
  return findings.length > 0
}

describe('an exception', () => {
  it.each<[string, Partial<ExceptionDefinition>, boolean]>([
    ['name of the host', { host: 'build-7' }, false],
    ['id of the host', { host: 'id-1' }, false],
    ['hosts by pattern', { host: 'build-*' }, false],
    ['another host', { host: 'build-70' }, true],
    ['a name is no beginning', { host: 'build' }, true],
    ['a tag', { tag: 'ci' }, false],
    ['another tag', { tag: 'c*' }, true],
    ['host and tag', { ...narrow, tag: 'ci' }, false],
    ['host and another tag', { ...narrow, tag: 'db' }, true],
    ['a column, exactly', { columns: { command: '/opt/ci/run now' } }, false],
    ['a column by pattern', { columns: { command: '/opt/ci/* now' } }, false],
    ['a column by pattern that does not fit', { columns: { command: '/opt/ci/*later' } }, true],
    ['all columns must fit', { columns: { command: '/opt/ci/*', path: '/etc/crontab' } }, true],
    ['a column that the row lacks is empty', { columns: { path: '' } }, false],
    ['letters are what they are', { columns: { command: '/OPT/*' } }, true],
  ])('takes the matches back that it names: %s', (_name, change, still) => {
    expect(matches([exception(definitionOf(change))])).toBe(still)
  })

  it('leaves other rules alone', () => {
    const other = { ...cron, id: 'posix.other' }
    const event = eventOf(cron, { name: '', match: true, columns: { command: 'x' } })
    const { evaluate } = createEngine([cron, other], [exception(definitionOf())])
    expect(evaluate(event, host).map(({ ruleId }) => ruleId)).toEqual(['posix.other'])
  })

  it('hides no rule error', () => {
    const broken = {
      ...cron,
      exclude: () => {
        throw new Error('boom')
      },
    }
    const event = eventOf(cron, { name: '', match: true, columns: { command: 'x' } })
    const { evaluate } = createEngine([broken], [exception(definitionOf())])
    expect(evaluate(event, host)).toMatchObject([{ kind: 'rule_error', stage: 'exclude' }])
  })

  it('holds until its last day is over, by the time of receipt', () => {
    const held = exception(definitionOf())
    expect(matches([held], 'x', LAST_MOMENT)).toBe(false)
    expect(matches([held], 'x', LAST_MOMENT + 1)).toBe(true)
    expect([isExpired(held, LAST_MOMENT), isExpired(held, LAST_MOMENT + 1)]).toEqual([false, true])
  })

  it.each<[Partial<ExceptionDefinition>, RegExp]>([
    [{ ...narrow, reason: ' ' }, /rule "posix.cron-test": reason is missing: say why it is innocent/],
    [{ expires: 'never' }, /expires must be a day like 2027-03-31, not "never"/],
    [{ expires: '2027-02-30' }, /expires must be a day/],
    [{ expires: '2027-1-1' }, /expires must be a day/],
    [{ expires: '99999-01-01' }, /expires must be a day/],
    [{}, /names neither host, tag nor columns.*`enabled: false`/],
    [{ host: '' }, /host is empty/],
    [{ tag: '' }, /tag is empty/],
    [{ columns: { command: '**' } }, /columns.command is "\*\*", which everything is/],
    [{ columns: { '': 'x' } }, /columns has an empty name/],
  ])('that can be no good is refused with what to change: %#', (change, message) => {
    expect(() => exception(definitionOf(change))).toThrow(message)
  })

  it('for a rule that there is not is refused, with the one that may be meant', () => {
    const of = (id: string) => () => createEngine([cron], [exception(definitionOf({ ...narrow, rule: id }))])
    expect(of('posix.cron-tset')).toThrow('there is no such rule; did you mean "posix.cron-test"?')
    expect(of('windows.registry')).toThrow('there is no such rule; take the exception out')
  })
})

describe('a pattern', () => {
  const covers = (pattern: string, command: string) =>
    !matches([exception(definitionOf({ columns: { command: pattern } }))], command)

  it('means what a regular expression with the same holes means', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.', '\n'), minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(text, text, (pattern, command) => {
        fc.pre(!/^\*+$/.test(pattern))
        const pieces = pattern
          .split('*')
          .map(piece => piece.replace(/[.\n]/g, found => (found === '.' ? '\\.' : '\\n')))
        expect(covers(pattern, command)).toBe(new RegExp(`^${pieces.join('[^]*')}$`).test(command))
      }),
    )
  })

  it('takes no time over hostile text', () => {
    const pattern = `${'*a'.repeat(500)}*b`
    const start = performance.now()
    expect(covers(pattern, 'a'.repeat(100_000))).toBe(false)
    expect(performance.now() - start).toBeLessThan(100)
  })

  it('reads rows of unknown tables', () => {
    const event = { ...eventOf(cron, { name: '', match: true }), columns: rowOf('', { command: 'x' }) }
    const held = exception(definitionOf({ columns: { path: '', command: 'x' } }))
    expect(createEngine([cron], [held]).evaluate({ ...event, p_parse_time: 0 }, host)).toEqual([])
  })
})
