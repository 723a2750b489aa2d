import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinedHosts, REMEMBERED_MAX, type ToldHosts, toldAfter } from './told-hosts.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const NOW = Date.UTC(2026, 10, 24, 12)

const ids = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `host-${from + n}`)
const told = (present: readonly string[], at = NOW): ToldHosts => toldAfter(undefined, present, [], at)

describe('a host', () => {
  it('joins when it was not told of', () => {
    expect(joinedHosts(told(['a']), ['a', 'b'], NOW, NOW)).toEqual({ news: ['b'], isBack: false })
  })

  it('is news again a day after it was last there', () => {
    expect(joinedHosts(told(['a']), ['a'], NOW, NOW + DAY - 1).news).toEqual([])
    expect(joinedHosts(told(['a']), ['a'], NOW, NOW + DAY).news).toEqual(['a'])
    const stayed = toldAfter(told(['a']), ['a'], [], NOW + DAY - 1)
    expect(joinedHosts(stayed, ['a'], NOW, NOW + DAY).news).toEqual([])
  })

  it('is back when it was not there at the last look', () => {
    const after = toldAfter(told(['a', 'b']), ['a'], [], NOW + MINUTE)
    expect(joinedHosts(after, ['a'], NOW + MINUTE, NOW + 2 * MINUTE).isBack).toBe(false)
    expect(joinedHosts(after, ['a', 'b'], NOW + MINUTE, NOW + 2 * MINUTE)).toEqual({ news: [], isBack: true })
  })

  it('that is away stays remembered if it was told of, and is not told by that', () => {
    const after = toldAfter(told(['a']), [], ['a', 'b'], NOW + DAY - 1)
    expect(joinedHosts(after, ['a', 'b'], NOW, NOW + DAY).news).toEqual(['b'])
  })
})

describe('more hosts than are remembered', () => {
  it('are no news while they are no more than they were, and news when they are', () => {
    const many = told(ids(70))
    expect(many).toMatchObject({ hosts: { length: REMEMBERED_MAX }, others: 20 })
    expect(joinedHosts(many, ids(70), NOW, NOW).news).toEqual([])
    expect(joinedHosts(many, ids(71), NOW, NOW).news).toHaveLength(21)
    const again = toldAfter(many, ids(71), [], NOW + MINUTE)
    expect(joinedHosts(again, ids(71), NOW + MINUTE, NOW + MINUTE).news).toEqual([])
  })

  it('are as many as there were for a day', () => {
    const many = told(ids(70))
    const fewer = toldAfter(many, ids(5), [], NOW + 60 * MINUTE)
    expect(joinedHosts(fewer, ids(20, 50), NOW, NOW + 2 * 60 * MINUTE).news).toEqual([])
    expect(joinedHosts(fewer, ids(20, 50), NOW, NOW + DAY).news).toHaveLength(20)
  })

  it('are bounded, and told once, whoever comes and goes', () => {
    const present = fc.uniqueArray(fc.integer({ min: 0, max: 150 }).map(n => `host-${n}`))
    fc.assert(
      fc.property(fc.array(present), looks => {
        let known: ToldHosts | undefined
        for (const [n, hosts] of looks.entries()) {
          const now = NOW + n * MINUTE
          known = toldAfter(known, hosts, [], now)
          expect(known.hosts.length).toBeLessThanOrEqual(REMEMBERED_MAX)
          expect(joinedHosts(known, hosts, now, now)).toEqual({ news: [], isBack: false })
        }
      }),
    )
  })
})
