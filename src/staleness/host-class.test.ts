import { describe, expect, it } from 'vitest'
import { classOf, classWithReason } from './host-class.ts'

const HOUR = 3_600_000
const TODAY = 20_000
const none = { set: '', tags: [], guess: '' }
const away = (...hours: number[]) => ({
  days: hours
    .map((long, daysAgo) => ({ day: TODAY - daysAgo, learntMs: 0, longestMs: long * HOUR }))
    .reverse(),
})

describe('the class of a host', () => {
  it.each([
    ['nothing is known', none, 'server'],
    ['its facts were read', { ...none, guess: 'laptop' }, 'laptop'],
    ['it is tagged', { ...none, guess: 'laptop', tags: ['web', 'ephemeral'] }, 'ephemeral'],
    ['a person said so', { set: 'server', guess: 'laptop', tags: ['ephemeral'] }, 'server'],
    ['a newer version named it', { set: 'kiosk', tags: [], guess: 'phone' }, 'server'],
    ['it is off at night', { ...none, rhythm: away(12, 14, 11) }, 'laptop'],
    ['it was off on two nights', { ...none, rhythm: away(12, 14) }, 'server'],
    ['it was down for days', { ...none, rhythm: away(30, 30, 30) }, 'server'],
    ['it restarts', { ...none, rhythm: away(1, 1, 1, 1) }, 'server'],
    ['its nights are long ago', { ...none, rhythm: away(0, 0, 0, 0, 0, 0, 0, 12, 12, 12) }, 'server'],
    ['it is a server that is off at night', { ...none, guess: 'server', rhythm: away(12, 14, 11) }, 'server'],
  ] as const)('when %s', (_, sources, expected) => {
    expect(classOf(sources)).toBe(expected)
  })

  it('has a reason', () => {
    expect(classWithReason({ ...none, guess: 'laptop', guessReason: 'It has a battery.' }).reason).toBe(
      'It has a battery.',
    )
    expect(classWithReason({ ...none, rhythm: away(12, 14, 11) }).reason).toBe(
      'On 3 of its last 7 days it was away for 2 to 20 hours, as machines are that people switch off.',
    )
  })
})
