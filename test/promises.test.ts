import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** Tests that docs/architecture.md names: by promise, as file and title. */
function namedTests(): { readonly promise: string; readonly file: string; readonly title: string }[] {
  const rows = readFileSync('docs/architecture.md', 'utf8').matchAll(/^\| (\d)\. [^|]*\|([^|]*)\|$/gm)
  return [...rows].flatMap(([, promise = '', cell = '']) =>
    [...cell.matchAll(/`([\w./-]+\.test\.ts)`: ((?:"[^"]+"(?:, )?)+)/g)].flatMap(
      ([, file = '', titles = '']) =>
        [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({ promise, file, title })),
    ),
  )
}

describe('each promise', () => {
  const named = namedTests()

  it('has a test', () => {
    expect(new Set(named.map(({ promise }) => promise)).size).toBe(9)
  })

  for (const { promise, file, title } of named) {
    it(`${promise} is held by ${file}: ${title}`, () => {
      expect(existsSync(file)).toBe(true)
      const source = readFileSync(file, 'utf8')
      expect(source).toContain(title)
    })
  }
})
