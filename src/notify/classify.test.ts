import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testSettings } from '../../test/world.ts'
import { DESTINATION_TYPES } from '../detect/routing.ts'
import { classify, type Outcome } from './classify.ts'
import { KINDS } from './target.ts'

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

describe.each(DESTINATION_TYPES)('any answer of %s', type => {
  const target = KINDS[type](
    testSettings({
      slackWebhookUrl: 'https://hooks.slack.com/services/T0000000/B0000000/xxxxxxxx',
      webhookUrl: 'https://soar.example.com/in',
      webhookSecrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    }),
  )
  const outcomeOf = (status: number, retryAfter: string | null, body: string): Outcome => {
    if (!target.ok) throw new Error(target.missing)
    return target.classify(status, retryAfter, body, NOW)
  }
  /** What services say, and what comes from something before them. */
  const said = fc.oneof(
    fc.constantFrom('', 'ok', 'OK', '{"ok":true}', '{"ok":false,"error":"invalid_blocks"}', 'no_service'),
    fc.constantFrom('rollup_error', 'Invalid routing key', 'null', '[]', '{"ok":', '<html>502</html>'),
    fc.string(),
    fc.json(),
  )
  const statuses = Array.from({ length: 500 }, (_, index) => index + 100)

  it.each(statuses)('%i has exactly one outcome, whatever it says', status => {
    fc.assert(
      fc.property(said, fc.option(fc.string()), (body, retryAfter) => {
        const outcome = outcomeOf(status, retryAfter, body)
        expect(['delivered', 'transient', 'rejected', 'broken']).toContain(outcome.kind)
        // Nothing but a success counts as one, and a server's error is never held against the alert or the key.
        if (outcome.kind === 'delivered') expect(status >= 200 && status < 300).toBe(true)
        if (status === 429 || status >= 500) expect(outcome.kind).not.toBe('delivered')
        if (outcome.kind !== 'delivered') expect(outcome.reason).toContain(`HTTP ${status}`)
        if (outcome.kind === 'transient' && outcome.retryAfterMs !== null) {
          expect(outcome.retryAfterMs).toBeGreaterThanOrEqual(1_000)
          expect(outcome.retryAfterMs).toBeLessThanOrEqual(3_600_000)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('without a word of its own is understood by its status', () => {
    for (const status of statuses) {
      // Slack says "ok"; without that its success is none.
      const kind = type === 'slack' && status >= 200 && status < 300 ? 'transient' : expected(status)
      expect([status, outcomeOf(status, null, '').kind]).toEqual([status, kind])
    }
  })
})
