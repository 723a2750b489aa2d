import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signatureOf } from '../../test/simulator/pagerduty-webhooks.ts'
import { isSigned } from './signature.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const BODY = '{"event":{"event_type":"pagey.ping"}}'

describe('a signature', () => {
  it('is the one that RFC 4231 gives for its second case', () => {
    const signature = 'v1=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
    expect(isSigned(signature, bytes('what do ya want for nothing?'), ['Jefe'])).toBe(true)
  })

  it('is right when one of several is that of one of our secrets', () => {
    expect(isSigned(signatureOf(BODY, ['old', 'new']), bytes(BODY), ['new'])).toBe(true)
    expect(isSigned(signatureOf(BODY, ['old']), bytes(BODY), ['new', 'old'])).toBe(true)
    expect(isSigned(`v2=abc, ${signatureOf(BODY, ['old'])}`, bytes(BODY), ['old'])).toBe(true)
    expect(isSigned(signatureOf(BODY, ['old']).toUpperCase().replace('V1', 'v1'), bytes(BODY), ['old'])).toBe(
      true,
    )
  })

  it.each([
    ['missing', null],
    ['empty', ''],
    ['of another secret', signatureOf(BODY, ['other'])],
    ['of another body', signatureOf(`${BODY} `, ['secret'])],
    ['without its version', signatureOf(BODY, ['secret']).slice(3)],
    ['of another version', signatureOf(BODY, ['secret']).replace('v1', 'v0')],
    ['cut', signatureOf(BODY, ['secret']).slice(0, -1)],
    ['longer', `${signatureOf(BODY, ['secret'])}0`],
    ['beyond the tenth', `${'v1=0,'.repeat(10)}${signatureOf(BODY, ['secret'])}`],
  ])('that is %s is wrong', (_, header) => {
    expect(isSigned(header, bytes(BODY), ['secret'])).toBe(false)
  })

  it('is of nobody when there is no secret', () => {
    expect(isSigned(signatureOf(BODY, ['']), bytes(BODY), [])).toBe(false)
  })

  it('holds for every body and for no other', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string({ minLength: 1 }), (body, other, secret) => {
        const header = signatureOf(body, [secret])
        expect(isSigned(header, bytes(body), [secret])).toBe(true)
        expect(isSigned(header, bytes(other), [secret])).toBe(body === other)
      }),
      { numRuns: 100 },
    )
  })

  it('is never an error, whatever the header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), header => {
        expect(isSigned(`v1=${header}`, bytes(BODY), ['secret'])).toBe(false)
      }),
      { numRuns: 100 },
    )
  })
})
