import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GROUP_MIN_SERVERS } from '../src/staleness/groups.ts'
import { HOST_CLASSES, type HostClass } from '../src/staleness/host-class.ts'
import { judge } from '../src/staleness/judge.ts'
import { PAGES_PER_HOUR } from '../src/staleness/page-cap.ts'
import { silencePolicy } from '../src/staleness/policy.ts'
import { GATES } from '../src/staleness/silence-record.ts'
import { thresholdOf } from '../src/staleness/threshold.ts'
import {
  type Alarm,
  alertAfter,
  HOST_ALERT_RULES,
  HOST_STATES,
  type Move,
  type WatchedHost,
} from '../src/staleness/watched-host.ts'
import { vitals, watchedHost } from './watched-host.ts'

const page = readFileSync('docs/silence.md', 'utf8')
const policy = silencePolicy({
  silentAfterSeconds: 900,
  heartbeatSeconds: 300,
  silenceLearningSeconds: 86_400,
})
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MIDNIGHT = Date.UTC(2026, 10, 27)
/** 2026-11-27, a Friday. */
const at = (clock: string) => Date.parse(`2026-11-27T${clock}:00Z`)
const clockOf = (time: number) => new Date(time).toISOString().slice(11, 16)

/** The first column of the table under a heading, without back-ticks. */
function firstColumn(heading: string): string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  const [body = ''] = section.split('\n## ')
  return [...body.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name)
}

describe('docs/silence.md names', () => {
  it('each state', () => {
    expect(firstColumn('States')).toEqual([...HOST_STATES])
  })

  it('each class', () => {
    expect(firstColumn('Classes')).toEqual([...HOST_CLASSES])
  })

  it('each gate', () => {
    expect(firstColumn('When it is not the hosts').toSorted()).toEqual([...GATES].toSorted())
  })

  it('each alert, and what to do about it', () => {
    const alerts = firstColumn('What each alert means and what to do')
    const expected = [...HOST_ALERT_RULES, 'margay.feed-silent', 'margay.group-silent']
    expect(alerts.toSorted()).toEqual(expected.toSorted())
  })

  it('the limits that hold by default', () => {
    expect(policy).toMatchObject({
      floorMs: 15 * MINUTE,
      ceilingMs: DAY,
      graceMs: 30 * MINUTE,
      learningMs: DAY,
      learningFloorMs: HOUR,
      halfDeadWithinMs: 15 * MINUTE,
      halfDeadLeadMs: 10 * MINUTE,
      lagMs: 15 * MINUTE,
      lagClearMs: 5 * MINUTE,
      goneAfterMs: { server: 30 * DAY, laptop: 30 * DAY, ephemeral: DAY },
      laptopToldAfterMs: 14 * DAY,
      alarmWithinMs: 15 * MINUTE,
      toldEveryMs: HOUR,
      patienceMs: 75 * MINUTE,
      massPercent: 20,
      massHosts: 5,
      calmPercent: 10,
      calmHosts: 2,
      fallWindowMs: 10 * MINUTE,
    })
    expect([PAGES_PER_HOUR, GROUP_MIN_SERVERS]).toEqual([10, 10])
  })
})

/** A host that has been here for weeks and posts a pulse each five minutes; its last logs came at `last`. */
function hostOf(name: HostClass, last: number, learningSince = MIDNIGHT - 30 * DAY): WatchedHost {
  const contacts = { lastAt: last, previousAt: last - 5 * MINUTE }
  return watchedHost({
    class: name,
    since: MIDNIGHT - 30 * DAY,
    enrolledAt: MIDNIGHT - 30 * DAY,
    lastEnrollAt: MIDNIGHT - 30 * DAY,
    heard: { pulse: last, result: last, status: null, config: last, distributed: null },
    vitals: vitals({
      contacts,
      pulses: { ...contacts, count: 900, steady: 9 },
      rhythm: {
        since: learningSince,
        meanMs: 5 * MINUTE,
        deviationMs: 0,
        days: [{ day: MIDNIGHT / DAY, learntMs: 5 * MINUTE, longestMs: 5 * MINUTE }],
      },
    }),
  })
}

interface Happens {
  readonly pulses?: readonly string[]
  readonly asks?: readonly string[]
  readonly alarm?: Alarm
}

