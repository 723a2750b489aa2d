import { describe, expect, it } from 'vitest'
import { SimulatedAgent } from './simulator/agent.ts'
import { enrollmentOf, hostProfile } from './simulator/host-profile.ts'
import { Seed } from './simulator/seed.ts'
import type { WireAnswer } from './simulator/wire.ts'

// F22: what osqueryd makes of answers that the edge or the runtime gives in our place. Nothing of ours runs then, so this says
// which of them are dangerous: the zone must not have rules that make them on the agent paths, or one that rewrites them.

/** Status by error code, as Cloudflare's pages on 1xxx errors and on its problem documents (RFC 9457) give them. */
const EDGE_ERRORS: readonly (readonly [code: number, status: number])[] = [
  [1000, 403],
  [1001, 530],
  [1003, 403],
  [1006, 403],
  [1009, 403],
  [1010, 403],
  [1012, 403],
  [1015, 429],
  [1016, 530],
  [1020, 403],
  [1027, 429],
  [1033, 530],
  [1101, 500],
  [1102, 503],
  [502, 502],
  [520, 520],
  [521, 521],
  [522, 522],
  [523, 523],
  [524, 524],
  [525, 525],
  [526, 526],
]

const problemOf = (code: number, status: number): string =>
  JSON.stringify({
    type: `https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/error-${code}/`,
    title: `Error ${code}`,
    status,
    detail: 'The edge could not serve this request.',
    instance: '9a2f0c0ffee00000',
    error_code: code,
    error_category: 'edge',
    ray_id: '9a2f0c0ffee00000',
    timestamp: '2026-11-24T12:00:00Z',
    zone: 'margay.example.com',
    cloudflare_error: true,
    retryable: status >= 429,
    owner_action_required: false,
  })

/** An agent that holds a key and one line, before a server that answers everything so. */
function agentBefore(status: number, body: string) {
  const kept: string[] = []
  const configs: unknown[] = []
  const send = async (): Promise<WireAnswer> => ({ kind: 'answered', status, body })
  const agent = new SimulatedAgent(
    enrollmentOf(hostProfile(new Seed(1), 0), 'enroll-secret'),
    { now: () => Date.UTC(2026, 10, 24), sleep: async () => {}, send },
    {},
    {
      kept: (_, lines) => kept.push(...lines.map(({ text }) => text)),
      configured: config => configs.push(config),
    },
  )
  agent.nodeKey = 'key'
  agent.logResult('{"n":1}')
  return { agent, kept, configs }
}

describe('F22: an answer of the edge in our place', () => {
  it.each(EDGE_ERRORS)('as the problem document of %i loses what was posted', async (code, status) => {
    const { agent, kept } = agentBefore(status, problemOf(code, status))
    await agent.flush()
    expect(agent.buffer.size).toBe(0)
    expect(kept).toEqual([])
    // Neither a crash nor a new enrollment shows that something was wrong.
    expect([agent.crashed, agent.nodeKey]).toEqual([false, 'key'])
  })

  it.each(EDGE_ERRORS)(
    'as the problem document of %i becomes a config without a schedule',
    async (code, status) => {
      const { agent, configs } = agentBefore(status, problemOf(code, status))
      expect(await agent.fetchConfig()).toMatchObject({ cloudflare_error: true })
      expect(configs).toHaveLength(1)
      expect(configs[0]).not.toHaveProperty('schedule')
      expect(configs[0]).not.toHaveProperty('packs')
    },
  )

  it.each([
    ['a page for people', '<html><title>Error 1101</title></html>'],
    ['one word', 'error code: 1102'],
    [
      'a problem document with an error, as a custom error rule writes it',
      '{"error":"edge","error_code":1015}',
    ],
  ])('as %s keeps lines and schedule', async (_, body) => {
    const { agent, kept, configs } = agentBefore(500, body)
    await agent.flush()
    expect(agent.buffer.size).toBe(1)
    expect(kept).toEqual(['{"n":1}'])
    expect(await agent.fetchConfig()).toBeNull()
    expect(configs).toEqual([])
  })

  it('without any body loses what was posted and wipes the schedule', async () => {
    const { agent, configs } = agentBefore(500, '')
    await agent.flush()
    expect(agent.buffer.size).toBe(0)
    await agent.fetchConfig()
    expect(configs).toEqual([{}])
  })
})
