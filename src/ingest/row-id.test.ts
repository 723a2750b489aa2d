import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HostId } from '../detect/event.ts'
import { rowIdCeiling, rowIdFloor } from '../store/row-id-range.ts'
import { LineCounter } from './line-counter.ts'
import { finish, hostPartOf, mixText, newLanes, rowId, rowIdPrefix, seedsOf } from './row-id.ts'

/** The content part of an id for a row with these values. */
function contentOf(values: Readonly<Record<string, string>>): string {
  const lanes = newLanes()
  for (const name of Object.keys(values).sort()) mixText(lanes, values[name] ?? '', ...seedsOf(name))
  finish(lanes)
  return rowId('', lanes, 0)
}

describe('the content part', () => {
  it('has sixteen letters', () => {
    expect(contentOf({})).toBe('aaaaaaaaaaaaaaaa')
    expect(contentOf({ a: '1' })).toMatch(/^[a-p]{16}$/)
  })

  it('differs when a value, a name or their belonging together differs', () => {
    const base = contentOf({ a: '1', b: '2' })
    const others = [
      { a: '2', b: '1' },
      { a: '1' },
      { a: '1', b: '' },
      { a: '12' },
      { a: '1', c: '2' },
      { ab: '12' },
    ]
    for (const other of others) expect(contentOf(other)).not.toBe(base)
  })

  it('tells apart texts that differ in one character anywhere, in any script', () => {
    const character = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        character,
        fc.string({ unit: 'binary' }),
        character,
        (...parts) => {
          const [head, one, tail, other] = parts
          fc.pre(one !== other)
          expect(contentOf({ a: head + one + tail })).not.toBe(contentOf({ a: head + other + tail }))
        },
      ),
    )
  })

  it('does not repeat over a hundred thousand similar rows', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 100_000; i++) {
      seen.add(contentOf({ pid: String(i % 1000), path: `/usr/bin/x${Math.floor(i / 1000)}`, uid: '0' }))
    }
    expect(seen.size).toBe(100_000)
  })

  it('uses both halves evenly', () => {
    const halves = [new Set<string>(), new Set<string>()]
    for (let i = 0; i < 20_000; i++) {
      const id = contentOf({ pid: String(i) })
      halves[0]?.add(id.slice(0, 8))
      halves[1]?.add(id.slice(8))
    }
    // Twenty thousand of four billion: a tenth of a pair is to be expected in each half.
    for (const half of halves) expect(half.size).toBeGreaterThan(19_995)
  })
})

describe('row ids', () => {
  it('sort by time, and lie within the range of their millisecond', () => {
    const host = hostPartOf('host-1' as HostId)
    const ids = [1_388_534_400_000, 1_767_225_661_000, 1_767_225_661_001, 4_102_444_800_000].map(time => {
      const id = rowId(rowIdPrefix(time, host), Int32Array.of(-1, -1), 3)
      expect(rowIdFloor(time) <= id && id < rowIdCeiling(time)).toBe(true)
      expect(id < rowIdFloor(time + 1)).toBe(true)
      return id
    })
    expect(ids.toSorted()).toEqual(ids)
    expect(ids[0]).toMatch(/^\d{13}-[a-p]{8}-p{16}\.3$/)
  })

  it('differ between hosts', () => {
    expect(hostPartOf('host-1' as HostId)).not.toBe(hostPartOf('host-2' as HostId))
  })
})

describe('LineCounter', () => {
  it('counts like a map, whatever the hashes', () => {
    const small = fc.integer({ min: -3, max: 3 })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.oneof(small, fc.integer()), small), { maxLength: 2_000 }), hashes => {
        const counter = new LineCounter()
        const counts = new Map<string, number>()
        for (const [a, b] of hashes) {
          const before = counts.get(`${a} ${b}`) ?? 0
          counts.set(`${a} ${b}`, before + 1)
          expect(counter.add(Int32Array.of(a, b))).toBe(before)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('grows to its cap and then counts no new lines', () => {
    const counter = new LineCounter()
    const add = (i: number): number => counter.add(Int32Array.of(Math.imul(i, 0x9e3779b1), i))
    for (let i = 0; i < 140_000; i++) add(i)
    expect(add(5)).toBe(1)
    expect(add(139_999)).toBe(0)
    expect(add(139_999)).toBe(0)
  })

  it('does not slow down over hashes made to collide', () => {
    const counter = new LineCounter()
    for (let i = 0; i < 100_000; i++) counter.add(Int32Array.of(i, ~i))
    expect(counter.add(Int32Array.of(5, ~5))).toBe(1)
  })
})
