import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gzipBomb } from '../../test/bomb.ts'
import { NodeKeyFinder, nodeKeyIn, nodeKeyInGzip } from './node-key-in-body.ts'

const MIB = 1024 * 1024
const bytes = (text: string) => new TextEncoder().encode(text)
const find = (text: string) => nodeKeyIn(bytes(text))

/** What a full parse would say. */
function byParsing(text: string) {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'unreadable' }
  const key = Object.hasOwn(value, 'node_key')
    ? Object.entries(value).find(([name]) => name === 'node_key')?.[1]
    : null
  return typeof key === 'string' ? { kind: 'found', key } : { kind: 'missing' }
}

/** Values full of things that look like the key, or like the end of a string. */
const decoy = fc.oneof(
  fc.constantFrom(
    '"node_key":"decoy"',
    ',"node_key":"decoy"}',
    '{"node_key":"decoy"}',
    '\\',
    '\\"',
    '"',
    '\\\\"',
    'node_key',
    '}}]]',
    'é\u2028\0',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const json = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    decoy,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constant('node_key'), decoy), tie('value'), { maxKeys: 3 }),
  ),
})).value

/** A JSON object as text: any order of members, any white space, names written plainly or in escapes. */
const objectText = fc
  .record({
    others: fc.dictionary(decoy, json, { maxKeys: 4 }),
    key: fc.option(fc.oneof(fc.string({ unit: 'binary', maxLength: 120 }), json), {
      freq: 6,
      nil: undefined,
    }),
    place: fc.nat(4),
    escaped: fc.boolean(),
    space: fc.constantFrom('', ' ', '\n\t', '\r\n  '),
  })
  .map(({ others, key, place, escaped, space }) => {
    const members = Object.entries(others)
      .filter(([name]) => name !== 'node_key')
      .map(([name, value]) => `${JSON.stringify(name)}${space}:${space}${JSON.stringify(value)}`)
    const name = escaped ? '"node\\u005fkey"' : '"node_key"'
    if (key !== undefined) members.splice(place, 0, `${name}${space}:${space}${JSON.stringify(key)}`)
    return `${space}{${space}${members.join(`${space},${space}`)}${space}}${space}`
  })

describe('the node key in a body', () => {
  it('is found first, last and between', () => {
    expect(find('{"node_key":"abc","log_type":"result","data":[]}')).toEqual({ kind: 'found', key: 'abc' })
    expect(find('{"data":[{}],"log_type":"result","node_key":"abc"}')).toEqual({ kind: 'found', key: 'abc' })
    expect(find('{"data":[{}],"node_key":"abc","log_type":"result"}')).toEqual({ kind: 'found', key: 'abc' })
  })

  it('is not taken from a line of the log', () => {
    expect(find('{"data":[{"columns":{"node_key":"decoy"}}],"log_type":"result"}')).toEqual({
      kind: 'missing',
    })
    expect(find('{"data":"x,\\"node_key\\":\\"decoy\\"}"}')).toEqual({ kind: 'missing' })
    expect(find('{"data":[{"a":1,"node_key":"decoy"}]}')).toEqual({ kind: 'missing' })
  })

  it('is missing when it is no text', () => {
    for (const value of ['null', '7', '{}', '["x"]', '{"node_key":"x"}']) {
      expect(find(`{"node_key":${value},"data":[]}`)).toEqual({ kind: 'missing' })
    }
  })

  it('is not looked for in what is no JSON object', () => {
    for (const text of [
      '',
      ' ',
      '[]',
      '"node_key"',
      'null',
      'node_key=abc',
      '{"data":[',
      '{} trailing',
      '<html>',
      '\ufeff{}',
    ]) {
      expect(find(text)).toEqual({ kind: 'unreadable' })
    }
  })

  it('agrees with a full parse, however the text is cut', () => {
    fc.assert(
      fc.property(objectText, fc.integer({ min: 1, max: 40 }), (text, size) => {
        const finder = new NodeKeyFinder()
        const all = bytes(text)
        for (let at = 0; at < all.length; at += size) finder.push(all.subarray(at, at + size))
        // Lone surrogates don't survive UTF-8; neither would they in a body.
        expect(finder.result()).toEqual(byParsing(new TextDecoder().decode(all)))
      }),
      { numRuns: 500 },
    )
  })

  it('agrees with a full parse when the text is too long to be kept', () => {
    const filler = JSON.stringify('"node_key":"decoy"\\'.repeat(100_000))
    for (const text of [
      `{"data":${filler},"node_key":"abc"}`,
      `{"data":${filler},"node_key":"abc","a":1}`,
      `{"data":${filler}}`,
    ]) {
      const finder = new NodeKeyFinder()
      const all = bytes(text)
      for (let at = 0; at < all.length; at += 65_536) finder.push(all.subarray(at, at + 65_536))
      expect(finder.result()).toEqual(byParsing(text))
    }
  })

  it('is found under 70,000 levels of nesting', () => {
    const deep = `${'['.repeat(70_000)}${']'.repeat(70_000)}`
    expect(find(`{"data":${deep},"node_key":"abc","a":1}`)).toEqual({ kind: 'found', key: 'abc' })
  })
})

