import { describe, expect, it } from 'vitest'
import type { Incident } from '../../test/simulator/pagerduty.ts'
import type { ExpectedPage } from './fleet.ts'
import { type Counted, summarize } from './summary.ts'
import {
  type ExpectedResponse,
  judgePages,
  judgeResponses,
  judgeStorage,
  unplannedSilences,
} from './verdict.ts'

const incident = (overrides: Partial<Incident> = {}): Incident => ({
  id: 'PD1',
  number: 1,
  openAlerts: new Set(['d']),
  dedupKey: 'd',
  openedAt: 1_500,
  summary: 'Cron on web-01',
  source: 'web-01',
  severity: 'error',
  details: { rule: 'r', kind: 'match' },
  status: 'triggered',
  repeats: 0,
  resolvedAt: null,
  ...overrides,
})
const page = (overrides: Partial<ExpectedPage> = {}): ExpectedPage => ({
  rule: 'r',
  hostname: 'web-01',
  postedAt: () => 1_000,
  resolves: false,
  ...overrides,
})

describe('what is stored', () => {
  it('is right when each acknowledged event is there once', () => {
    const verdict = judgeStorage(new Set(['a', 'b']), new Map(Object.entries({ 1: 'a', 2: 'b' })))
    expect(verdict).toEqual({ stored: 2, missing: [], doubled: [], unacknowledged: 0 })
  })

  it('shows what is lost, what is there twice, and what nobody was told of', () => {
    const verdict = judgeStorage(new Set(['a', 'b']), new Map(Object.entries({ 1: 'a', 2: 'a', 3: 'c' })))
    expect(verdict).toEqual({ stored: 3, missing: ['b'], doubled: ['a'], unacknowledged: 1 })
  })
})

describe('what paged', () => {
  it('is right when each expected page came once', () => {
    expect(judgePages([page()], [incident()])).toEqual({
      expected: 1,
      delivered: 1,
      missing: [],
      unexpected: [],
      doubled: [],
      resolved: 0,
      postToPageMs: { p50: 500, p99: 500, max: 500 },
    })
  })

  it('is not when a page is missing, is open that had to resolve, or came twice', () => {
    expect(judgePages([page()], []).missing).toEqual(['r on web-01: no page'])
    expect(judgePages([page({ resolves: true })], [incident()]).missing).toEqual([
      'r on web-01: not resolved',
    ])
    expect(judgePages([page()], [incident(), incident({ dedupKey: 'e' })]).doubled).toEqual(['r on web-01'])
  })

  it('is not when a rule paged for something harmless', () => {
    const verdict = judgePages([page()], [incident(), incident({ source: 'web-02' })])
    expect(verdict.unexpected).toEqual(['Cron on web-01'])
  })

  it('lets silence be told that nobody planned', () => {
    const silence = incident({ source: 'web-02', details: { rule: 'margay.host-silent', kind: 'silence' } })
    expect(judgePages([page()], [incident(), silence]).unexpected).toEqual([])
  })

  it('is told of silence that nobody planned while the fleet was to send, an outage apart', () => {
    const silence = (source: string, rule: string, openedAt: number) =>
      incident({ source, summary: `${source} ${rule}`, details: { rule, kind: 'silence' }, openedAt })
    const planned = page({ rule: 'margay.host-silent', hostname: 'web-01' })
    const incidents = [
      incident(),
      silence('web-01', 'margay.host-silent', 1),
      silence('web-02', 'margay.host-silent', 1),
      silence('web-03', 'margay.host-silent', 3),
      silence('margay', 'margay.feed-silent', 1),
    ]
    expect(unplannedSilences([planned], incidents, 2)).toEqual(['web-02 margay.host-silent'])
  })

  it('may hold what another rule makes of the same row, and only on that host', () => {
    const other = incident({ details: { rule: 'other', kind: 'match' }, summary: 'Other' })
    const allowed = [{ rule: 'other', hostname: 'web-01' }]
    expect(judgePages([page()], [incident(), other], allowed).unexpected).toEqual([])
    expect(judgePages([page()], [incident()], allowed).missing).toEqual([])
    const elsewhere = { ...other, source: 'web-02' }
    expect(judgePages([page()], [incident(), elsewhere], allowed).unexpected).toEqual(['Other'])
  })
})

const response: ExpectedResponse = {
  alertId: 'a',
  dedupKey: 'd',
  summary: 'Cron on web-01',
  status: 'acknowledged',
  by: 'someone',
}
const seen = { id: 'a', status: 'acknowledged', status_by: 'someone' }

describe('what people did', () => {
  it('is right when both sides say so', () => {
    const incidents = [incident({ status: 'acknowledged' })]
    expect(judgeResponses([response], [seen], incidents)).toEqual({ expected: 1, missing: [] })
  })

  it.each([
    ['our alert did not follow', [{ ...seen, status: 'open' }], 'acknowledged', 1],
    ['another name stands on it', [{ ...seen, status_by: 'another' }], 'acknowledged', 1],
    ['our alert is gone', [], 'acknowledged', 1],
    ['PagerDuty does not know', [seen], 'triggered', 1],
    ['nobody knows', [], 'triggered', 2],
  ] as const)('is not when %s', (_, alerts, status, missing) => {
    const verdict = judgeResponses([response], alerts, [incident({ status })])
    expect(verdict.missing).toHaveLength(missing)
  })
})

describe('the summary', () => {
  const right: Counted = {
    hosts: 6,
    seconds: 30,
    posts: 1,
    postedLines: 1,
    linesSentAgain: 0,
    linesLeft: 0,
    expectedEvents: 1,
    storage: { stored: 1, missing: [], doubled: [], unacknowledged: 0 },
    pages: judgePages([page()], [incident()]),
    silencesUnplanned: [],
    responses: { expected: 3, missing: [] },
    quarantined: 7,
    quarantineExpected: 7,
    wrongAnswers: [],
    pagerDutyRefused: 0,
    killed: false,
    recoveredPosts: 0,
  }

  it('is ok when all is', () => {
    expect(summarize(right).ok).toBe(true)
  })

  it.each<[string, Partial<Counted>]>([
    ['a line is lost', { storage: { ...right.storage, missing: ['a'] } }],
    ['a line is stored twice', { storage: { ...right.storage, doubled: ['a'] } }],
    ['something is stored that nobody was told of', { storage: { ...right.storage, unacknowledged: 1 } }],
    ['a host could not send all', { linesLeft: 1 }],
    ['nothing was posted', { expectedEvents: 0 }],
    ['rubbish is not in quarantine', { quarantined: 6 }],
    ['a page is missing', { pages: judgePages([page()], []) }],
    ['a page came for nothing', { pages: judgePages([page()], [incident(), incident({ source: 'x' })]) }],
    ['nothing had to page', { pages: judgePages([], []) }],
    ['what someone did is not seen on the other side', { responses: { expected: 3, missing: ['x'] } }],
    ['nobody did anything', { responses: { expected: 0, missing: [] } }],
    ['a reply was wrong', { wrongAnswers: ['x'] }],
    ['PagerDuty refused a body', { pagerDutyRefused: 1 }],
  ])('is not ok when %s', (_what, change) => {
    expect(summarize({ ...right, ...change }).ok).toBe(false)
  })
})
