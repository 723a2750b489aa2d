import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../src/detect/engine.ts'
import { columnsOf } from '../src/detect/rows.ts'
import type { Rule } from '../src/detect/rule.ts'
import { runRuleTests } from '../src/detect/rule-test.ts'
import { TABLE_COLUMNS } from '../src/detect/table-schema.ts'
import { eventOf, hostOf } from '../src/detect/test-event.ts'
import { packs, rules } from './index.ts'

const sources = readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
  .map(entry => join(entry.parentPath, entry.name))

describe('the registry', () => {
  it('makes an engine: no two rules have one id', () => {
    expect(() => createEngine(rules)).not.toThrow()
    expect(new Set(packs.map(({ name }) => name)).size).toBe(packs.length)
  })

  it('names every rule and pack there is', () => {
    const inRooms = sources.filter(path => relative(import.meta.dirname, path).includes('/'))
    const files = inRooms.filter(path => basename(path) !== 'index.ts')
    const unnamed = files.filter(path => {
      const registry = readFileSync(join(dirname(path), 'index.ts'), 'utf8')
      return !registry.includes(`'./${basename(path)}'`)
    })
    expect(unnamed).toEqual([])
  })
})

describe.each(rules.map(rule => [rule.id, rule] as const))('%s', (_, rule) => {
  it.each(runRuleTests(rule).map(({ name, failures }) => [name, failures] as const))(
    '%s',
    (_name, failures) => {
      expect(failures).toEqual([])
    },
  )

  it.each<[string, Partial<Rule>]>([
    ['always said yes', { detect: () => true, exclude: () => false }],
    ['always said no', { detect: () => false }],
    ['met every action', { actions: null }],
    ['forgot that rows grow old', { freshness: null }],
  ])('has a test that would fail if it %s', (_name, mutation) => {
    // A rule that has no such part can't lose it.
    const loses = Object.keys(mutation).some(part => part === 'detect' || rule[part as keyof Rule] !== null)
    const verdicts = runRuleTests({ ...rule, ...mutation })
    const isWholePack =
      rule.on.kind === 'pack' && rule.exclude === undefined && mutation.exclude !== undefined
    if (loses && !isWholePack) expect(verdicts.some(({ failures }) => failures.length > 0)).toBe(true)
  })

  it('judges hostile rows in no time', () => {
    const engine = createEngine([{ ...rule, enabled: true }])
    const pieces = [
      'a',
      ' ',
      '/',
      '/tmp/',
      'sh -c "',
      '$(',
      '((',
      "'",
      '\\',
      'a.',
      '@',
      '0',
      ':',
      '\u202e',
      '{,',
      '|',
    ]
    for (const test of rule.tests.filter(({ match }) => match)) {
      const event = eventOf(rule, test)
      for (const piece of pieces) {
        const hostile = piece.repeat(Math.ceil(10_000 / piece.length))
        const columns = Object.fromEntries(
          Object.keys(event.columns ?? {}).map(name => [name, `${hostile}!`]),
        )
        const worst = { ...event, ...(event.columns ? { columns } : { message: hostile }) }
        const times = Array.from({ length: 5 }, () => {
          const start = performance.now()
          engine.evaluate(worst, hostOf(test))
          return performance.now() - start
        })
        // The least of several: the machine may be busy, a regular expression that backtracks always is.
        expect(Math.min(...times), `${test.name}: ${piece}`).toBeLessThan(5)
      }
    }
  })
})

/** Regular expression literals of a TypeScript source: a slash where a value may begin. */
function literals(source: string): readonly string[] {
  return Array.from(
    source.matchAll(/(?<=[=(,:!&|?[]\s*)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g),
    ([literal]) => literal,
  )
}

/** A repeated group that holds a repetition is what can backtrack without end: (a+)+, (a*b?)*, (?:x{2,})+. */
function repeatsRepetition(literal: string): boolean {
  return /\((?:[^()\\]|\\.)*(?:[*+]|\{\d+,\d*\})(?:[^()\\]|\\.)*\)(?:[*+]|\{\d+,)/.test(literal)
}

describe('regular expressions of rules', () => {
  it('are found, and the dangerous ones told from the others', () => {
    expect(literals('const A = /a[/]b/i; f(/^(x+)+$/, 4 / 2 / 1) // no /c/')).toEqual([
      '/a[/]b/i',
      '/^(x+)+$/',
    ])
    expect(['/(a+)+$/', '/(?:a*b?)*c/', '/(x{2,})+/', '/(a|b+){3,}/'].every(repeatsRepetition)).toBe(true)
    expect(['/(?:ab)+/', '/a+b+/', '/(a+)?/', '/\\(a+\\)+/', '/(a{2})+/'].some(repeatsRepetition)).toBe(false)
  })

  it.each(sources.map(path => [relative(import.meta.dirname, path), path] as const))(
    '%s repeats no repetition',
    (_, path) => {
      expect(literals(readFileSync(path, 'utf8')).filter(repeatsRepetition)).toEqual([])
    },
  )
})

describe('packs', () => {
  /** Tables of osquery's schema in SQLite, which is the engine that osquery runs on. */
  const database = new DatabaseSync(':memory:')
  for (const table of Object.keys(TABLE_COLUMNS)) {
    const columns = (columnsOf(table) ?? []).map(column => `"${column}"`).join(', ')
    database.exec(`CREATE TABLE "${table}" (${columns})`)
  }

  const queries = packs.flatMap(({ queries: all }) => Object.values(all))
  it.each(queries.map(query => [`${query.pack}/${query.name}`, query] as const))(
    '%s is SQL that osquery can run',
    (_, query) => {
      const selected = database
        .prepare(query.query)
        .columns()
        .map(({ name }) => name)
      expect(new Set(selected).size).toBe(selected.length)
      if (query.table === undefined) return
      const own = columnsOf(query.table) ?? []
      // What rules about the table rely on is there under its own name.
      expect(selected.filter(name => own.includes(name)).length).toBeGreaterThan(1)
    },
  )

  it('select every column that the rules about their table read', () => {
    const read = { crontab: ['command', 'path'], last: ['type', 'username', 'host', 'time', 'tty'] }
    for (const [table, columns] of Object.entries(read)) {
      for (const query of queries.filter(one => one.table === table)) {
        const selected = database
          .prepare(query.query)
          .columns()
          .map(({ name }) => name)
        expect(selected).toEqual(expect.arrayContaining(columns))
      }
    }
  })
})
