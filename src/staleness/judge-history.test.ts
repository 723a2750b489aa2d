import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOON, UNHEARD, vitals, watchedHost } from '../../test/watched-host.ts'
import { HOST_CLASSES } from './host-class.ts'
import { judge } from './judge.ts'
import { silencePolicy } from './policy.ts'
import {
  type Alarm,
  alertAfter,
  HOST_ALERT_RULES,
  HOST_STATES,
  isForTheWorse,
  type Move,
  type WatchedHost,
} from './watched-host.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const policy = silencePolicy({ silentAfterSeconds: 900 })

/** The host as its row is after a move. */
const after = (move: Move): WatchedHost => ({
  ...move.host,
  state: move.to,
  since: move.since,
  episode: move.episode,
  alert: alertAfter(move),
  toldAt: move.toldAt,
})

/** The host as its row is after a pulse. */
function withPulse(host: WatchedHost, at: number): WatchedHost {
  const { contacts, pulses } = host.vitals
  return {
    ...host,
    heard: { ...host.heard, pulse: at },
    vitals: {
      ...host.vitals,
      contacts: { lastAt: at, previousAt: contacts.lastAt },
      pulses: { ...pulses, count: pulses.count + 1, lastAt: at, previousAt: pulses.lastAt },
    },
  }
}

interface Told {
  readonly minute: number
  readonly page: boolean
}

/** Watches one host each minute, sends triggers when they are due, and checks that at most one alert is ever open. */
function watch(
  start: WatchedHost,
  minutes: number,
  step: (host: WatchedHost, minute: number) => WatchedHost,
) {
  let host = start
  const told: Told[] = []
  let planned: { readonly dueAt: number; readonly page: boolean } | null = null
  const open = new Set<string>()
  for (let minute = 0; minute < minutes; minute++) {
    const now = NOON + minute * MINUTE
    host = step(host, minute)
    const { move } = judge(host, policy, now)
    if (move !== null) {
      if (move.resolves !== null) {
        expect(open.delete(`${move.resolves} ${host.episode}`)).toBe(true)
        planned = null
      }
      if (move.raises !== null) {
        open.add(`${move.raises.ruleId} ${move.episode}`)
        const page = move.raises.severity === 'high'
        planned = { dueAt: move.raises.dueAt, page }
      }
      expect(open.size).toBeLessThanOrEqual(1)
      host = after(move)
      expect(open.size === 1).toBe(host.alert !== '')
    }
    if (planned !== null && planned.dueAt <= now) {
      told.push({ minute, page: planned.page })
      planned = null
    }
  }
  return { host, told }
}

const live = () => withPulse(withPulse(watchedHost(), NOON - 10 * MINUTE), NOON - 5 * MINUTE)
const gapsOf = (told: readonly Told[]) =>
  told.slice(1).map(({ minute }, i) => minute - (told[i]?.minute ?? 0))

describe('a host that comes and goes', () => {
  // Up for half of the period, down for the other half; up it sends a pulse each minute, so that the shortest periods count.
  const wave = (period: number) => (host: WatchedHost, minute: number) =>
    minute % period < period / 2 ? withPulse(host, NOON + minute * MINUTE) : host

  it.each([1, 5, 10, 20, 30, 40, 45, 60, 61, 75, 90, 120, 180])(
    'with a period of %d min pages at most once an hour',
    period => {
      const { told } = watch(live(), 48 * 60, wave(period))
      for (const gap of gapsOf(told)) expect(gap).toBeGreaterThanOrEqual(60)
      // A period of less than half an hour is never silent for a quarter of one.
      if (period <= 30) expect(told).toEqual([])
      else if (period >= 40) expect(told.length).toBeGreaterThan(5)
    },
  )

  it('in whatever way, pages at most once an hour and never leaves an alert behind', () => {
    const spans = fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 })), {
      minLength: 3,
      maxLength: 30,
    })
    const asks = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 })
    fc.assert(
      fc.property(spans, asks, fc.constantFrom(...HOST_CLASSES), (upAndDown, asking, hostClass) => {
        const isUp = upAndDown.flatMap(([up, down]) => [
          ...Array.from({ length: up }, () => true),
          ...Array.from({ length: down }, () => false),
        ])
        const { told, host } = watch({ ...live(), class: hostClass }, isUp.length + 30, (before, minute) => {
          const at = NOON + minute * MINUTE
          const heard = asking[minute % 60] ? { ...before.heard, config: at } : before.heard
          return isUp[minute] === false ? { ...before, heard } : withPulse({ ...before, heard }, at)
        })
        for (const gap of gapsOf(told)) expect(gap).toBeGreaterThanOrEqual(60)
        if (hostClass !== 'server') expect(told.some(({ page }) => page)).toBe(false)
        // It was up for the last half hour.
        expect([host.state, host.alert]).toEqual(['live', ''])
      }),
      { numRuns: 150 },
    )
  })

  it('may be held back for any time and is judged by what is then', () => {
    const silent = live()
    const held = judge(silent, policy, NOON + 5 * HOUR).move
    expect(held?.to).toBe('late')
    const back = withPulse(silent, NOON + 6 * HOUR)
    expect(judge(back, policy, NOON + 6 * HOUR)).toEqual({ move: null, overdueMs: 0 })
  })
})

