import { describe, expect, it } from 'vitest'
import { FLAP_QUIET_MS } from '../store/standings.ts'
import { judgeReopening } from './flapping.ts'

const NOW = Date.UTC(2026, 10, 24, 12)

describe('an alert that opens again', () => {
  it('is told at once while it changes seldom', () => {
    expect(judgeReopening(2, null, NOW)).toEqual({ dueAt: NOW, isNewsThatItFlaps: false })
    expect(judgeReopening(3, null, NOW)).toEqual({ dueAt: NOW, isNewsThatItFlaps: false })
  })

  it('is told once more when it changed more than four times in twenty minutes, with the word that it flaps', () => {
    expect(judgeReopening(4, null, NOW)).toEqual({ dueAt: NOW, isNewsThatItFlaps: true })
  })

  it('is told of what it does then when the quiet hour is over', () => {
    const flappingAt = NOW - 1
    const dueAt = flappingAt + FLAP_QUIET_MS
    expect(judgeReopening(6, flappingAt, NOW)).toEqual({ dueAt, isNewsThatItFlaps: false })
    expect(judgeReopening(1, flappingAt, NOW)).toEqual({ dueAt, isNewsThatItFlaps: false })
    expect(judgeReopening(6, flappingAt, dueAt)).toEqual({ dueAt, isNewsThatItFlaps: true })
  })
})
