import fc from 'fast-check'
import { expect, it } from 'vitest'
import { deepJson } from './deep-json.ts'

it('writes what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      expect(deepJson(value)).toBe(JSON.stringify(value))
    }),
  )
})

it('writes any depth', () => {
  const text = `${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`
  expect(deepJson(JSON.parse(text))).toBe(text)
})
