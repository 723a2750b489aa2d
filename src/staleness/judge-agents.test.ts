import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentTrouble } from './agent-trouble.ts'
import { agentAlert, agentTroubleEnds } from './agent-trouble-text.ts'
import { judgeAgents, QUERY_ALERTS_MAX } from './judge-agents.ts'
import type { SilentHost } from './query-silence.ts'
import type { AlertState } from './reopening.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = Date.UTC(2026, 10, 24, 12)

const host = (n: number, isHere = true): SilentHost => ({
  hostId: `host-${n}`,
  hostname: `web-${n}.example.com`,
  lastAt: NOW - 4 * HOUR,
  isHere,
})

function silent(name: string, hosts: readonly SilentHost[] = [host(1)]): AgentTrouble {
  const query = { query: 'SELECT 1;', interval: 3600, snapshot: true, pack: 'stock', name }
  const pack = { name: 'stock', description: '', queries: { [name]: query } }
  return {
    rule: 'margay.query-silent',
    query: { name: `stock/${name}`, pack, query, intervalMs: HOUR },
    hosts,
  }
}

const lost = (toldAt = NOW): AgentTrouble => ({
  rule: 'margay.lines-lost',
  hosts: [
    {
      hostId: 'host-1',
      hostname: 'web-1.example.com',
      gap: { from: NOW - 5 * HOUR, to: NOW - 4 * HOUR, pulses: 11 },
      droppedLines: 3,
      toldAt,
    },
  ],
})

const old: AgentTrouble = {
  rule: 'margay.old-config',
  hosts: [
    {
      hostId: 'host-1',
      hostname: 'web-1.example.com',
      runs: 'aaaaaaaaaaaa',
      runsSince: NOW - 9 * HOUR,
      given: 'bbbbbbbbbbbb',
      givenAt: NOW - 2 * HOUR,
    },
  ],
  foreign: [{ hostId: 'host-9', hostname: 'db-9.example.com' }],
}

function judged(
  states: Record<string, AlertState>,
  troubles: readonly AgentTrouble[],
  resolvedAt: Record<string, number> = {},
) {
  const judgement = judgeAgents(
    new Map(Object.entries(states)),
    troubles,
    new Map(Object.entries(resolvedAt)),
    NOW,
  )
  return judgement.changes.map(({ kind, key, episode }) => `${kind} ${key} ${episode}`)
}

const PORTS = 'margay.query-silent stock/ports'
const open = { episode: 2, open: true, toldAt: NOW - 5 * HOUR }
const closed = { ...open, open: false }

