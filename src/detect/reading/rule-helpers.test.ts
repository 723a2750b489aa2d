import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const page = readFileSync(join(import.meta.dirname, '../../../docs/rule-helpers.md'), 'utf8')

/** Parts of the page with the files that their headings name. */
const parts = page
  .split(/^## /m)
  .map(text => ({
    files: Array.from(
      (text.split('\n', 1)[0] ?? '').matchAll(/`([a-z0-9-]+\.ts)`/g),
      ([, file = '']) => file,
    ),
    rows: Array.from(
      text.matchAll(/^\| `(\w+)` \| `(.+)` \| `(.+)` \|$/gm),
      ([, helper = '', example = '', result = '']) => ({
        helper,
        example: example.replaceAll('\\|', '|'),
        result: result.replaceAll('\\|', '|'),
      }),
    ),
  }))
  .filter(({ files }) => files.length > 0)

type Exports = Readonly<Record<string, unknown>>

async function exportsOf(file: string): Promise<Exports> {
  // The path is known only when the test runs; what a module exports is what it says.
  return (await import(join(import.meta.dirname, file))) as Exports
}

/** Runs an example from our own sources with the helpers in reach. */
function run(code: string, scope: Exports): unknown {
  return new Function(...Object.keys(scope), `'use strict'; return (${code})`)(...Object.values(scope))
}

const scope: Exports = Object.assign(
  {},
  ...(await Promise.all(parts.flatMap(({ files }) => files).map(exportsOf))),
)

describe('docs/rule-helpers.md', () => {
  it.each(parts.flatMap(({ rows }) => rows).map(row => [row.example, row] as const))('%s', (_, row) => {
    expect(row.example).toContain(row.helper)
    expect(run(row.example, scope)).toEqual(run(row.result, {}))
  })

  it.each(parts.map(({ files, rows }) => [files.join(', '), files, rows] as const))(
    'shows every helper of %s',
    async (_, files, rows) => {
      const exported = await Promise.all(files.map(exportsOf))
      const functions = exported.flatMap(module =>
        Object.entries(module).flatMap(([name, value]) => (typeof value === 'function' ? [name] : [])),
      )
      const shown = new Set([...rows.map(({ helper }) => helper), ...ONLY_FOR_CONTEXT])
      const missing = functions.filter(name => !shown.has(name))
      expect(missing, 'give each a row in docs/rule-helpers.md').toEqual([])
      expect(rows.map(({ helper }) => helper).filter(name => !functions.includes(name))).toEqual([])
    },
  )
})

/** Helpers whose work is to shape what people are shown: their doc comments say it better than an example. */
const ONLY_FOR_CONTEXT = new Set(['toldProgram', 'shortened', 'isProgramStart'])

/** `@example code // value`, and what may be said of the value behind a colon. */
const examples = readdirSync(import.meta.dirname)
  .filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .flatMap(file => {
    const source = readFileSync(join(import.meta.dirname, file), 'utf8')
    return Array.from(source.matchAll(/ \* @example ((?:.|\n(?! \* @| \*\/))*)/g), ([, text = '']) => {
      const [code = '', value = ''] = text.replace(/\n \*\s*/g, ' ').split(/ \/\/ (?=\S)/)
      return { file, code, value: /^[[{"']/.test(value) ? value : (value.split(': ')[0] ?? '') }
    })
  })

describe('examples in doc comments', () => {
  it('are found', () => {
    expect(examples.length).toBeGreaterThan(30)
    expect(examples.filter(({ code, value }) => code === '' || value === '')).toEqual([])
  })

  it.each(examples.map(example => [example.file, example.code, example] as const))(
    '%s: %s',
    async (_file, _code, { file, code, value }) => {
      const own = await exportsOf(file)
      expect(run(code, { ...scope, ...own })).toEqual(run(value, {}))
    },
  )
})
