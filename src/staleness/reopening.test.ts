import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AlertState, nextAlert } from './reopening.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2026, 10, 24, 12)
const ago = (minutes: number) => NOW - minutes * MINUTE

describe('trouble without an open alert', () => {
  it.each<[string, AlertState, number | null, ReturnType<typeof nextAlert>]>([
    ['the first', { episode: 0, open: false }, null, { kind: 'opens', episode: 1, dueAt: NOW }],
    [
      'soon after the resolve, and an hour after it was told',
      { episode: 3, open: false, toldAt: ago(90) },
      ago(30),
      { kind: 'reopens', episode: 3, dueAt: NOW },
    ],
    [
      'soon after the resolve, and soon after it was told',
      { episode: 3, open: false, toldAt: ago(45) },
      ago(5),
      { kind: 'reopens', episode: 3, dueAt: NOW + 15 * MINUTE },
    ],
    [
      'while its telling is still to come',
      { episode: 3, open: false, toldAt: NOW + 7 * MINUTE },
      ago(1),
      { kind: 'reopens', episode: 3, dueAt: NOW + 7 * MINUTE },
    ],
    [
      'later, within the hour for which it was told',
      { episode: 3, open: false, toldAt: ago(50) },
      ago(40),
      { kind: 'reopens', episode: 3, dueAt: NOW + 10 * MINUTE },
    ],
    [
      'later than both',
      { episode: 3, open: false, toldAt: ago(60) },
      ago(31),
      { kind: 'opens', episode: 4, dueAt: NOW },
    ],
    [
      'soon, from a record that has no time',
      { episode: 3, open: false },
      ago(5),
      { kind: 'reopens', episode: 3, dueAt: NOW },
    ],
    [
      'after an alert that is not known to be resolved',
      { episode: 3, open: false, toldAt: ago(5) },
      null,
      { kind: 'opens', episode: 4, dueAt: NOW },
    ],
  ])('%s', (_, state, resolvedAt, next) => {
    expect(nextAlert(state, resolvedAt, NOW)).toEqual(next)
  })
})

it('is told at most once an hour over any course of opening and resolving', () => {
  const waits = fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 0, max: 90 })), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(waits, course => {
      let now = NOW
      let state: AlertState = { episode: 0, open: false }
      let resolvedAt: number | null = null
      const told: number[] = []
      for (const [open, quiet] of course) {
        const { episode, dueAt } = nextAlert(state, resolvedAt, now)
        expect(dueAt).toBeGreaterThanOrEqual(now)
        expect(episode - state.episode).toBeLessThanOrEqual(1)
        state = { episode, open: true, toldAt: dueAt }
        now += open * MINUTE
        // Sent only if it is still open when it is due.
        if (dueAt <= now) told.push(dueAt)
        resolvedAt = now
        now += quiet * MINUTE
      }
      for (const [n, at] of told.entries()) {
        const before = told[n - 1]
        if (before !== undefined) expect(at - before).toBeGreaterThanOrEqual(60 * MINUTE)
      }
    }),
  )
})