describe('trouble of agents', () => {
  it('opens an alert of its own, one for each query', () => {
    expect(judged({}, [lost(), old, silent('ports'), silent('mounts')])).toEqual([
      'opens margay.lines-lost 1',
      'opens margay.old-config 1',
      'opens margay.query-silent stock/ports 1',
      'opens margay.query-silent stock/mounts 1',
    ])
  })

  it('changes nothing while it goes on, and resolves when it is over', () => {
    const states = { [PORTS]: open, 'margay.old-config': open, 'margay.lines-lost': open }
    expect(judged(states, [lost(), old, silent('ports')])).toEqual([])
    expect(judged(states, [])).toEqual([
      `resolves ${PORTS} 2`,
      'resolves margay.old-config 2',
      'resolves margay.lines-lost 2',
    ])
  })

  it('of hosts that are away opens nothing, and keeps open what is', () => {
    expect(judged({}, [silent('ports', [host(1, false)])])).toEqual([])
    expect(judged({ [PORTS]: open }, [silent('ports', [host(1, false)])])).toEqual([])
  })

  it('that comes back soon is the same alert, and later another one', () => {
    expect(judged({ [PORTS]: closed }, [silent('ports')], { [PORTS]: NOW - 30 * MINUTE })).toEqual([
      `reopens ${PORTS} 2`,
    ])
    expect(judged({ [PORTS]: closed }, [silent('ports')], { [PORTS]: NOW - 31 * MINUTE })).toEqual([
      `opens ${PORTS} 3`,
    ])
  })

  it('that a person called over is theirs for a day; new losses are news', () => {
    const day = 24 * HOUR
    const states = { [PORTS]: open, 'margay.lines-lost': open }
    const soon = { [PORTS]: NOW - day + 1, 'margay.lines-lost': NOW - 5 * MINUTE }
    expect(judged(states, [silent('ports'), lost(NOW - 6 * MINUTE)], soon)).toEqual([])
    expect(judged(states, [silent('ports'), lost(NOW - 4 * MINUTE)], soon)).toEqual([
      'reopens margay.lines-lost 2',
    ])
    expect(judged({ [PORTS]: open }, [silent('ports')], { [PORTS]: NOW - day })).toEqual([`opens ${PORTS} 3`])
  })

  it('beyond the cap of queries waits, those on most hosts first, and says how many wait', () => {
    const many = Array.from({ length: QUERY_ALERTS_MAX + 3 }, (_, n) =>
      silent(
        `q${n}`,
        Array.from({ length: n + 1 }, (__, i) => host(i)),
      ),
    )
    const first = judgeAgents(new Map(), many, new Map(), NOW)
    expect(first.capped).toBe(3)
    expect(first.changes).toHaveLength(QUERY_ALERTS_MAX)
    expect(first.changes.map(({ key }) => key)).not.toContain('margay.query-silent stock/q2')
    const states = new Map(first.changes.map(({ key, episode }) => [key, { episode, open: true }]))
    const later = judgeAgents(states, many.slice(0, -1), new Map(), NOW)
    expect(later.changes.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
      `resolves margay.query-silent stock/q${QUERY_ALERTS_MAX + 2}`,
      'opens margay.query-silent stock/q2',
    ])
    expect(later.capped).toBe(2)
  })

  it('that only a newer version knows is left alone', () => {
    expect(judged({ 'margay.other': open }, [])).toEqual([])
  })

  it('has at most one open alert, whatever came before', () => {
    const state = fc.record({
      episode: fc.nat(9),
      open: fc.boolean(),
      toldAt: fc.option(fc.nat(), { nil: undefined }),
    })
    const troubles = fc.subarray([lost(), old, silent('ports'), silent('mounts', [host(2, false)])])
    const keys = ['margay.lines-lost', 'margay.old-config', PORTS, 'margay.query-silent stock/mounts']
    const times = fc.integer({ min: NOW - 3 * 24 * HOUR, max: NOW })
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...keys), state, { noNullPrototype: true }),
        troubles,
        fc.dictionary(fc.constantFrom(...keys), times, { noNullPrototype: true }),
        (states, present, resolvedAt) => {
          const { changes } = judgeAgents(
            new Map(Object.entries(states)),
            present,
            new Map(Object.entries(resolvedAt)),
            NOW,
          )
          expect(new Set(changes.map(({ key }) => key)).size).toBe(changes.length)
          for (const { kind, key, episode } of changes) {
            const before = states[key]
            if (kind === 'resolves') expect(before).toMatchObject({ open: true, episode })
            else expect(episode).toBe((before?.episode ?? 0) + (kind === 'opens' ? 1 : 0))
            if (before?.open === true && kind !== 'resolves') expect(resolvedAt[key]).toBeDefined()
          }
        },
      ),
    )
  })
})

describe('what the alert says', () => {
  const said = (key: string, trouble: AgentTrouble) =>
    agentAlert({ kind: 'opens', episode: 1, dueAt: NOW, key, trouble }, NOW)

  it('names the query and at most 20 of its hosts', () => {
    const hosts = Array.from({ length: 25 }, (_, n) => host(n, n < 23))
    const alert = said(PORTS, silent('ports', hosts))
    expect(alert).toMatchObject({
      ruleId: 'margay.query-silent',
      dedup: 'stock/ports',
      severity: 'medium',
      title: 'stock/ports sends no rows any more from 23 hosts',
      context: { host_count: 23, silent_after: '3 h', interval_seconds: 3600 },
    })
    expect(alert.context['hosts']).toHaveLength(20)
    expect(alert.runbook).toContain('sends no line at all')
  })

  it('says what a host runs and what it was given, and lists foreign ones apart', () => {
    expect(said('margay.old-config', old)).toMatchObject({
      title: 'web-1.example.com does not run the config it was given',
      context: {
        hosts: [{ host_id: 'host-1', runs: 'aaaaaaaaaaaa', given: 'bbbbbbbbbbbb' }],
        foreign_count: 1,
        foreign: [{ host_id: 'host-9' }],
      },
    })
  })

  it('says how many heartbeats and lines were lost, from when to when', () => {
    expect(said('margay.lines-lost', lost())).toMatchObject({
      title: 'web-1.example.com lost lines: 11 heartbeats missing, 3 lines dropped',
      context: {
        reason:
          'Numbered heartbeats that lie between others never came; what else was logged then is lost too, most likely. ' +
          'osquery itself says that it threw lines away.',
        since: '2026-11-24T07:00:00Z',
        hosts: [
          {
            heartbeats: 11,
            from: '2026-11-24T07:00:00.000Z',
            to: '2026-11-24T08:00:00.000Z',
            dropped_lines: 3,
          },
        ],
      },
    })
  })

  it('says why it is over', () => {
    expect(agentTroubleEnds('margay.lines-lost', 1, NOW).note).toContain('30 minutes')
    expect(agentTroubleEnds(PORTS, 1, NOW).note).toBe('no host is left')
  })
})
