import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../src/detect/engine.ts'
import { unsafeRegexes } from '../src/detect/unsafe-regex.ts'
import { packs, rules } from './index.ts'

/** Rooms of rules; `packs` is one of queries, `data` holds what rules look up. */
const sources = readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
  .map(entry => join(entry.parentPath, entry.name))
const shown = (path: string) => relative(import.meta.dirname, path)

describe('the registry', () => {
  it('makes an engine: no two rules have one id', () => {
    expect(() => createEngine(rules)).not.toThrow()
  })

  it('has no two packs of one name', () => {
    expect(packs.map(({ name }) => name)).toEqual([...new Set(packs.map(({ name }) => name))])
  })

  it('names every rule and pack there is', () => {
    const inRooms = sources.filter(path => shown(path).includes('/') && !shown(path).startsWith('data/'))
    const files = inRooms.filter(path => basename(path) !== 'index.ts')
    const unnamed = files.filter(path => {
      const registry = readFileSync(join(dirname(path), 'index.ts'), 'utf8')
      return !registry.includes(`'./${basename(path)}'`)
    })
    expect(unnamed.map(shown)).toEqual([])
  })

  it.each(sources.map(path => [shown(path), path] as const))(
    '%s holds no regular expression that can backtrack without end: repeat no group that itself repeats',
    (_, path) => {
      expect(unsafeRegexes(readFileSync(path, 'utf8'))).toEqual([])
    },
  )
})
