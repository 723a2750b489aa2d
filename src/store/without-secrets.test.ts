import fc from 'fast-check'
import { expect, it } from 'vitest'
import { withoutSecrets } from './without-secrets.ts'

const blanked = (text: string) => new TextDecoder().decode(withoutSecrets(new TextEncoder().encode(text)))

it('blanks node keys and enroll secrets wherever they stand, whole or cut off', () => {
  expect(blanked('{"node_key":"abc","a":"b"}')).toBe('{"node_key":"***","a":"b"}')
  expect(blanked('x"node_key" :\n "a\\"b" "enroll_secret":"s"')).toBe(
    'x"node_key" :\n "****" "enroll_secret":"*"',
  )
  expect(blanked('{"data":[],"node_key":"ab')).toBe('{"data":[],"node_key":"**')
})

it('blanks what looks like a node key in any other text', () => {
  const key = `k2.c0ffee0123456789c0ffee01.${'a'.repeat(30)}.${'b'.repeat(43)}`
  for (const text of [`node_key=${key}`, `Authorization: NodeKey ${key}\n`, key, `\u00ff${key},${key}`]) {
    const kept = new TextDecoder('latin1').decode(withoutSecrets(Buffer.from(text, 'latin1')))
    expect(kept).toBe(text.replaceAll(key, '*'.repeat(key.length)))
  }
})

it('leaves everything else as it is', () => {
  for (const text of [
    '',
    '"node_key"',
    '"node_key":',
    '"node_key":7,"b":"c"',
    'node_key":"a"',
    '{"columns":{"key":"a"}}',
  ]) {
    expect(blanked(text)).toBe(text)
  }
})

it('lets no key through, in any JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string({ minLength: 1 }), (data, secret) => {
      const key = `key-${secret}-key`
      const kept: unknown = JSON.parse(blanked(JSON.stringify({ data, node_key: key })))
      expect(kept).toMatchObject({ node_key: expect.stringMatching(/^\**$/) })
    }),
  )
})
