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

it('scales what is judged of one host with the limit, and lengthens no span for people', () => {
  const hosts = (silentAfterSeconds: number) =>
    silencePolicy({ silentAfterSeconds, heartbeatSeconds: silentAfterSeconds / 3 })
  const minutes = 60_000
  const day = 24 * 60 * minutes
  expect(hosts(900)).toMatchObject({
    floorMs: 15 * minutes,
    ceilingMs: day,
    heartbeatMs: 5 * minutes,
    learningMs: day,
    learningFloorMs: 60 * minutes,
    halfDeadWithinMs: 15 * minutes,
    halfDeadLeadMs: 10 * minutes,
    lagMs: 15 * minutes,
    lagClearMs: 5 * minutes,
    goneAfterMs: { server: 30 * day, laptop: 30 * day, ephemeral: day },
    laptopToldAfterMs: 14 * day,
    alarmWithinMs: 15 * minutes,
    toldEveryMs: 60 * minutes,
  })
  expect(hosts(18)).toMatchObject({ ceilingMs: 1_728_000, halfDeadLeadMs: 12_000, toldEveryMs: 72_000 })
  expect(hosts(3_600)).toMatchObject({
    ceilingMs: 4 * day,
    toldEveryMs: 60 * minutes,
    goneAfterMs: { ephemeral: day },
  })
})
