import { describe, expect, it } from 'vitest'
import { CATALOGUE } from './data/catalogue.ts'
import { NOT_COVERED } from './data/not-covered.ts'
import { rules, sequences } from './index.ts'

/** What is merged from others; an item that goes missing would be a detection that nobody misses. */
const ITEMS = 123
/** Found without a rule over rows, by the watch over hosts. */
const OWN_ALERTS = ['margay.host-silent', 'margay.feed-silent']

const ids = new Set([...rules.map(({ id }) => id), ...sequences.map(({ rule }) => rule.id), ...OWN_ALERTS])

describe('what others look for with osquery', () => {
  it('is all there, each once', () => {
    expect(CATALOGUE).toHaveLength(ITEMS)
    expect(new Set(CATALOGUE.map(({ what }) => what)).size).toBe(ITEMS)
  })

  it('is found by rules that are registered', () => {
    for (const { what, foundBy } of CATALOGUE) {
      expect(foundBy, what).not.toEqual([])
      expect(new Set(foundBy).size, what).toBe(foundBy.length)
      expect(
        foundBy.filter(id => !ids.has(id)),
        what,
      ).toEqual([])
    }
  })

  it('says what it passes over by a row that is there', () => {
    const names = new Set(NOT_COVERED.map(({ name }) => name))
    expect(names.size).toBe(NOT_COVERED.length)
    const missing = CATALOGUE.flatMap(({ except }) => except ?? []).filter(name => !names.has(name))
    expect(missing).toEqual([])
  })
})
