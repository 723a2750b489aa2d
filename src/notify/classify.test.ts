import { describe, expect, it } from 'vitest'
import { classify, type Outcome } from './classify.ts'

const NOW = Date.UTC(2026, 10, 24, 12)

/** The table by which every status is understood; what is not named is refused for good. */
function expected(status: number): Outcome['kind'] {
  if (status < 200) return 'transient'
  if (status < 300) return 'delivered'
  if (status < 400) return 'broken'
  if ([401, 402, 403, 404, 407, 410].includes(status)) return 'broken'
  if ([408, 425, 429].includes(status) || status >= 500) return 'transient'
  return 'rejected'
}

describe('an HTTP answer', () => {
  it.each(Array.from({ length: 500 }, (_, index) => index + 100))('%i has exactly one outcome', status => {
    const outcome = classify(status, null, NOW)
    expect(outcome.kind).toBe(expected(status))
    if (outcome.kind !== 'delivered') expect(outcome.reason).toBe(`HTTP ${status}`)
  })

  it('carries the patience that the destination asks for', () => {
    expect(classify(429, '120', NOW)).toEqual({
      kind: 'transient',
      reason: 'HTTP 429',
      retryAfterMs: 120_000,
    })
    expect(classify(503, 'Tue, 24 Nov 2026 12:01:00 GMT', NOW)).toMatchObject({ retryAfterMs: 60_000 })
    expect(classify(429, 'soon', NOW)).toMatchObject({ retryAfterMs: null })
  })
})
