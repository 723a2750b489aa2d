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

  it('takes files to watch and the flags that this needs', () => {
    const watching = {
      filePaths: { pam: ['/etc/pam.d/%'], web: ['/var/www/%%'], windows: ['C:\\Windows\\%'] },
      excludePaths: { web: ['/var/www/cache/%%'] },
      flags: { enable_file_events: true, events_expiry: 3600, custom_team: 'x' },
    }
    expect(pack({ name: 'a', description: '', queries: { q: good }, ...watching })).toMatchObject(watching)
  })

  it.each<[string, Partial<PackDefinition>, RegExp]>([
    ['filePaths', { filePaths: { 'a b': ['/etc/%'] } }, /category "a b": its name/],
    ['filePaths', { filePaths: { a: [] } }, /names no files/],
    ['filePaths', { filePaths: { a: ['etc/%'] } }, /begin at the root/],
    ['filePaths', { filePaths: { a: [''] } }, /begin at the root/],
    ['filePaths', { filePaths: { a: ['/home/%%/.bashrc'] } }, /before its end/],
    ['excludePaths', { filePaths: { a: ['/a/%'] }, excludePaths: { b: ['/a/b'] } }, /filePaths has not/],
    ['excludePaths', { excludePaths: { toString: ['/a/b'] } }, /filePaths has not/],
    ['flags', { flags: { '--verbose': true } }, /without dashes/],
    ['flags', { flags: { tls_hostname: 'example.com' } }, /command line only/],
    ['flags', { flags: { events_expiry: 1.5 } }, /whole number/],
  ])('refuses %s: %j', (_, change, message) => {
    const definition = { name: 'example', description: '', queries: { q: good }, ...change }
    expect(() => pack(definition)).toThrow(message)
    expect(() => pack(definition)).toThrow('pack "example"')
  })
})