const time = fc.integer({ min: NOON - 40 * DAY, max: NOON + 2 * DAY })
const maybe = fc.option(time)
const anyHost: fc.Arbitrary<WatchedHost> = fc
  .record({
    class: fc.constantFrom(...HOST_CLASSES),
    state: fc.constantFrom(...HOST_STATES),
    since: time,
    episode: fc.nat(9),
    alert: fc.constantFrom('', ...HOST_ALERT_RULES),
    toldAt: maybe,
    lateLines: fc.nat(99),
    enrolledAt: time,
    lastEnrollAt: time,
    revokedAt: fc.option(time, { freq: 1 }),
    heard: fc.record({ pulse: maybe, result: maybe, status: maybe, config: maybe, distributed: maybe }),
    contacts: fc.record({ lastAt: maybe, previousAt: maybe }),
    pulses: fc.record({
      lastAt: maybe,
      previousAt: maybe,
      count: fc.nat(5),
      lagMs: fc.integer({ min: -HOUR, max: 2 * HOUR }),
      steady: fc.nat(5),
    }),
    rhythm: fc.record({ since: maybe, meanMs: fc.nat(HOUR), deviationMs: fc.nat(HOUR) }),
  })
  .map(({ contacts, pulses, rhythm, ...facts }) =>
    watchedHost({ ...facts, vitals: vitals({ contacts, pulses, rhythm }) }),
  )
const anyAlarm: fc.Arbitrary<Alarm | null> = fc.option(
  fc.record({ severity: fc.constantFrom('high', 'critical'), at: time }),
)

describe('any host at any time', () => {
  it('is judged, with a reason, to a change that is one', () => {
    fc.assert(
      fc.property(anyHost, time, anyAlarm, (host, now, alarm) => {
        const { move, overdueMs } = judge(host, policy, now, alarm)
        expect(overdueMs).toBeGreaterThanOrEqual(0)
        if (move === null) return
        expect(move.to !== host.state || move.raises !== null).toBe(true)
        expect(move.reason).toMatch(/^[A-Z].{10,}\.$/)
        expect(move.reason).not.toMatch(/NaN|undefined|null/)
        expect(move.episode - host.episode).toBe(move.raises?.kind === 'opens' ? 1 : 0)
        if (move.resolves !== null) expect(move.resolves).toBe(host.alert)
        // What was open is resolved before anything else opens.
        if (move.raises !== null && host.alert !== '') expect(move.resolves).toBe(host.alert)
        if (move.raises !== null) expect(isForTheWorse(move)).toBe(true)
        if (['live', 'gone', 'revoked'].includes(move.to)) expect(alertAfter(move)).toBe('')
      }),
      { numRuns: 2_000 },
    )
  })

  it('is neither late nor silent when it logged within the floor', () => {
    fc.assert(
      fc.property(anyHost, time, anyAlarm, fc.nat(policy.floorMs), (facts, now, alarm, ago) => {
        const host = { ...facts, heard: { ...facts.heard, result: now - ago } }
        const { move, overdueMs } = judge(host, policy, now, alarm)
        if (host.state !== 'new') expect(overdueMs).toBe(0)
        const isForLag = /trail|after it was written/.test(move?.reason ?? '')
        if (!isForLag) expect(['late', 'stale', 'half-dead', 'gone']).not.toContain(move?.to)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is never made worse by a clock that goes back', () => {
    fc.assert(
      fc.property(anyHost, time, anyAlarm, fc.nat(2 * DAY), (host, now, alarm, back) => {
        const before = judge(host, policy, now, alarm)
        const then = judge(host, policy, now - back, alarm)
        const isExpected = host.state !== 'gone' && before.move?.to !== 'gone'
        if (isExpected && before.overdueMs === 0 && before.move?.to !== 'live') expect(then.overdueMs).toBe(0)
      }),
      { numRuns: 2_000 },
    )
  })
})

it('judges a healthy host without memory of its own', () => {
  const host = { ...live(), heard: { ...UNHEARD, pulse: NOON - MINUTE } }
  const first = judge(host, policy, NOON)
  expect(judge(host, policy, NOON + MINUTE)).toBe(first)
})