describe('the node key in a gzip body', () => {
  const findInGzip = (text: string) => nodeKeyInGzip(gzipSync(text))
  const data = JSON.stringify(Array.from({ length: 2000 }, (_, i) => ({ name: `query ${i}`, i })))

  it('is found first, last and between', async () => {
    const found = { kind: 'found', key: 'abc' }
    expect(await findInGzip(`{"node_key":"abc","data":${data}}`)).toEqual(found)
    expect(await findInGzip(`{"data":${data},"node_key":"abc"}`)).toEqual(found)
    expect(await findInGzip(`{"data":${data},"node_key":"abc","log_type":"result"}`)).toEqual(found)
  })

  it('is found at the head of a body that breaks off or holds no gzip further on', async () => {
    const whole = gzipSync(`{"node_key":"abc","data":${data}}`)
    expect(await nodeKeyInGzip(whole.subarray(0, 600))).toEqual({ kind: 'found', key: 'abc' })
    whole.fill(0xff, 600)
    expect(await nodeKeyInGzip(whole)).toEqual({ kind: 'found', key: 'abc' })
  })

  it('is unreadable when the gzip breaks off before it', async () => {
    const cut = gzipSync(`{"data":${data},"node_key":"abc"}`).subarray(0, -30)
    expect(await nodeKeyInGzip(cut)).toEqual({ kind: 'unreadable' })
    expect(await nodeKeyInGzip(Uint8Array.of(0x1f, 0x8b))).toEqual({ kind: 'unreadable' })
    expect(await nodeKeyInGzip(Uint8Array.of(0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))).toEqual({
      kind: 'unreadable',
    })
  })

  it('is missing when the object is whole without it', async () => {
    expect(await findInGzip(`{"data":${data}}`)).toEqual({ kind: 'missing' })
  })

  it('is given up at the cap', async () => {
    const zeros = '0'.repeat(65 * MIB)
    expect(await findInGzip(`{"data":"${zeros}","node_key":"abc"}`)).toEqual({ kind: 'unreadable' })
  })

  it('costs no memory in a bomb of 1 GiB that begins like a post', async () => {
    const bomb = gzipBomb('{"data":["', 1024)
    const before = process.memoryUsage().rss
    expect(await nodeKeyInGzip(bomb)).toEqual({ kind: 'unreadable' })
    // It is given up at 64 MiB; what is not collected yet counts here too.
    expect(process.memoryUsage().rss - before).toBeLessThan(110 * MIB)
  })

  it('inflates no more of a bomb than tells that it is no post', async () => {
    expect(await nodeKeyInGzip(gzipBomb('', 1024))).toEqual({ kind: 'unreadable' })
  })
})
