import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertOf, tellingOf } from '../../test/alert.ts'
import { testSettings } from '../../test/world.ts'
import { DESTINATION_TYPES } from '../detect/routing.ts'
import { plainest, saysKeyIsRefused } from './plainest.ts'
import { KINDS } from './target.ts'

const settings = testSettings({
  slackWebhookUrl: 'https://hooks.slack.com/services/T0000000/B0000000/xxxxxxxx',
  webhookUrl: 'https://soar.example.com/in',
  webhookSecrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
})

describe.each(DESTINATION_TYPES)('the plainest words to %s', type => {
  const target = KINDS[type](settings)
  const MARK = 'zq9'

  it.each(['trigger', 'update', 'acknowledge', 'resolve'] as const)(
    'of a %s hold nothing that a host or a runbook said',
    action => {
      if (!target.ok) throw new Error(target.missing)
      fc.assert(
        fc.property(fc.string(), text => {
          const said = `${MARK}${text}`
          const alert = alertOf({
            title: said,
            hostname: said,
            query: said,
            pack: said,
            runbook: `https://example.com/${said}`,
            context: JSON.stringify({ said }),
            dedup: said,
          })
          const rule = { means: said, check: said, benign: said, references: [] }
          const telling = tellingOf({ action, alert, columns: { [said]: said }, hosts: [said, said], rule })
          const body = target.messages(plainest(telling)).at(-1)?.body ?? ''
          expect(body).not.toContain(MARK)
          expect(body).toContain('a1b2c3')
        }),
      )
    },
  )
})

describe('an answer says that the key is refused', () => {
  it.each([
    'no such key abc',
    'Invalid Routing Key',
    '{"error":"invalid_token"}',
    'The API key is invalid.',
    'signature not valid',
    'Your access token has expired',
    'unknown credentials',
  ])('with: %s', said => {
    expect(saysKeyIsRefused(said, '{}')).toBe(true)
  })

  it.each([
    '',
    'Forbidden',
    'Access denied',
    '<html><title>Attention Required! | Cloudflare</title>Sorry, you have been blocked</html>',
    'Request blocked by rule 942100: SQL injection attack detected',
    'keyboard invalid',
    'bad request. Reference key',
  ])('not with: %s', said => {
    expect(saysKeyIsRefused(said, '{}')).toBe(false)
  })

  it('not with what it quotes', () => {
    expect(saysKeyIsRefused('blocked: INVALID key', '{"title":"curl invalid key"}')).toBe(false)
  })
})
