import { describe, expect, it } from 'vitest'
import { type PackDefinition, pack, type QueryDefinition } from './pack.ts'

const good: QueryDefinition = { query: 'SELECT 1;', interval: 60 }

function withQuery(change: Partial<Record<keyof QueryDefinition, unknown>>): PackDefinition {
  // What plain JavaScript could pass is what the checks are for.
  return { name: 'example', description: '', queries: { q: { ...good, ...change } as QueryDefinition } }
}

describe('pack', () => {
  it('tells each query its name and pack', () => {
    const { queries } = pack({
      name: 'example',
      description: 'd',
      queries: { one: good, two: { ...good, snapshot: true } },
    })
    expect(queries.one).toEqual({ ...good, pack: 'example', name: 'one' })
    expect(queries.two.name).toBe('two')
  })

  it.each([
    ['interval', { interval: 0 }, /whole seconds from 1 to 604800/],
    ['interval', { interval: 604_801 }, /whole seconds/],
    ['interval', { interval: 1.5 }, /whole seconds/],
    ['interval', { interval: '60' }, /whole seconds/],
    ['query', { query: ' ' }, /SQL is empty/],
    ['platform', { platform: 'gentoo' }, /one of linux, darwin, windows, posix/],
    ['version', { version: '5' }, /like 5\.0\.0/],
    ['shard', { shard: 101 }, /percentage/],
    ['removed', { snapshot: true, removed: false }, /no removed rows/],
    ['table', { table: 'no_such_table' }, /no table "no_such_table"/],
    ['table', { table: 'constructor' }, /no table/],
  ])('refuses a query by its %s: %j', (_, change, message) => {
    expect(() => pack(withQuery(change))).toThrow(message)
    expect(() => pack(withQuery(change))).toThrow('pack "example", query "q"')
  })

  it.each([
    ['a_b', /lower-case letters, digits and hyphens/],
    ['main', /schedule itself/],
    ['*', /lower-case/],
    ['', /lower-case/],
  ])('refuses the name %j', (name, message) => {
    expect(() => pack({ name, description: '', queries: { q: good } })).toThrow(message)
  })

  it('refuses a pack for nobody and a pack of nothing', () => {
    expect(() => pack({ name: 'a', description: '', queries: {} })).toThrow(/no queries/)
    expect(() => pack({ name: 'a', description: '', tags: [], queries: { q: good } })).toThrow(/nobody/)
    expect(() => pack({ name: 'a', description: '', queries: { 'a b': good } })).toThrow(/letters, digits/)
  })
})
