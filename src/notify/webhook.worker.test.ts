import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { tellingOf } from '../../test/alert.ts'
import { testSettings } from '../../test/world.ts'
import type { Telling } from './telling.ts'
import { signatureHeaders, webhook } from './webhook.ts'

const OLD = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const NEW = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'

function sent(overrides: Partial<Telling> = {}, webhookSecrets = [OLD]) {
  const target = webhook(testSettings({ webhookUrl: 'https://soar.example.com/in', webhookSecrets }))
  if (!target.ok) throw new Error(target.missing)
  return target.messages(tellingOf({ deliveryId: 'a1b2c3.soar.trigger', ...overrides }))
}

describe('a signature in workerd', () => {
  it('is that of the vector of Standard Webhooks', () => {
    const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
    const at = 1_614_265_330_000
    expect(signatureHeaders([OLD], id, at, '{"test": 2432232314}')).toEqual({
      'webhook-id': id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('is what the library of a receiver verifies, over the very bytes of the body', () => {
    // The library compares with the time of its machine, so the attempt is now.
    for (const { body, headers } of sent({ now: Date.now() })) {
      expect(new Webhook(OLD).verify(body, headers)).toEqual(JSON.parse(body))
      expect(() => new Webhook(OLD).verify(`${body} `, headers)).toThrow('No matching signature')
      expect(() => new Webhook(NEW).verify(body, headers)).toThrow('No matching signature')
    }
  })

  it('is made by both secrets while one takes the place of the other', () => {
    for (const { body, headers } of sent({ now: Date.now() }, [NEW, OLD])) {
      expect(headers['webhook-signature']?.split(' ')).toHaveLength(2)
      for (const secret of [OLD, NEW]) expect(new Webhook(secret).verify(body, headers)).toBeDefined()
    }
  })

  it('covers text of any script', () => {
    const [message] = sent({ now: Date.now(), columns: { path: '/tmp/мир \u{1f408} \ud800' } })
    if (message === undefined) throw new Error('nothing was sent')
    expect(new Webhook(OLD).verify(message.body, message.headers)).toMatchObject({
      data: { columns: { path: '/tmp/мир \u{1f408} \ud800' } },
    })
  })

  it('has the id of the delivery, without its dots, and the time of the attempt', () => {
    const [first] = sent({ now: 1_800_000_000_999 })
    const [later] = sent({ now: 1_800_000_060_000 })
    expect(first?.headers).toMatchObject({
      'webhook-id': 'msg_a1b2c3_soar_trigger',
      'webhook-timestamp': '1800000000',
    })
    expect(later?.headers).toMatchObject({
      'webhook-id': 'msg_a1b2c3_soar_trigger',
      'webhook-timestamp': '1800000060',
    })
    expect(later?.body).toBe(first?.body)
  })
})
