import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonArrays, utf8Length } from './json-rows.ts'

describe('jsonArrays', () => {
  it('makes nothing of nothing', () => {
    expect(jsonArrays([])).toEqual([])
  })

  it('keeps what fits in one array', () => {
    expect(jsonArrays(['1', '{"a":2}'])).toEqual(['[1,{"a":2}]'])
  })

  it('counts bytes of UTF-8, not characters', () => {
    const euros = JSON.stringify('€'.repeat(10)) // 32 bytes, 12 characters
    expect(jsonArrays([euros, euros], 50)).toHaveLength(2)
  })

  it('gives a text above the limit an array of its own', () => {
    const long = JSON.stringify('x'.repeat(100))
    expect(jsonArrays(['1', long, '2'], 50)).toEqual(['[1]', `[${long}]`, '[2]'])
  })

  it('loses no text, keeps the order and the limit', () => {
    const small = fc.string({ maxLength: 20, unit: 'binary' }).map(text => JSON.stringify(text))
    fc.assert(
      fc.property(fc.array(small), texts => {
        const arrays = jsonArrays(texts, 200)
        expect(arrays.flatMap(array => JSON.parse(array))).toEqual(texts.map(text => JSON.parse(text)))
        expect(arrays.every(array => utf8Length(array) <= 200)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})