/** Each minute from one time to another one evaluation; answers what changed, as `12:17 stale, opens margay.host-silent`. */
function evaluated(host: WatchedHost, from: number, to: number, happens: Happens = {}) {
  const told: string[] = []
  let now = host
  for (let time = from; time <= to; time += MINUTE) {
    now = heard(now, time, happens)
    const { move } = judge(now, policy, time, happens.alarm ?? null)
    if (move === null) continue
    told.push(`${clockOf(time)} ${spoken(move)}`)
    now = {
      ...now,
      state: move.to,
      since: move.since,
      episode: move.episode,
      alert: alertAfter(move),
      toldAt: move.toldAt,
    }
  }
  return told
}

function heard(host: WatchedHost, time: number, { pulses = [], asks = [] }: Happens): WatchedHost {
  const asked = asks.includes(clockOf(time)) ? { ...host.heard, config: time } : host.heard
  if (!pulses.includes(clockOf(time))) return { ...host, heard: asked }
  const { lastAt } = host.vitals.pulses
  const contacts = { lastAt: time, previousAt: lastAt }
  return {
    ...host,
    heard: { ...asked, pulse: time, result: time },
    vitals: { ...host.vitals, contacts, pulses: { ...host.vitals.pulses, ...contacts } },
  }
}

function spoken({ to, resolves, raises }: Move): string {
  const resolve = resolves === null ? '' : `, resolves ${resolves}`
  const raise = raises === null ? '' : `, ${raises.kind} ${raises.ruleId} ${raises.severity}`
  const due = raises?.kind === 'reopens' ? ` told ${clockOf(raises.dueAt)}` : ''
  return `${to}${resolve}${raise}${due}`
}

describe('the examples of docs/silence.md', () => {
  it('a server pages at the seventeenth minute, and resolves at its second pulse', () => {
    const host = hostOf('server', at('12:00'))
    expect(thresholdOf(host, policy, at('12:00'))).toMatchObject({ ms: 15 * MINUTE, term: 'heartbeats' })
    expect(evaluated(host, at('12:01'), at('12:46'), { pulses: ['12:40', '12:45'] })).toEqual([
      '12:16 late',
      '12:17 stale, opens margay.host-silent high',
      '12:45 live, resolves margay.host-silent',
    ])
  })

  it('in its first day it pages at 13:02', () => {
    const host = hostOf('server', at('12:00'), MIDNIGHT)
    expect(evaluated(host, at('12:01'), at('13:30'))).toEqual([
      '13:01 late',
      '13:02 stale, opens margay.host-silent high',
    ])
  })

  it('one that goes on asking for its config is half dead', () => {
    const asks = ['12:05', '12:10', '12:15', '12:20', '12:25', '12:30']
    expect(evaluated(hostOf('server', at('12:00')), at('12:01'), at('12:40'), { asks })).toEqual([
      '12:16 late',
      '12:17 half-dead',
      '12:25 half-dead, opens margay.host-half-dead high',
    ])
  })

  it('a laptop tells nobody, unless a rule alerted on it just before', () => {
    const laptop = hostOf('laptop', at('18:00'))
    expect(evaluated(laptop, at('18:01'), at('20:00'))).toEqual(['18:16 late', '18:17 stale'])
    const alarm = { severity: 'high', at: at('17:58') } as const
    expect(evaluated(laptop, at('18:01'), at('20:00'), { alarm })).toEqual([
      '18:16 late',
      '18:17 stale, opens margay.silent-after-alert high',
    ])
  })

  it('a host that comes and goes pages once an hour', () => {
    const pulses = ['12:40', '12:45', '12:50']
    const host = hostOf('server', at('12:00'))
    const until = ['12:16 late', '12:17 stale, opens margay.host-silent high']
    const again = '13:07 stale, reopens margay.host-silent high told 13:17'
    const back = '12:45 live, resolves margay.host-silent'
    expect(evaluated(host, at('12:01'), at('13:20'), { pulses })).toEqual([
      ...until,
      back,
      '13:06 late',
      again,
    ])
    expect(evaluated(host, at('12:01'), at('13:20'), { pulses: [...pulses, '13:09', '13:10'] }).at(-1)).toBe(
      '13:10 live, resolves margay.host-silent',
    )
  })
})
