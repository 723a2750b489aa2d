import { expect, it } from 'vitest'
import { silencePolicy } from './policy.ts'

const MINUTE = 60_000

it('at the default limit waits 30 minutes for a new host and 75 after an outage', () => {
  expect(silencePolicy({ silentAfterSeconds: 900 })).toMatchObject({
    silentAfterMs: 15 * MINUTE,
    lateAfterMs: 10 * MINUTE,
    graceMs: 30 * MINUTE,
    fallWindowMs: 10 * MINUTE,
    patienceMs: 75 * MINUTE,
  })
})

it('waits no longer after an outage than the back-off of an agent can last, whatever the limit', () => {
  expect(silencePolicy({ silentAfterSeconds: 86_400 })).toMatchObject({
    fallWindowMs: 10 * MINUTE,
    patienceMs: 75 * MINUTE,
  })
})

it('shortens everything for a demonstration', () => {
  expect(silencePolicy({ silentAfterSeconds: 20 })).toMatchObject({
    silentAfterMs: 20_000,
    lateAfterMs: 13_333,
    graceMs: 40_000,
    patienceMs: 100_000,
  })
})
